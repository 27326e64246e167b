"""Which clocks of a case are missed, and which only under one of two sets of policies. Pure.

Of a case whose state is known all counts that is in it: waits, extensions, reopenings, when each
clock was stopped. What was not stopped is missed once it is overdue. Of each clock only the newest
run counts, as a state has no other; of the tasks each is a clock of its own.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from schemas.cases import CaseState
from schemas.ledger import ClockRun
from schemas.vocabulary import ClockName, WayPart
from services.domain.clocks.stages import Clocks, clocks_of
from services.domain.clocks.tasks import runs_of
from services.domain.clocks.terms import Terms

EXAMPLES: Final = 200
"""Clocks shown one by one at most; all are counted."""


class Due(NamedTuple):
    """When a clock is due; at None a wait holds it."""

    at: datetime | None
    is_missed: bool


Dues = dict[str, Due]
"""By clock; a task by its holder too, as ``task partner:gb``, and one that a clerk gave also by its
number."""
NO_DUES: Final[Dues] = {}


class Moved(NamedTuple):
    """A clock that one side misses and the other does not; the instants are when it is due."""

    name: str
    clock: str
    before: datetime | None
    after: datetime | None
    is_missed: bool
    """Under the candidate."""


@dataclass
class Missed:
    """The sums."""

    by_clock: tuple[Counter[str], Counter[str]] = field(
        default_factory=lambda: (Counter(), Counter())
    )
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(before, after) → clocks, of those that only one side misses."""
    shifted: tuple[Counter[str], Counter[str]] = field(
        default_factory=lambda: (Counter(), Counter())
    )
    """Clocks that would be due sooner and later, missed or not."""
    examples: list[Moved] = field(default_factory=list)

    def compare(self, name: str, old: Dues, new: Dues) -> None:
        """Count the clocks of a case; a case that one side has not has no clocks there."""
        for clock in dict.fromkeys([*old, *new]):
            self._compare(name, clock, old.get(clock), new.get(clock))

    def _compare(self, name: str, clock: str, old: Due | None, new: Due | None) -> None:
        was, would_be = bool(old and old.is_missed), bool(new and new.is_missed)
        kind = clock.partition(" ")[0]
        self.by_clock[0][kind] += was
        self.by_clock[1][kind] += would_be
        if old and new and old.at and new.at and old.at != new.at:
            self.shifted[new.at > old.at][kind] += 1
        if was == would_be:
            return
        self.moved[_word(old, kind), _word(new, kind)] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(
                Moved(name, clock, old.at if old else None, new.at if new else None, would_be)
            )


def dues_of(state: CaseState, terms: Terms, now: datetime) -> Dues:
    """Return when each clock that has a limit is due, and whether it is missed as of ``now``."""
    clocks = Clocks(state, terms)
    found = {}
    asked = {one.number for one in clocks_of(state).tasks or () if one.part is WayPart.ASKED}
    for run in runs_of(clocks_of(state)):
        is_task = run.clock is ClockName.TASK
        if (known := clocks.of(run.clock, run.run)) is not None:
            due = clocks.due(known)
            name = f"{run.clock} {run.holder}" if is_task else str(run.clock)
            if is_task and run.run in asked:
                name += f" {run.run}"  # beside what the route gave the same holder
            found[name] = Due(due, due is not None and _is_past(run, due, now))
    return found


def _is_past(run: ClockRun, due: datetime, now: datetime) -> bool:
    return due <= now if run.stopped_at is None else due < run.stopped_at


def _word(due: Due | None, clock: str) -> str:
    if due is None:
        return f"no {clock}"
    return f"{clock} {'missed' if due.is_missed else 'kept'}"
