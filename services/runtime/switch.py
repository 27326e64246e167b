"""The pause switch of one worker, as its loop asks for it: every round, and cheaply."""

from collections.abc import Callable
from typing import Final

from services.domain.clock import Clock
from services.domain.errors import OutageError
from services.domain.switch_store import SwitchStore

LOOK_SECONDS: Final = 1.0
"""How often the store is asked; between two looks the last answer counts."""

PauseSwitch = Callable[[], str | None]
"""Returns why a person paused the worker, or None."""


def never_paused() -> None:
    """Return None: nobody paused it."""


class Switch:
    """Asks the store once a second. While the database is away the last answer stands: nobody
    can have turned the switch meanwhile."""

    def __init__(self, store: SwitchStore, worker: str, clock: Clock) -> None:
        self._store = store
        self._worker = worker
        self._clock = clock
        self._words: str | None = None
        self._next_look = clock.monotonic()

    def __call__(self) -> str | None:
        """Return why the worker is paused, or None."""
        if self._clock.monotonic() >= self._next_look:
            try:
                pause = self._store.paused().get(self._worker)
            except OutageError:
                pass
            else:
                self._words = None if pause is None else pause.words
            self._next_look = self._clock.monotonic() + LOOK_SECONDS
        return self._words
