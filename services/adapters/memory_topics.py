"""The partitions of the broker in memory: what stands where, and who may see it.

Transactions take up offsets as they are written and end with a marker, so that offsets
have holes as in Kafka. Not locked and not hooked: the broker in front of it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.adapters.memory_partitioner import partition_of
from services.runtime.records import Inbound, Outbound, Spot


class OutOfRange(Exception):
    """Nothing stands at that offset: deleted, or never written."""


class Description(NamedTuple):
    """What describing a topic tells."""

    topic_id: str
    partitions: int


@dataclass(slots=True)
class Transaction:
    """``touched`` maps partitions to its first offset there; ``offsets`` (by group) are
    committed with it."""

    touched: dict[Spot, int] = field(default_factory=dict)
    offsets: dict[tuple[str, Spot], int] = field(default_factory=dict)
    is_aborted: bool = False


class _Stored(NamedTuple):
    record: Inbound
    transaction: Transaction | None


@dataclass(slots=True)
class _Partition:
    """``log`` from offset 0 on, None for markers; before ``start`` retention has deleted."""

    log: list[_Stored | None] = field(default_factory=list)
    start: int = 0


class Topics:
    """All topics, and the transactions that are open on them, by transactional id."""

    def __init__(self) -> None:
        self.open: dict[str, Transaction] = {}
        self._topics: dict[str, tuple[str, list[_Partition]]] = {}
        self._made = 0
        self._written = 0

    def make(self, name: str, partitions: int) -> None:
        """Make a topic; one of that name before it is gone."""
        self._made += 1
        logs = [_Partition() for _ in range(partitions)]
        self._topics[name] = (f"{name}-id{self._made}", logs)

    def describe(self, name: str) -> Description | None:
        """Return what is known of a topic; None when there is none."""
        found = self._topics.get(name)
        return None if found is None else Description(found[0], len(found[1]))

    def counts(self) -> dict[str, int]:
        """Return how many partitions each topic has."""
        return {name: len(partitions) for name, (_, partitions) in self._topics.items()}

    def write(self, record: Outbound, at_ms: int, transaction: Transaction | None) -> None:
        """Append a record where its key belongs; without a key, anywhere."""
        topic_id, partitions = self._topics[record.topic]
        self._written += 1
        place = self._written if record.key is None else partition_of(record.key, len(partitions))
        number = place % len(partitions)
        log = partitions[number].log
        if transaction is not None:
            transaction.touched.setdefault(Spot(record.topic, number), len(log))
        offset = len(log)
        written = Inbound(
            record.topic, number, offset, topic_id, record.key, record.value, record.headers, at_ms
        )
        log.append(_Stored(written, transaction))

    def end(self, transactional_id: str, aborted: bool) -> Transaction:
        """Close the open transaction of an id, with a marker in each of its partitions."""
        transaction = self.open.pop(transactional_id)
        transaction.is_aborted = aborted
        for spot in transaction.touched:
            self._partition(spot).log.append(None)
        return transaction

    def read(self, spot: Spot, offset: int) -> Sequence[Inbound]:
        """Return the committed records from ``offset`` on, up to the first open transaction.

        Raises:
            OutOfRange: the offset is not in the log any more, or not yet.
        """
        partition = self._partition(spot)
        written = len(partition.log)
        if not partition.start <= offset <= written:
            raise OutOfRange(f"{spot.topic}[{spot.partition}] at {offset}")
        if offset == written:
            return ()  # nothing new: what an idle reader meets each time
        return [
            stored.record
            for stored in partition.log[offset : self.stable_end(spot)]
            if stored is not None and not (stored.transaction and stored.transaction.is_aborted)
        ]

    def start(self, spot: Spot) -> int:
        """Return the first offset that is left."""
        return self._partition(spot).start

    def stable_end(self, spot: Spot) -> int:
        """Return the offset up to which every transaction has ended."""
        end = len(self._partition(spot).log)
        for transaction in self.open.values():
            end = min(end, transaction.touched.get(spot, end))
        return end

    def delete_before(self, spot: Spot, offset: int) -> None:
        """Let retention delete what stands before an offset."""
        partition = self._partition(spot)
        partition.start = max(partition.start, min(offset, len(partition.log)))

    def _partition(self, spot: Spot) -> _Partition:
        return self._topics[spot.topic][1][spot.partition]
