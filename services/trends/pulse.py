"""Whether the worker lives, told by the worker and asked by the health pages and the watchdog.

faust only logs when an event hangs, and a hung event keeps it from stopping. So a thread of its
own looks at the pulse and ends the process: uncommitted records then come again.
"""

import os
import threading
from collections.abc import Callable
from typing import Final

from services.domain.clock import Clock
from services.runtime.health import Health
from services.runtime.troubles import STARTING, STOPPING, TOO_LONG
from services.runtime.watchdog import HUNG

ALIVE_SECONDS: Final = 30.0
"""Longest silence of the event loop, and longest time for one event."""
STOP_SECONDS: Final = 12.0
"""Longest time for a stop; the supervisor waits for 15."""


class Pulse:
    """Written by the event loop, read by other threads; single assignments only."""

    def __init__(self, clock: Clock, served: Callable[[int], None] = lambda _: None) -> None:
        self._clock = clock
        self._served = served
        self._beat_at = clock.monotonic()
        self._event_since: float | None = None
        self._stop_since: float | None = None
        self.partitions = 0
        self.trouble = STARTING

    def beat(self) -> None:
        """The event loop goes round."""
        self._beat_at = self._clock.monotonic()

    def began(self) -> None:
        """An event is being processed."""
        self._event_since = self._clock.monotonic()

    def ended(self) -> None:
        """It is done."""
        self._event_since = None

    def serves(self, partitions: int) -> None:
        """So many partitions are served from now on."""
        self.partitions = partitions
        self._served(partitions)

    def stopping(self) -> None:
        """Somebody asked for the end."""
        if self._stop_since is None:
            self._stop_since = self._clock.monotonic()

    @property
    def is_stopping(self) -> bool:
        return self._stop_since is not None

    def hang(self) -> str | None:
        """Return what takes too long, if anything does."""
        now = self._clock.monotonic()
        since, limits = (self._stop_since, self._event_since), (STOP_SECONDS, ALIVE_SECONDS)
        names = ("the stop", "an event", "the event loop")
        for name, begun, limit in zip(
            names, (*since, self._beat_at), (*limits, ALIVE_SECONDS), strict=True
        ):
            if begun is not None and now - begun > limit:
                return f"{name}{TOO_LONG}{limit:.0f} s"
        return None

    def health(self) -> Health:
        """Return what the health pages show."""
        hang = self.hang()
        serving = "serving" if self.partitions else "no partitions assigned"
        serving = STOPPING if self.is_stopping else serving
        ready = not hang and not self.trouble and self.partitions > 0 and not self.is_stopping
        return Health(hang is None, ready, hang or self.trouble or serving)


class Watchdog:
    """Ends the process when something hangs."""

    def __init__(
        self, pulse: Pulse, bark: Callable[[str], None], leave: Callable[[int], None] = os._exit
    ) -> None:
        self._pulse = pulse
        self._bark = bark
        self._leave = leave
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self, every: float = 1.0) -> None:
        """Begin to look, ``every`` so many seconds."""
        self._every = every
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._is_over.set()

    def look(self) -> None:
        """Look once."""
        hang = self._pulse.hang()
        if hang is not None:
            self._bark(hang)
            self._leave(HUNG)

    def _watch(self) -> None:
        while not self._is_over.wait(self._every):
            self.look()
