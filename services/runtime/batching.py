"""How many records one batch takes: as many as fit a target duration."""

from dataclasses import dataclass
from math import inf
from typing import Final

BACKLOG_AFTER: Final = 3
"""So many full batches one after the other, and there is a backlog, if their records waited."""
BEHIND_SECONDS: Final = 1.0
"""Who is not so far behind keeps up: near its limit each batch of a worker is full, and longer
ones would only make everybody wait (measured at 1,000 contacts a second on two cores)."""


@dataclass(slots=True)
class BatchSizer:
    """Steer the batch size so that a batch takes about ``target_seconds``.

    Grows by half while batches come full and finish early, shrinks in proportion when one
    takes too long: under little load batches are small and latency low, in a storm they are
    large and the fixed cost of a transaction is shared. Before a backlog, whose records have
    waited for :data:`BEHIND_SECONDS`, a batch may take ``backlog_seconds``: whoever waits, waits
    for the backlog, and larger batches end it sooner (measured on two cores: half as much again
    per second with 1.0 as with 0.2). Once the backlog is gone the size falls back to what it was
    before.
    """

    smallest: int
    largest: int
    target_seconds: float
    backlog_seconds: float = 0.0
    size: int = 0
    _full_in_a_row: int = 0
    _size_before: int | None = None
    """While there is a backlog: the size that it found."""

    def __post_init__(self) -> None:
        self.largest = max(self.smallest, self.largest)
        self.backlog_seconds = max(self.target_seconds, self.backlog_seconds)
        self.size = self.size or min(self.largest, self.smallest * 8)

    def learn(self, records: int, seconds: float, waited: float = inf) -> None:
        """Take note that a batch of ``records`` took ``seconds``, the first of which had ``waited``
        for so many."""
        limit = self._limit(records, waited)
        if seconds > limit * 1.5:
            shrunk = int(records * limit / seconds)
            self.size = max(self.smallest, min(self.size, shrunk))
        elif records >= self.size and seconds < limit:
            self.size = min(self.largest, self.size + self.size // 2 + 1)

    def _limit(self, records: int, waited: float) -> float:
        """Return how long a batch may take now."""
        self._full_in_a_row = self._full_in_a_row + 1 if records >= self.size else 0
        if self._full_in_a_row < BACKLOG_AFTER or waited < BEHIND_SECONDS:
            if self._size_before is not None:
                self.size = min(self.size, self._size_before)
                self._size_before = None
            return self.target_seconds
        if self._size_before is None:
            self._size_before = self.size
        return self.backlog_seconds
