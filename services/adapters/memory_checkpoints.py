"""Offsets kept a second time, in memory: the twin of :mod:`services.adapters.mongo_checkpoints`."""

from collections.abc import Mapping

from services.adapters.memory_hooks import Hooked
from services.runtime.ports import Checkpoint
from services.runtime.records import Spot


class MemoryCheckpointStore(Hooked):
    """The CheckpointStore port; ``saved`` may be looked at and tampered with."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: dict[tuple[str, Spot], Checkpoint] = {}

    def load(self, group: str) -> dict[Spot, Checkpoint]:
        """Return what ``group`` saved, by partition."""
        with self._operation("load"):
            return {spot: kept for (owner, spot), kept in self.saved.items() if owner == group}

    def save(self, group: str, checkpoints: Mapping[Spot, Checkpoint]) -> None:
        """Remember positions; never go back within one topic id."""
        with self._operation("save"):
            for spot, new in checkpoints.items():
                old = self.saved.get((group, spot))
                if old is not None and old.topic_id == new.topic_id:
                    new = max(old, new)
                self.saved[group, spot] = new
