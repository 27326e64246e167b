"""Ctrl-C and SIGTERM: the first asks for a clean stop, the second does not ask.

A hard stop is safe: the kernel kills all children with us, and both engines and every worker
recover from that. It is only less polite.
"""

import os
import signal
import sys
import time
from types import FrameType
from typing import Final

_SAME_KEYSTROKE_SECONDS: Final = 0.3
"""A terminal and a wrapper may both pass on one Ctrl-C."""


class Interrupts:
    """Installs itself; the first signal raises KeyboardInterrupt in the main thread."""

    def __init__(self) -> None:
        self._first: float | None = None
        self.is_asked = False
        signal.signal(signal.SIGINT, self._receive)
        signal.signal(signal.SIGTERM, self._receive)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now
            self.is_asked = True
            raise KeyboardInterrupt
        if now - self._first > _SAME_KEYSTROKE_SECONDS:
            sys.stderr.write("\nstopping hard; nothing accepted is lost\n")
            sys.stderr.flush()
            os._exit(128 + number)
