"""Pause switches in memory: the twin of :mod:`services.adapters.mongo_switches`."""

from services.adapters.memory_hooks import Hooked
from services.domain.switch_store import Pause


class MemorySwitchStore(Hooked):
    """The SwitchStore port."""

    def __init__(self) -> None:
        super().__init__()
        self._pauses: dict[str, Pause] = {}

    def pause(self, pause: Pause) -> Pause:
        """See the port."""
        with self._operation("pause"):
            return self._pauses.setdefault(pause.worker, pause)

    def resume(self, worker: str) -> Pause | None:
        """See the port."""
        with self._operation("resume"):
            return self._pauses.pop(worker, None)

    def paused(self) -> dict[str, Pause]:
        """See the port."""
        with self._operation("paused"):
            return dict(self._pauses)
