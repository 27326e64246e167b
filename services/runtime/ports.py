"""What the batch loop needs from outside: a log, a handler, an offset cross-check."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from services.runtime.records import Handled, Inbound, Outbound, Positions, Spot


class TransactionalLog(Protocol):
    """Consumer and producer as one thing: records come in, a transaction goes out."""

    def poll(self, max_records: int, timeout_s: float) -> list[Inbound]:
        """Return up to ``max_records`` records, waiting at most ``timeout_s`` for the first.

        Also keeps group membership alive, so it is called while paused as well.

        Raises:
            OutageError: the cluster is away.
            UnsafeStart: the offsets do not allow a safe start (expired, topic made anew).
        """
        ...

    def positions(self) -> Positions:
        """Return the committed position of every partition served now."""
        ...

    def transact(self, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]) -> None:
        """Produce ``outbound`` and commit ``offsets`` (next to read) as one transaction.

        Raises:
            ValueError: ``offsets`` is empty (such a transaction is not fenced).
            TransactionLost: not surely committed.
        """
        ...

    def recover(self) -> None:
        """Throw the producer away, make a new one, abort what it left, rewind.

        Raises:
            OutageError: the cluster is away.
        """
        ...

    def rewind(self) -> None:
        """Read again from the committed positions."""
        ...

    def pause(self) -> None:
        """Deliver nothing until :meth:`resume`, but stay in the group."""
        ...

    def resume(self) -> None: ...

    def is_serving(self) -> bool:
        """Return whether partitions are assigned."""
        ...

    def close(self) -> None:
        """Leave the group and let go of everything."""
        ...


class Handler(Protocol):
    """A worker's decisions over a batch. Idempotent: any batch may come again."""

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """Decide, write to the database (acknowledged by a majority), say what to produce.

        Raises:
            OutageError: the database is away; nothing of this batch may be produced.
        """
        ...


class Checkpoint(NamedTuple):
    """Where a group stood in a partition, as the database remembers it."""

    topic_id: str
    next_offset: int


class CheckpointStore(Protocol):
    """Offsets kept a second time, outside Kafka, to notice what Kafka cannot tell."""

    def load(self, group: str) -> dict[Spot, Checkpoint]: ...

    def save(self, group: str, checkpoints: Mapping[Spot, Checkpoint]) -> None: ...
