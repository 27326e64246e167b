"""What is due soon in one partition: a heap in memory, complete up to a mark (ADR 0007).

Nothing beyond the mark is taken in, because a row that is not loaded yet might stand before
it. No clock and no database: the handler brings both.
"""

from collections.abc import Iterable
from datetime import datetime
from heapq import heapify, heappop, heappush

from services.domain.timer_store import BEGINNING, Place, TimerRow


class Agenda:
    """The near timers of one partition, at most one of each case.

    A case is in one of two states here: it *waits* for its due time, or it was *proposed*
    and waits for a newer state as an answer. Superseded entries stay in the heap until
    they come up.
    """

    def __init__(self, since: float = 0.0) -> None:
        self.loaded = BEGINNING
        """Every stored row that stands before this is here."""
        self.since = since
        """When the partition was assigned, in seconds of a monotonic clock."""
        self.heard_at = since
        """When a state was last read from the partition, likewise."""
        self.is_settled = False
        """Whether what stood in the partition when it was assigned has been read, as far as
        one can tell: before that, what is due may have been answered long ago."""
        self._rows: dict[str, TimerRow] = {}
        self._proposed: dict[str, int] = {}
        self._heap: list[tuple[datetime, str, int]] = []

    @property
    def held(self) -> int:
        """How many cases have a timer here."""
        return len(self._rows)

    @property
    def waiting(self) -> int:
        """How many were not proposed yet."""
        return len(self._rows) - len(self._proposed)

    def note(self, row: TimerRow) -> TimerRow | None:
        """Take note of a case's newest row; return the one that it supersedes, if that was here.

        A row older than what is here changes nothing.
        """
        known = self._rows.get(row.case_key)
        if known is not None and known.seq >= row.seq:
            return None
        place = row.place
        if place is not None and place < self.loaded:
            self._put(row)
        elif known is not None:
            del self._rows[row.case_key]
        if known is not None:
            self._proposed.pop(row.case_key, None)
        return known

    def load(self, rows: Iterable[TimerRow], loaded: Place) -> list[TimerRow]:
        """Take what was read from the store, and be complete before ``loaded`` from now on.

        Returns the rows that are superseded by what was here already.
        """
        superseded: list[TimerRow] = []
        for row in rows:
            known = self._rows.get(row.case_key)
            if known is None or known.seq < row.seq:
                self._proposed.pop(row.case_key, None)
                self._put(row)
            if known is not None and known.seq != row.seq:
                superseded.append(min(known, row, key=lambda either: either.seq))
        self.loaded = loaded
        return superseded

    def _put(self, row: TimerRow) -> None:
        self._rows[row.case_key] = row
        if row.due is not None:
            heappush(self._heap, (row.due, row.case_key, row.seq))

    def head(self, now: datetime) -> datetime | None:
        """Return when the first entry comes up, if that is not after ``now``."""
        while self._heap:
            up, case_key, seq = self._heap[0]
            row = self._rows.get(case_key)
            if row is not None and row.seq == seq:
                return up if up <= now else None
            heappop(self._heap)
        return None

    def pop(self) -> TimerRow:
        """Return the first entry, which :meth:`head` has shown to be up. The caller says what
        became of it: :meth:`again`, :meth:`proposed` or :meth:`drop`."""
        _, case_key, _ = heappop(self._heap)
        return self._rows[case_key]

    def again(self, row: TimerRow, up: datetime) -> None:
        """Let ``row`` come up again at ``up`` unless a newer one comes before."""
        heappush(self._heap, (up, row.case_key, row.seq))

    def proposed(self, row: TimerRow, up: datetime) -> None:
        """Take note that ``row`` was proposed; without an answer it comes up again at ``up``."""
        self._proposed[row.case_key] = self._proposed.get(row.case_key, 0) + 1
        self.again(row, up)

    def drop(self, row: TimerRow) -> None:
        """Forget ``row``: a newer one stands in the store, beyond the mark or in other hands."""
        self.forget(row.case_key)

    def forget(self, case_key: str) -> None:
        """Forget the case's timer, whichever it is."""
        self._rows.pop(case_key, None)
        self._proposed.pop(case_key, None)

    def proposals(self, row: TimerRow) -> int:
        """Return how often ``row`` was proposed."""
        return self._proposed.get(row.case_key, 0)

    def oldest_due(self, now: datetime) -> datetime | None:
        """Return about the oldest due time that passed and was not answered: proposals are
        kept in the order in which they were made."""
        first = next(iter(self._proposed), None)
        dues = [self._rows[first].due] if first is not None else []
        dues.append(self.head(now))
        return min((due for due in dues if due is not None and due <= now), default=None)

    def tidy(self) -> None:
        """Throw superseded entries out of the heap once they are most of it."""
        if len(self._heap) > 64 + 4 * len(self._rows):
            rows = self._rows
            self._heap = [
                one for one in self._heap if one[1] in rows and rows[one[1]].seq == one[2]
            ]
            heapify(self._heap)
