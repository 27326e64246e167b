"""What goes wrong in one run: how often, and at which points."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

PLACES: Final = (
    "after insert_claims", "before insert_rows", "after insert_rows", "after append",
    "before project", "after project", "before_begin", "in_transaction", "before_commit",
    "after send_offsets", "after commit", "after record_absorbed",
)  # fmt: skip
"""Points that a run may concentrate on: around everything that is written."""
PLACES_BEHIND: Final = (
    "before insert", "after insert", "after newest", "after claim", "before_call", "after_call",
    "before record", "after record", "before put", "after put", "after take_away", "after release",
    "before_begin", "in_transaction", "before_commit", "after commit", "after append",
)  # fmt: skip
"""The same where the workers behind the cases run as well."""
FOCUS: Final = 10
"""How many times likelier things are there."""
IDLING: Final = (
    "heartbeat", "fetch", "describe", "watermarks", "take", "join", "load", "init_producer",
    "committed", "leave", "save", "oldest", "due", "due_between",
)  # fmt: skip
"""What a worker also does while it has nothing to do; there things are rarer."""
RARER: Final = 0.15


@dataclass(frozen=True, slots=True)
class Storm:
    """Chances per point a process passes, and per tick of the scheduler.

    ``switch`` hands the processor over, ``stall`` leaves the process standing for long;
    ``unanswered`` loses the answer to something that was done; ``defect`` makes a call to a store
    fail as our own errors would. At the points in ``focus`` all this is far more likely:
    rare windows are between two particular calls. ``silent`` leaves a provider's answer to be
    guessed, by ``refusing`` he does not take it; ``leap`` lets hours pass at once. The last two
    are no faults but the work.
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
    forget: float = 0.0
    defect: float = 0.0
    silent: float = 0.0
    refusing: float = 0.0
    leap: float = 0.0
    focus: tuple[str, ...] = ()
    partitions: int = 1
    commands: int = 0
    stations: bool = False
    """Contacts name stations of ours; no fault either."""
    incidents: bool = False
    """There are contacts of which incidents form, people who say something of these, and their
    worker."""

    def factor(self, where: str) -> float:
        """Return how many times likelier than usual things are at a point."""
        if where in self.focus:
            return FOCUS
        return RARER if where.rpartition(" ")[2] in IDLING else 1.0

    @classmethod
    def none(cls) -> "Storm":
        """Return fair weather."""
        return CALM

    @classmethod
    def drawn(cls, rng: Random) -> "Storm":
        """Return a storm of some kinds of faults: a run with all of them at once rarely gets
        far enough to show what one of them breaks."""
        strengths = {
            "crash": (0.005, 0.015, 0.04),
            "switch": (0.05, 0.15, 0.4),
            "stall": (0.01, 0.03, 0.08),
            "away": (0.005, 0.02),
            "unanswered": (0.01, 0.04),
            "expel": (0.03, 0.1),
            "rebalance": (0.02, 0.08),
            "piecemeal": (0.5, 0.9),
            "stop": (0.01, 0.03),
            "outage": (0.01, 0.02),
        }
        drawn: dict[str, Any] = {
            kind: rng.choice(some) for kind, some in strengths.items() if rng.random() < 0.55
        }
        if rng.random() < 0.1:
            drawn["forget"] = 0.02
        if rng.random() < 0.2:
            drawn["defect"] = 0.02
        return cls(
            **drawn,
            focus=tuple(rng.sample(PLACES, rng.choice((0, 1, 2, 3)))),
            partitions=rng.randint(1, 4),
            commands=rng.choice((0, 10, 25)),
        )

    def behind(self, rng: Random) -> "Storm":
        """Return the storm with what the workers behind the cases may meet."""
        return replace(
            self,
            silent=rng.choice((0.0, 0.1, 0.4)),
            refusing=rng.choice((0.0, 0.1, 0.3)),
            leap=rng.choice((0.02, 0.05, 0.1)),
            commands=rng.choice((4, 8, 14)),
            partitions=rng.randint(1, 2),
            focus=tuple(rng.sample(PLACES_BEHIND, rng.choice((0, 1, 2, 3)))),
        )


CALM: Final = Storm()
"""Fair weather."""
