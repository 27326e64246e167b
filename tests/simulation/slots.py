"""Places for processes: one for each copy of a worker that runs at the same time."""

from dataclasses import dataclass

from services.adapters.memory_log import MemoryLog
from services.runtime.loop import Step
from tests.simulation.actors import Actor


@dataclass(slots=True)
class Slot:
    """A place for a process of a worker; restarts put a new one into it."""

    worker: str
    number: int
    skew: float
    actor: Actor | None = None
    beside: Actor | None = None
    """What works beside the loop in the same process, and dies with it."""
    log: MemoryLog | None = None
    last_step: Step | None = None
    stalled_until: int = 0
    is_stopping: bool = False

    @property
    def name(self) -> str:
        return f"{self.worker}-{self.number}"

    @property
    def is_alive(self) -> bool:
        return self.actor is not None and not self.actor.has_ended
