"""What the batch loop needs from outside: a log, a handler, an offset cross-check."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

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

    def held(self) -> Mapping[Spot, int]:
        """Return the same by the topics' names."""
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


@runtime_checkable
class RememberingHandler(Handler, Protocol):
    """A handler whose decisions stand in the database before they are produced."""

    def may_bury(self, inbound: Inbound) -> bool:
        """Return whether ``inbound`` may become a dead letter: False when it took effect
        already, so that it has to be produced.

        Where an effect that nobody produces would leave a gap, True also means that nobody can
        decide from this record any more, not even a worker that was given up for dead.

        Raises:
            OutageError: the database is away.
        """
        ...


@runtime_checkable
class TimedHandler(Handler, Protocol):
    """A handler that also acts when nothing arrives. Of the topics that it reads, ``topic`` is the
    one whose partitions it acts for.

    The loop calls :meth:`assigned` whenever the set of its partitions changed, and
    :meth:`tick` in every round, after the batch of that round.
    """

    topic: str

    def assigned(self, spots: AbstractSet[Spot]) -> None:
        """Take note of all partitions that are held now, before any of their records.

        Called with none after a lost transaction: what was said since the last commit may not
        have been produced; and while a person has paused the worker. Touches nothing outside.
        """
        ...

    def tick(self, now: datetime, positions: Positions) -> Handled:
        """Say what to produce at ``now``; it is committed with the current positions of all
        partitions held.

        Raises:
            OutageError: the database is away; nothing may be produced.
        """
        ...


@runtime_checkable
class ClosingHandler(Handler, Protocol):
    """A handler with something beside the loop, which ends before the log is closed."""

    def close(self) -> None:
        """Begin nothing more, and wait for what is on its way, seconds at most."""
        ...


class TimerMetrics(Protocol):
    """What a handler with timers tells about them."""

    def timer_fired(self, lateness_seconds: float, is_late: bool) -> None:
        """Count a timer that became a proposal for the first time."""
        ...

    def timers(self, armed: int, overdue_seconds: float) -> None:
        """Show how many are in memory, and how long ago the oldest unanswered one was due."""
        ...


class PolicyMetrics(Protocol):
    """What a worker tells that takes up another policy file while it runs."""

    def policy_watched(self, policy: str) -> None:
        """Say that the file of this policy is watched from now on."""
        ...

    def policy_taken_up(self, policy: str) -> None:
        """Count a new version that counts from now on."""
        ...

    def policy_refused(self, policy: str) -> None:
        """Count a file that breaks its rules; the version before it goes on counting."""
        ...


class LaneMetrics(Protocol):
    """What a sender tells about the lanes of its channels."""

    def lane(self, channel: str, waiting: int, oldest_seconds: float) -> None:
        """Show how many notices wait on a lane, and for how long the first of them has."""
        ...

    def providers_away(self, channel: str, providers: int) -> None:
        """Show how many providers of a channel are believed to be away."""
        ...


class WorkerMetrics(TimerMetrics, PolicyMetrics, LaneMetrics, Protocol):
    """All that handlers tell."""


class Checkpoint(NamedTuple):
    """Where a group stood in a partition, as the database remembers it."""

    topic_id: str
    next_offset: int


class CheckpointStore(Protocol):
    """Offsets kept a second time, outside Kafka, to notice what Kafka cannot tell."""

    def load(self, group: str) -> dict[Spot, Checkpoint]: ...

    def save(self, group: str, checkpoints: Mapping[Spot, Checkpoint]) -> None: ...
