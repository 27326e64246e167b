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
STOP_SECONDS: Final = 14.0
"""Who asked for the end (an orchestrator, ``complaints down``) waits for about 15 s. Calls
to a Kafka and a MongoDB that are away end by their own time-outs before that; one whose answer
keeps coming in, byte by byte, does not."""


class Watchdog:
    """A thread that ends the process once ``silence`` (seconds since the loop last went round)
    exceeds ``limit``, or once it has been asked to stop for ``STOP_SECONDS``."""

    def __init__(
        self,
        silence: Callable[[], float],
        limit_seconds: float,
        bark: Callable[[float], None],
        leave: Callable[[int], None] = os._exit,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._silence = silence
        self._limit = limit_seconds
        self._bark = bark
        self._leave = leave
        self._is_stopping = is_stopping
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()

    def _watch(self) -> None:
        stopping = 0.0
        while not self._closed.wait(LOOK_SECONDS):
            silent = self._silence()
            stopping += LOOK_SECONDS * self._is_stopping()
            if silent > self._limit or stopping >= STOP_SECONDS:
                self._bark(silent)
                self._leave(HUNG)
                return
