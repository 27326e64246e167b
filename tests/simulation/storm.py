"""What goes wrong in one run: how often, and at which points."""

from dataclasses import dataclass, fields
from random import Random


@dataclass(frozen=True, slots=True)
class Storm:
    """Chances per point a process passes, and per tick of the scheduler.

    ``switch`` hands the processor over, ``stall`` leaves the process standing for long;
    ``unanswered`` loses the answer to something that was done.
    """

    crash: float = 0.0
    switch: float = 0.0
    stall: float = 0.0
    away: float = 0.0
    unanswered: float = 0.0
    expel: float = 0.0
    rebalance: float = 0.0
    piecemeal: float = 0.0
    stop: float = 0.0
    outage: float = 0.0

    @classmethod
    def none(cls) -> "Storm":
        """Return fair weather."""
        return cls()

    @classmethod
    def drawn(cls, rng: Random) -> "Storm":
        """Return a storm of some kinds of faults: a run with all of them at once rarely gets
        far enough to show what one of them breaks."""
        strengths = {
            "crash": (0.003, 0.01, 0.03),
            "switch": (0.05, 0.15, 0.4),
            "stall": (0.003, 0.01, 0.03),
            "away": (0.003, 0.01),
            "unanswered": (0.003, 0.01),
            "expel": (0.03, 0.1),
            "rebalance": (0.02, 0.08),
            "piecemeal": (0.5, 0.9),
            "stop": (0.01, 0.03),
            "outage": (0.01, 0.02),
        }
        drawn = {
            kind: rng.choice(strengths[kind]) if rng.random() < 0.55 else 0.0 for kind in strengths
        }
        assert set(drawn) == {one.name for one in fields(cls)}
        return cls(**drawn)
