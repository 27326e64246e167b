"""The machine's clock behind the Clock port: the only place that asks it."""

import threading
import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Time that never goes back, even when the machine's clock is set back.

    ``offset`` moves written time only; a test advances it instead of waiting. Durations
    are not moved by it.
    """

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the aware UTC time; two calls may give the same, never an earlier one."""
        with self._lock:
            self._latest = max(self._latest, self._wall() + self.offset)
            return self._latest

    def _wall(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds for measuring durations."""
        return time.monotonic()

    def advance(self, by: timedelta) -> None:
        """Let ``by`` pass at once."""
        self.offset += by
