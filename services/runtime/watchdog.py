"""End a process whose loop hangs: a supervisor starts it again, and its partitions move on.

Seen with librdkafka after a broker was killed: a call with a time-out of six seconds did not
return for nine minutes. Ending a worker at any point is safe (ADRs 0002 and 0003).
"""

import os
import threading
from collections.abc import Callable
from typing import Final

HUNG: Final = 75
"""Exit code of a worker ended by its watchdog."""
LOOK_SECONDS: Final = 1.0


class Watchdog:
    """A thread that ends the process once ``silence`` (seconds since the loop last went round)
    exceeds ``limit``."""

    def __init__(
        self,
        silence: Callable[[], float],
        limit_seconds: float,
        bark: Callable[[float], None],
        leave: Callable[[int], None] = os._exit,
    ) -> None:
        self._silence = silence
        self._limit = limit_seconds
        self._bark = bark
        self._leave = leave
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            silent = self._silence()
            if silent > self._limit:
                self._bark(silent)
                self._leave(HUNG)
                return
