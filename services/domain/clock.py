"""Time as a port: nothing in the system asks the machine for it directly."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Two kinds of time, never mixed."""

    def now(self) -> datetime:
        """Return the aware UTC time that is written into records; never goes back."""
        ...

    def monotonic(self) -> float:
        """Return seconds for measuring durations; meaningless as a date."""
        ...
