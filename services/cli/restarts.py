"""When a crashed worker is started again: at once, then ever later, never never.

Pure: time comes in as seconds of one monotonic clock, chance as a number from 0 to 1.
"""

from dataclasses import dataclass
from typing import Final

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 10.0
STABLE_AFTER: Final = 30.0
"""A worker that ran this long was well; its next crash counts as a first one."""
LOOP_FROM: Final = 3
"""From so many crashes in a row on a person should look."""


@dataclass(frozen=True, slots=True)
class Restart:
    """What to do about a crash: start again at ``due``; ``crashes`` in a row so far."""

    due: float
    crashes: int

    @property
    def is_loop(self) -> bool:
        return self.crashes >= LOOP_FROM


def after_crash(started: float, ended: float, crashes_before: int, chance: float) -> Restart:
    """Return when to start again a worker that ran from ``started`` to ``ended``.

    The first time at once (most crashes are a passing thing), then after 0.5, 1, 2 … 10
    seconds, shortened by up to a half so that several workers do not start in step.

    >>> after_crash(0.0, 100.0, crashes_before=7, chance=0.0)
    Restart(due=100.0, crashes=1)
    >>> after_crash(100.0, 101.0, crashes_before=1, chance=0.0)
    Restart(due=101.5, crashes=2)
    """
    crashes = 1 if ended - started >= STABLE_AFTER else crashes_before + 1
    if crashes == 1:
        return Restart(ended, crashes)
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(crashes - 2, 16))
    return Restart(ended + wait * (1 - chance / 2), crashes)
