"""What a case is, told as simply as can be: counters instead of due times, a table instead of
guards. Written from the guides, not from the workers' code."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

LIMITS: Final = {"acknowledgement": 120, "resolution": 480}
"""Minutes a clock may take; it warns at three quarters."""
OPEN: Final = frozenset(
    {"received", "assigned", "acknowledged", "investigating", "waiting", "proposed", "reopened"}
)
ANSWERED: Final = frozenset({"resolved", "closed"})
_UNTOUCHED: Final = frozenset({"received", "assigned", "reopened"})
_WORKED: Final = OPEN - {"received", "assigned"}


class Move(NamedTuple):
    """A command: where it is allowed, where it leads (None: nowhere)."""

    allowed: frozenset[str]
    to: str | None


MOVES: Final = {
    "acknowledge": Move(_UNTOUCHED, "acknowledged"),
    "note": Move(OPEN | ANSWERED, None),
    "investigate": Move(frozenset({"acknowledged", "proposed", "reopened"}), "investigating"),
    "wait": Move(_WORKED - {"waiting"}, "waiting"),
    "resume": Move(frozenset({"waiting"}), "investigating"),
    "propose": Move(_WORKED - {"proposed"}, "proposed"),
    "resolve": Move(OPEN, "resolved"),
    "close": Move(frozenset({"resolved"}), "closed"),
    "reopen": Move(ANSWERED, "reopened"),
}


@dataclass
class ModelCase:
    """One parcel's case. ``used`` are the minutes that each clock has run."""

    status: str = "received"
    contacts: int = 1
    persons: set[str] = field(default_factory=set)
    were_new: list[bool] = field(default_factory=list)
    """Of each contact after the first: whether a second complainant made it."""
    waits_for: str | None = None
    used: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LIMITS, 0))
    runs: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LIMITS, 0))
    acknowledged: bool = False
    """Somebody took it up once: not asked for again."""
    fired: set[str] = field(default_factory=set)
    taken_back: set[str] = field(default_factory=set)
    """Breaches told of at the very moment at which, after it, the clock was stopped in time. One
    that is only held then has used up its limit, and stays due."""

    def contact(self, person: str | None = None) -> None:
        """One more contact about the parcel, by somebody who may be new in the case."""
        self.contacts += 1
        self.were_new.append(person is not None and person not in self.persons)
        if person is not None:
            self.persons.add(person)
        if self.status in ANSWERED:
            self._move_to("reopened")
        elif self.waits_for == "customer":
            self._move_to("investigating")

    def command(self, kind: str, waits_for: str) -> bool:
        """Take a command; return whether it is accepted."""
        move = MOVES[kind]
        if self.status not in move.allowed:
            return False
        if move.to is not None:
            self._move_to(move.to, waits_for)
        return True

    def minutes_pass(self, minutes: int) -> None:
        """Let the clocks that run go on, and say what they reach."""
        for clock in self._running():
            self.used[clock] += minutes
            for stage, at in (("warn", LIMITS[clock] * 3 // 4), ("breach", LIMITS[clock])):
                if self.used[clock] >= at:
                    self.fired.add(f"{clock}:{stage}:{self.runs[clock]}")

    def _running(self) -> Iterator[str]:
        if not self.acknowledged:
            yield "acknowledgement"
        if self.status not in ANSWERED and self.waits_for != "customer":
            yield "resolution"

    def _unstopped(self) -> Iterator[str]:
        """Yield the clocks that run, or wait for the customer."""
        if not self.acknowledged:
            yield "acknowledgement"
        if self.status not in ANSWERED:
            yield "resolution"

    def _move_to(self, status: str, waits_for: str | None = None) -> None:
        just_due = {
            clock: f"{clock}:breach:{self.runs[clock]}"
            for clock in self._running()
            if self.used[clock] == LIMITS[clock]
        }
        if status == "reopened":
            self.used["resolution"] = 0
            self.runs["resolution"] += 1
        self.status = status
        self.waits_for = waits_for if status == "waiting" else None
        self.acknowledged = self.acknowledged or status not in _UNTOUCHED
        unstopped = set(self._unstopped())
        self.taken_back.update(told for clock, told in just_due.items() if clock not in unstopped)
