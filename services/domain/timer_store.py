"""How timers are kept: one row per state of a case, inserted and never changed (ADR 0007).

The row with a case's highest seq is its timer, or says that it has none. Lower ones are
superseded: they count for nothing and may be deleted by whoever meets them.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol


class Place(NamedTuple):
    """A place in the order in which timers fire: by due time, then by id, so that equal times
    have an order too."""

    due: datetime
    row_id: str


BEGINNING = Place(datetime.min.replace(tzinfo=UTC), "")


class TimerRow(NamedTuple):
    """The timer that one state of a case gave.

    ``case_key`` is ``<tenant>|<case id>``; ``partition`` is the one of the state's topic.
    ``due`` is None when the clocks stand still. ``stage`` is None for a mere watch over the
    case. ``armed_at`` is when the state came about: the timer could not fire before.
    """

    case_key: str
    seq: int
    partition: int
    due: datetime | None
    armed_at: datetime
    clock: str
    stage: str | None
    level: int
    run: int
    step: int | None
    policy: str

    @property
    def row_id(self) -> str:
        """The row's id: a case's rows lie together, in order of seq."""
        return f"{self.case_key}#{self.seq:08d}"

    @property
    def place(self) -> Place | None:
        """Where it stands in the order; None when it has no due time."""
        return None if self.due is None else Place(self.due, self.row_id)


class TimerStore(Protocol):
    """Durable, shared by all ``sla`` workers. Reads see only what a majority has; writes
    return when a majority has them.

    Every method raises OutageError when the database cannot do its part.
    """

    def insert(self, rows: Sequence[TimerRow], forget_at: datetime) -> None:
        """Insert what is not there; a row that is there stays as it is.

        Those without a due time may be forgotten after ``forget_at``.
        """
        ...

    def due_between(
        self, partition: int, begin: Place, end: datetime, limit: int
    ) -> list[TimerRow]:
        """Return up to ``limit`` rows of a partition, at or after ``begin`` and due before
        ``end``, in order; superseded ones may be among them."""
        ...

    def newest(self, case_keys: Iterable[str]) -> dict[str, int]:
        """Return the highest seq of each case that has rows."""
        ...

    def delete(self, row_ids: Iterable[str]) -> None:
        """Delete rows that are known to be superseded."""
        ...

    def remove(self, case_keys: Iterable[str]) -> None:
        """Delete every row of these cases: they are no more."""
        ...
