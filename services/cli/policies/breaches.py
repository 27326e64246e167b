"""Which clocks of replayed cases are missed under both sets of policies. Pure.

Of a case whose state is known all counts that is in it: waits, extensions, reopenings, when each
clock was stopped. Of one that is only in a file, its clocks begin with its first contact and are
stopped by its answer (``answered_at``), if the file has one. What was not stopped is missed once
it is overdue.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from schemas.cases import CaseState
from schemas.ledger import CaseClocks, ClockRun
from schemas.vocabulary import ClockName
from services.cli.policies.replaying import Decision
from services.cli.policies.sources import Replayed, for_clocks
from services.domain.clocks.compact import FIRST_RUNS
from services.domain.clocks.stages import Clocks, clocks_of
from services.domain.clocks.terms import Terms

EXAMPLES: Final = 200
"""Clocks shown one by one at most; all are counted."""


@dataclass(slots=True)
class _Case:
    name: str
    opened_at: datetime
    team: str
    level: int
    """Of its gravest contact under the policies that count."""
    would_be: int
    answered_at: datetime | None


class Moved(NamedTuple):
    """A clock that one side misses and the other does not; the instants are when it is due."""

    name: str
    clock: ClockName
    before: datetime | None
    after: datetime | None
    is_missed: bool
    """Under the candidate."""


@dataclass
class Missed:
    """The sums."""

    cases: int = 0
    by_clock: tuple[Counter[str], Counter[str]] = field(
        default_factory=lambda: (Counter(), Counter())
    )
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(before, after) → clocks, of those that only one side misses."""
    examples: list[Moved] = field(default_factory=list)


class Cases:
    """The cases of a replay; one small row for each is kept in memory."""

    def __init__(self) -> None:
        self._cases: dict[str, _Case] = {}

    def see(self, one: Replayed, before: Decision, after: Decision) -> None:
        """Take a contact: it opens its case, or may raise its level."""
        key = f"{one.deduplicated.tenant}|{one.deduplicated.case_id}"
        at = one.deduplicated.contact.received_at
        known = self._cases.get(key)
        if known is None:
            self._cases[key] = _Case(
                one.id, at, before.team, before.level, after.level, one.answered_at
            )
            return
        known.opened_at = min(known.opened_at, at)
        known.level = max(known.level, before.level)
        known.would_be = max(known.would_be, after.level)
        known.answered_at = known.answered_at or one.answered_at

    def __contains__(self, key: object) -> bool:
        return key in self._cases

    def count(
        self, states: Mapping[str, CaseState], before: Terms, after: Terms, now: datetime
    ) -> Missed:
        """Return what each side misses; ``states`` of cases by key, as far as they are known."""
        found = Missed(len(self._cases))
        for key, case in self._cases.items():
            state = states.get(key) or _state_of(case)
            # A level that is not that of its contacts was given by a person, or comes of more.
            level = case.would_be if state.level == case.level else state.level
            old = _dues(state, before, now)
            new = _dues(state.model_copy(update={"level": level}), after, now)
            for clock in dict.fromkeys([*old, *new]):
                _compare(found, case.name, clock, old.get(clock), new.get(clock))
        return found


class _Due(NamedTuple):
    at: datetime | None
    is_missed: bool


def _dues(state: CaseState, terms: Terms, now: datetime) -> dict[ClockName, _Due]:
    """Return when each clock that has a limit is due; at None a wait holds it."""
    clocks = Clocks(state, terms)
    found = {}
    for run in clocks_of(state).runs:
        if (known := clocks.of(run.clock)) is not None:
            due = clocks.due(known)
            found[run.clock] = _Due(due, due is not None and _is_past(run, due, now))
    return found


def _is_past(run: ClockRun, due: datetime, now: datetime) -> bool:
    return due <= now if run.stopped_at is None else due < run.stopped_at


def _compare(
    found: Missed, name: str, clock: ClockName, old: _Due | None, new: _Due | None
) -> None:
    was, would_be = bool(old and old.is_missed), bool(new and new.is_missed)
    found.by_clock[0][clock] += was
    found.by_clock[1][clock] += would_be
    if was == would_be:
        return
    found.moved[_word(was, clock), _word(would_be, clock)] += 1
    if len(found.examples) < EXAMPLES:
        found.examples.append(
            Moved(name, clock, old.at if old else None, new.at if new else None, would_be)
        )


def _word(is_missed: bool, clock: ClockName) -> str:
    return f"{clock} {'missed' if is_missed else 'kept'}"


def _state_of(case: _Case) -> CaseState:
    """Return as much of the state of a case as its clocks go by."""
    end = case.answered_at
    runs = (
        *FIRST_RUNS,
        ClockRun(clock=ClockName.TEAM, holder=case.team, since=case.opened_at),
    )
    clocks = CaseClocks(runs=tuple(run.model_copy(update={"stopped_at": end}) for run in runs))
    return for_clocks(case.opened_at, case.level, clocks)
