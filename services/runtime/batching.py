"""How many records one batch takes: as many as fit a target duration."""

from dataclasses import dataclass
from typing import Final

BACKLOG_AFTER: Final = 3
"""So many full batches one after the other, and there is a backlog."""


@dataclass(slots=True)
class BatchSizer:
    """Steer the batch size so that a batch takes about ``target_seconds``.

    Grows by half while batches come full and finish early, shrinks in proportion when one
    takes too long: under little load batches are small and latency low, in a storm they are
    large and the fixed cost of a transaction is shared. Before a backlog a batch may take
    ``backlog_seconds``: whoever waits, waits for the backlog, and larger batches end it sooner
    (measured on two cores: half as much again per second with 1.0 as with 0.2). Once the
    backlog is gone the size falls back to what it was before.
    """

    smallest: int
    largest: int
    target_seconds: float
    backlog_seconds: float = 0.0
    size: int = 0
    _full_in_a_row: int = 0
    _size_before: int = 0

    def __post_init__(self) -> None:
        self.largest = max(self.smallest, self.largest)
        self.backlog_seconds = max(self.target_seconds, self.backlog_seconds)
        self.size = self.size or min(self.largest, self.smallest * 8)

    def learn(self, records: int, seconds: float) -> None:
        """Take note that a batch of ``records`` took ``seconds``."""
        limit = self._limit(records)
        if seconds > limit * 1.5:
            shrunk = int(records * limit / seconds)
            self.size = max(self.smallest, min(self.size, shrunk))
        elif records >= self.size and seconds < limit:
            self.size = min(self.largest, self.size + self.size // 2 + 1)

    def _limit(self, records: int) -> float:
        """Return how long a batch may take now."""
        if records < self.size:
            if self._full_in_a_row >= BACKLOG_AFTER:
                self.size = min(self.size, self._size_before)
            self._full_in_a_row = 0
            return self.target_seconds
        self._full_in_a_row += 1
        if self._full_in_a_row < BACKLOG_AFTER:
            return self.target_seconds
        if self._full_in_a_row == BACKLOG_AFTER:
            self._size_before = self.size
        return self.backlog_seconds
