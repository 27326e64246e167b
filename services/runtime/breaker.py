"""Stop instead of emptying a topic into the dead letters.

When nearly every record dies, the fault is rarely in the records: a wrong deployment, a
producer of another version, a broken policy. Then the worker holds still and says so.
"""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Breaker:
    """Judge batches before they are committed.

    Opens when, with the batch, more than ``share`` of the last ``window`` records died, or
    when most of a batch failed inside our own code (``suspects``), which good records may
    do as well. A judged batch counts only once it is :meth:`accept`-ed.
    """

    window: int
    share: float
    suspects: int = 5
    is_open: bool = False
    _recent: deque[bool] = field(default_factory=deque)
    _dead: int = 0

    def admits(self, records: int, dead: int, failed: int) -> bool:
        """Return whether a batch of ``records``, of which ``dead`` died (``failed`` of them
        by an error of ours), may be committed; remembers the answer in ``is_open``."""
        if self.share > 1:
            self.is_open = False
            return True
        kept = max(0, self.window - records)
        recent = list(self._recent)[-kept:] if kept else []
        seen = len(recent) + records
        flood = sum(recent) + dead > self.share * max(seen, self.window)
        own_fault = failed >= self.suspects and failed * 2 > records
        self.is_open = flood or own_fault
        return not self.is_open

    def accept(self, records: int, dead: int) -> None:
        """Count a committed batch."""
        for died in [True] * min(dead, self.window) + [False] * min(records - dead, self.window):
            self._recent.append(died)
        while len(self._recent) > self.window:
            self._recent.popleft()
