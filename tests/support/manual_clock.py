"""A clock that stands still until a test moves it."""

from datetime import datetime, timedelta

from tests.support.builders import NOON


class ManualClock:
    """The Clock port over a number of seconds that only grows."""

    def __init__(self, start: datetime = NOON) -> None:
        self.start = start
        self.seconds = 0.0

    def now(self) -> datetime:
        """Return the written time."""
        return self.start + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds since the beginning."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


class SkewedClock:
    """What the clock of another machine shows: off by ``skew`` seconds."""

    def __init__(self, right: ManualClock, skew: float) -> None:
        self._right = right
        self._skew = timedelta(seconds=skew)

    def now(self) -> datetime:
        """Return the written time."""
        return self._right.now() + self._skew

    def monotonic(self) -> float:
        """Return the seconds since the beginning."""
        return self._right.monotonic()
