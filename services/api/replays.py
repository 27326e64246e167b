"""Which messages of providers were taken lately: a message is taken once."""

import threading
from collections import OrderedDict
from typing import Final

from services.domain.signing import TOLERANCE_SECONDS

_MOST_REMEMBERED: Final = 50_000


class ReplayGuard:
    """Message ids taken lately. In one process: the sender absorbs what gets past several."""

    def __init__(self) -> None:
        self._taken: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def has(self, provider: str, message_id: str, seconds: float) -> bool:
        """Return whether the message was taken before."""
        with self._lock:
            while self._taken and (
                len(self._taken) > _MOST_REMEMBERED
                or next(iter(self._taken.values())) < seconds - 2 * TOLERANCE_SECONDS
            ):
                self._taken.popitem(last=False)
            return (provider, message_id) in self._taken

    def add(self, provider: str, message_id: str, seconds: float) -> None:
        """Remember a message, once everything in it is safe."""
        with self._lock:
            self._taken[provider, message_id] = seconds
