"""The transactional log in memory, of one group member: the twin of ``kafka_log``.

Serves a partition number only while it holds that number of all its topics, knows the
committed position of each, and after any doubt takes a new producer. Never waits: where
Kafka would, ``idle`` is called with the seconds.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from services.adapters.kafka_offsets import start_offset
from services.adapters.kafka_topics import served_of
from services.adapters.memory_broker import BrokerAway, MemoryBroker, OffsetsUnsettled, Producer
from services.adapters.memory_group import Fenced
from services.adapters.memory_topics import OutOfRange
from services.domain.clock import Clock
from services.domain.errors import OutageError, TransactionLost, UnsafeStart
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.ports import Checkpoint, CheckpointStore
from services.runtime.records import Inbound, Outbound, Positions, Spot

logger: Final = logging.getLogger(__name__)

CHECKPOINT_SECONDS: Final = 1.0


def _go_on(seconds: float) -> None:
    """Do not wait."""


class MemoryLog:
    """See :class:`services.runtime.ports.TransactionalLog`, whose contract this fulfils.

    ``alarm`` is told of unsafe things that were survived, by name.
    """

    def __init__(
        self,
        broker: MemoryBroker,
        group: str,
        topics: Sequence[str],
        transactional_id: str,
        checkpoints: CheckpointStore,
        clock: Clock,
        alarm: Callable[[str], None] = lambda name: None,
        crash: CrashPoints = never,
        idle: Callable[[float], None] = _go_on,
        alone: AbstractSet[str] = frozenset(),
    ) -> None:
        self._broker = broker
        self._group = group
        self._names = tuple(topics)
        self._transactional_id = transactional_id
        self._checkpoints = checkpoints
        self._clock = clock
        self._alarm = alarm
        self._crash = crash
        self._idle = idle
        self._alone = alone
        self._ids: dict[str, str] = {}
        self._committed: dict[Spot, int] = {}
        self._next: dict[Spot, int] = {}
        self._served: frozenset[Spot] = frozenset()
        self._in_order: tuple[frozenset[Spot], list[Spot]] = (self._served, [])
        self._is_paused = False
        self._unsettled: set[Spot] = set()
        self._saved_at = clock.monotonic()
        self._unsaved: dict[Spot, Checkpoint] = {}
        self._turn = 0
        self._describe()
        self._producer: Producer | None = self._new_producer()
        self.member_id = broker.new_member_id()
        self._has_joined = False

    def _describe(self) -> None:
        try:
            found = self._broker.describe(self._names)
        except BrokerAway as error:
            raise OutageError("kafka", str(error)) from error
        missing = set(self._names) - found.keys()
        if missing:
            raise UnsafeStart(f"a topic is missing: {', '.join(sorted(missing))}")
        counts = {name: one.partitions for name, one in found.items() if name not in self._alone}
        if len(set(counts.values())) > 1:
            raise UnsafeStart(f"partition counts differ: {counts}")
        self._ids = {name: one.topic_id for name, one in found.items()}

    # ------------------------------------------------------------------ reading

    def poll(self, max_records: int, timeout_s: float) -> list[Inbound]:
        """See the port."""
        if self._unsettled:
            self._settle()
        records: list[Inbound] = []
        try:
            self._follow_the_group()
            records = self._broker.fetch(self._wanted(), max_records)
        except BrokerAway as error:
            # Clients keep trying by themselves: to the reader it looks like silence.
            logger.warning("consumer trouble", extra={"error": str(error)})
        except OutOfRange as error:
            raise UnsafeStart(str(error)) from error
        for record in records:
            self._next[record.spot] = record.offset + 1
        if self._clock.monotonic() - self._saved_at >= CHECKPOINT_SECONDS:
            self._save_checkpoints()
        if not records:
            self._idle(timeout_s)
        return records

    def _wanted(self) -> dict[Spot, int]:
        """Return where to read on, beginning with another partition each time."""
        if self._in_order[0] is not self._served:
            self._in_order = (self._served, sorted(self._served))
        spots = self._in_order[1]
        self._turn += 1
        first = self._turn % len(spots) if spots else 0
        # What is committed is not read again, whatever the reader's place (ADR 0004).
        return {
            spot: max(self._next[spot], self._committed[spot])
            for spot in spots[first:] + spots[:first]
        }

    def positions(self) -> Positions:
        """See the port."""
        return {
            (self._ids[spot.topic], spot.partition): offset
            for spot, offset in self._committed.items()
        }

    def held(self) -> Mapping[Spot, int]:
        """See the port."""
        return dict(self._committed)

    def is_serving(self) -> bool:
        """See the port."""
        return bool(self._served)

    def served(self) -> int:
        """Return how many partitions are served now."""
        return len(self._served)

    # ------------------------------------------------------------------ the transaction

    def transact(self, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]) -> None:
        """See the port."""
        if not offsets:
            raise ValueError("a transaction without offsets is not fenced (ADR 0003)")
        producer, self._producer = self._producer, None
        if producer is None:
            raise TransactionLost("the last transaction is in doubt: recover first")
        try:
            self._broker.produce(producer, outbound)
            self._crash("in_transaction")
            self._broker.send_offsets(producer, self._group, self.member_id, offsets)
            self._crash("before_commit")
            self._broker.commit(producer)
        except (BrokerAway, Fenced) as error:
            raise TransactionLost(str(error)) from error
        self._producer = producer
        for spot, next_offset in offsets.items():
            if spot in self._committed:
                self._committed[spot] = next_offset
                self._unsaved[spot] = Checkpoint(self._ids[spot.topic], next_offset)

    def _new_producer(self) -> Producer:
        try:
            return self._broker.init_producer(self._transactional_id)
        except BrokerAway as error:
            raise OutageError("kafka", str(error)) from error

    def recover(self) -> None:
        """See the port."""
        self._producer = self._new_producer()
        if self._committed:
            self._committed.update(self._starts(sorted(self._committed)))
        self.rewind()

    def rewind(self) -> None:
        """See the port."""
        self._next.update(self._committed)

    # ------------------------------------------------------------------ pausing

    def pause(self) -> None:
        """See the port."""
        self._is_paused = True
        self._apply_gate()

    def resume(self) -> None:
        """See the port."""
        self._is_paused = False
        self._apply_gate()

    def _apply_gate(self) -> None:
        """Serve partition numbers held of all topics, and what stands alone."""
        served = served_of(self._committed, self._names, self._alone)
        self._served = frozenset() if self._is_paused else served

    # ------------------------------------------------------------------ assignment

    def _follow_the_group(self) -> None:
        """Give back what is not ours any more, take what is free, join anew when expelled."""
        held = self._committed.keys() | self._unsettled
        try:
            if not self._has_joined:
                self._broker.join(self._group, self.member_id, self._names)
                self._has_joined = True
            target = self._broker.heartbeat(self._group, self.member_id, held)
            if held == target:
                return
            if held - target:
                self._save_checkpoints()
                self._forget(held - target)
            else:
                self._unsettled.update(self._broker.take(self._group, self.member_id))
        except Fenced:
            self._save_checkpoints()
            self._forget(held)
            self.member_id = self._broker.new_member_id()
            self._has_joined = False

    def _forget(self, spots: Iterable[Spot]) -> None:
        for spot in spots:
            self._committed.pop(spot, None)
            self._next.pop(spot, None)
            self._unsettled.discard(spot)
        self._apply_gate()

    def _settle(self) -> None:
        self._describe()
        starts = self._starts(sorted(self._unsettled))
        self._committed.update(starts)
        self._next.update(starts)
        self._unsettled.clear()
        self._apply_gate()

    def _starts(self, spots: Sequence[Spot]) -> dict[Spot, int]:
        """Return where each spot may be read from, or refuse (``kafka_offsets``)."""
        remembered = self._checkpoints.load(self._group)
        starts: dict[Spot, int] = {}
        try:
            for spot, committed in self._broker.committed(self._group, spots).items():
                start = start_offset(
                    spot,
                    self._ids[spot.topic],
                    committed,
                    remembered.get(spot),
                    *self._broker.watermarks(spot),
                )
                if start.alarm:
                    self._alarm(start.alarm)
                starts[spot] = start.offset
        except (BrokerAway, OffsetsUnsettled) as error:
            raise OutageError("kafka", str(error)) from error
        return starts

    # ------------------------------------------------------------------ checkpoints, end

    def _save_checkpoints(self) -> None:
        self._saved_at = self._clock.monotonic()
        if not self._unsaved:
            return
        try:
            self._checkpoints.save(self._group, self._unsaved)
            self._unsaved = {}
        except OutageError as outage:
            logger.warning("checkpoint not saved", extra={"error": str(outage)})

    def close(self) -> None:
        """See the port."""
        self._save_checkpoints()
        try:
            self._broker.leave(self._group, self.member_id)
        except BrokerAway as error:
            logger.warning("left without a goodbye", extra={"error": str(error)})
        self._forget(list(self._committed))
