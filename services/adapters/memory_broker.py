"""A Kafka broker in memory, as far as exactly-once depends on it.

Readers see a transaction only when it is committed and nobody's open transaction stands
before it. A transactional id has one living producer. Offsets within a transaction bind it
to the group membership of whoever sends them, and only they do: a transaction without
offsets is accepted from anyone, as by Kafka (ADR 0003).

Nothing here waits or looks at a clock: members are expelled and transactions timed out when
a test says so. Hooks (:class:`Hooked`) run before and after each call.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from services.adapters.memory_group import Fenced, Group
from services.adapters.memory_hooks import Hooked
from services.adapters.memory_topics import Description, Topics, Transaction
from services.domain.clock import Clock
from services.runtime.records import Inbound, Outbound, Spot


class BrokerAway(Exception):
    """No answer. Raised by hooks only: whatever was asked for may have been done."""


class OffsetsUnsettled(Exception):
    """A transaction that has not ended holds offsets of these partitions."""


class Producer(NamedTuple):
    """A handle on a transactional id; of several only the newest is obeyed."""

    transactional_id: str
    epoch: int


class MemoryBroker(Hooked):
    """Shared by all members and producers; ``groups`` may be looked at and tampered with."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._topics = Topics()
        self._epochs: dict[str, int] = {}
        self._member_ids = 0
        self.groups: dict[str, Group] = {}

    # ------------------------------------------------------------------ topics

    def make_topic(self, name: str, partitions: int) -> None:
        """Make a topic, or make it anew: empty, under another id, its offsets forgotten."""
        with self._operation("make_topic"):
            self._topics.make(name, partitions)
            for group in self.groups.values():
                for spot in [spot for spot in group.committed if spot.topic == name]:
                    del group.committed[spot]
                group.assign(self._topics.counts())

    def describe(self, names: Iterable[str]) -> dict[str, Description]:
        """Return those of the topics that exist."""
        with self._operation("describe"):
            found = {name: self._topics.describe(name) for name in names}
            return {name: one for name, one in found.items() if one is not None}

    def delete_records(self, spot: Spot, before: int) -> None:
        """Let retention delete what stands before an offset."""
        with self._operation("delete_records"):
            self._topics.delete_before(spot, before)

    # ------------------------------------------------------------------ reading

    def fetch(self, wanted: Mapping[Spot, int], limit: int) -> list[Inbound]:
        """Return up to ``limit`` committed records, from the given offsets on.

        Raises:
            OutOfRange: an offset is not in the log any more, or not yet.
        """
        with self._operation("fetch"):
            found: list[Inbound] = []
            for spot, offset in wanted.items():
                if len(found) == limit:
                    break
                found += self._topics.read(spot, offset)[: limit - len(found)]
            return found

    def committed_records(self, topic: str) -> list[Inbound]:
        """Return all that a reader of committed records sees now, partition by partition."""
        with self._operation("committed_records"):
            count = self._topics.counts()[topic]
            spots = [Spot(topic, number) for number in range(count)]
            return [
                record
                for spot in spots
                for record in self._topics.read(spot, self._topics.start(spot))
            ]

    def watermarks(self, spot: Spot) -> tuple[int, int]:
        """Return the first offset, and the one after the last that is readable."""
        with self._operation("watermarks"):
            return self._topics.start(spot), self._topics.stable_end(spot)

    # ------------------------------------------------------------------ groups

    def group(self, name: str) -> Group:
        """Return the group, made at the first mention."""
        found = self.groups.get(name)
        if found is None:
            found = self.groups[name] = Group()
        return found

    def new_member_id(self) -> str:
        """Return what a client would call itself; ids sort by age."""
        with self._lock:
            self._member_ids += 1
            return f"member-{self._member_ids:06}"

    def join(self, group: str, member_id: str, topics: Iterable[str]) -> None:
        """Become a member; nothing happens to one that is."""
        with self._operation("join"):
            self.group(group).join(member_id, topics, self._topics.counts())

    def heartbeat(self, group: str, member_id: str, held: Iterable[Spot]) -> frozenset[Spot]:
        """Say what is still held, hear what should be.

        Raises:
            Fenced: it is no member any more, and what it held may be another's.
        """
        with self._operation("heartbeat"):
            return self.group(group).report(member_id, held)

    def take(self, group: str, member_id: str) -> list[Spot]:
        """Take the partitions that are free and meant for the member."""
        with self._operation("take"):
            return self.group(group).take(member_id)

    def leave(self, group: str, member_id: str) -> None:
        """Say goodbye."""
        with self._operation("leave"):
            self.group(group).remove(member_id, self._topics.counts())

    def expel(self, group: str, member_id: str) -> None:
        """Do what a session time-out does."""
        with self._lock:
            self.group(group).remove(member_id, self._topics.counts())

    def rebalance(self, group: str) -> None:
        """Move everything to other members, as far as there are others."""
        with self._lock:
            self.group(group).assign(self._topics.counts(), turn=True)

    def committed(self, group: str, spots: Iterable[Spot]) -> dict[Spot, int | None]:
        """Return the group's committed offsets.

        Raises:
            OffsetsUnsettled: an open transaction holds offsets of one of them.
        """
        with self._operation("committed"):
            asked = list(spots)
            for transaction in self._topics.open.values():
                if any((group, spot) in transaction.offsets for spot in asked):
                    raise OffsetsUnsettled(f"{group} has offsets in an open transaction")
            return {spot: self.group(group).committed.get(spot) for spot in asked}

    # ------------------------------------------------------------------ producing

    def append(self, records: Iterable[Outbound]) -> None:
        """Produce without a transaction, as the intake does."""
        with self._operation("append"):
            self._write(records, None)

    def init_producer(self, transactional_id: str) -> Producer:
        """Abort what the id's last producer left open; return the id's only living producer."""
        with self._operation("init_producer"):
            return self._succeed(transactional_id)

    def time_out(self, transactional_id: str) -> None:
        """Do what a transaction time-out does; its producer is fenced by it."""
        with self._lock:
            if transactional_id in self._topics.open:
                self._succeed(transactional_id)

    def open_transactions(self) -> list[str]:
        """Return the transactional ids with a transaction in progress."""
        return list(self._topics.open)

    def produce(self, producer: Producer, records: Iterable[Outbound]) -> None:
        """Write records into the producer's transaction, which begins with the first.

        Raises:
            Fenced: the transactional id has a newer producer.
        """
        with self._operation("produce"):
            self._write(records, self._transaction(producer))

    def send_offsets(
        self, producer: Producer, group: str, member_id: str, offsets: Mapping[Spot, int]
    ) -> None:
        """Make offsets part of the transaction, and the transaction part of a membership.

        Raises:
            Fenced: as for :meth:`produce`; or the sender is no member of the group any more.
        """
        with self._operation("send_offsets"):
            transaction = self._transaction(producer)
            self.group(group).member(member_id)
            transaction.offsets |= {(group, spot): next_ for spot, next_ in offsets.items()}

    def commit(self, producer: Producer) -> None:
        """End the transaction well.

        Raises:
            Fenced: as for :meth:`produce`.
        """
        with self._operation("commit"):
            self._transaction(producer)
            ended = self._topics.end(producer.transactional_id, aborted=False)
            for (group, spot), next_ in ended.offsets.items():
                self.group(group).committed[spot] = next_

    def _write(self, records: Iterable[Outbound], transaction: Transaction | None) -> None:
        at_ms = int(self._clock.now().timestamp() * 1000)
        for record in records:
            self._topics.write(record, at_ms, transaction)

    def _transaction(self, producer: Producer) -> Transaction:
        if self._epochs.get(producer.transactional_id) != producer.epoch:
            raise Fenced(f"{producer.transactional_id} has a newer producer")
        return self._topics.open.setdefault(producer.transactional_id, Transaction())

    def _succeed(self, transactional_id: str) -> Producer:
        if transactional_id in self._topics.open:
            self._topics.end(transactional_id, aborted=True)
        epoch = self._epochs[transactional_id] = self._epochs.get(transactional_id, -1) + 1
        return Producer(transactional_id, epoch)
