"""How long a worker needs for what waits before it, if nothing new came. Pure."""

from collections import deque
from dataclasses import dataclass, field
from math import nan
from typing import Final

REMEMBERED: Final = 100
"""Batches that make the recent rate."""


@dataclass(slots=True)
class DrainMeter:
    """Lag divided by the recent rate: records for each second of *work*, so that a worker with
    little to do, or one that is paused, does not look slow."""

    _batches: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def done(self, records: int, seconds: float) -> None:
        """Take note that a batch of ``records`` took ``seconds``."""
        self._batches.append((records, seconds))

    def seconds(self, lag: float) -> float:
        """Return how long ``lag`` records will take; not a number while that is not known.

        >>> meter = DrainMeter()
        >>> meter.done(200, 0.1)
        >>> meter.seconds(10_000)
        5.0
        """
        if lag <= 0:
            return 0.0
        records = sum(count for count, _ in self._batches)
        worked = sum(seconds for _, seconds in self._batches)
        return lag * worked / records if records else nan
