"""A round of a measurement: how much was decided, in what time."""

import gc
import time
from collections.abc import Callable
from typing import Final, NamedTuple

ASKED: Final = {"scoring": 5_000, "routing": 50_000, "dedup": 5_000}
"""How many decisions a second and core each measure has to reach, in the order of measuring."""


class Timed(NamedTuple):
    """Seconds of this process's processor time, and by the clock."""

    decided: int
    cpu: float
    wall: float

    @property
    def rate(self) -> float:
        """Decisions a second of processor time: others on the machine disturb it least."""
        return self.decided / self.cpu


Round = Callable[[], Timed]
"""Decides once more, of contacts that it made before its time is taken."""


def timed(work: Callable[[], object], decided: int) -> Timed:
    """Do ``work`` with cycles collected as seldom as the workers do it, and nothing of what was
    made before looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Timed(decided, time.process_time() - cpu, time.perf_counter() - wall)
