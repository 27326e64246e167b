"""How many records one batch takes: as many as fit a target duration."""

from dataclasses import dataclass


@dataclass(slots=True)
class BatchSizer:
    """Steer the batch size so that a batch takes about ``target_seconds``.

    Grows by half while batches come full and finish early, shrinks in proportion when one
    takes too long: under little load batches are small and latency low, in a storm they are
    large and the fixed cost of a transaction is shared.
    """

    smallest: int
    largest: int
    target_seconds: float
    size: int = 0

    def __post_init__(self) -> None:
        self.largest = max(self.smallest, self.largest)
        self.size = self.size or min(self.largest, self.smallest * 8)

    def learn(self, records: int, seconds: float) -> None:
        """Take note that a batch of ``records`` took ``seconds``."""
        if seconds > self.target_seconds * 1.5:
            shrunk = int(records * self.target_seconds / seconds)
            self.size = max(self.smallest, min(self.size, shrunk))
        elif records >= self.size and seconds < self.target_seconds:
            self.size = min(self.largest, self.size + self.size // 2 + 1)
