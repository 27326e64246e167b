"""How cases stand under two sets of policies: levels, teams, clocks that are missed. Pure.

Both sides make their cases of the same contacts. Where it is known how a case really stands, that
counts: only what it has of its contacts is changed as the candidate changes it, and what it has
of people stays.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from schemas.cases import CaseState
from schemas.ledger import CaseClocks
from schemas.places import CasePlace
from schemas.tasks import Task
from schemas.vocabulary import ClockName, WayPart
from services.cli.policies.breaches import NO_DUES, Dues, Missed, dues_of
from services.cli.policies.casework import Case
from services.domain.clocks.stages import clocks_of
from services.domain.clocks.tasks import next_number
from services.domain.clocks.terms import Terms

EXAMPLES: Final = 200
"""Cases shown one by one at most; all are counted."""


class Made(NamedTuple):
    """What a case has of its contacts alone."""

    level: int
    team: str | None
    place: CasePlace | None
    tasks: tuple[Task, ...]


class Stand(NamedTuple):
    """How a case stands; small, as those of one side are kept until the other has its own."""

    key: str
    name: str
    level: int
    team: str | None
    dues: Dues
    made: Made


class Shift(NamedTuple):
    """A case that would have another level or team."""

    name: str
    field: str
    before: str
    after: str


@dataclass
class Standing:
    """The sums."""

    cases: tuple[int, int] = (0, 0)
    changed: int = 0
    """Cases that both sides have, with another level or team."""
    totals: dict[str, tuple[Counter[str], Counter[str]]] = field(
        default_factory=lambda: {one: (Counter(), Counter()) for one in ("level", "team")}
    )
    moved: dict[str, Counter[tuple[str, str]]] = field(
        default_factory=lambda: {one: Counter() for one in ("level", "team")}
    )
    missed: Missed = field(default_factory=Missed)
    examples: list[Shift] = field(default_factory=list)

    def add(self, old: Stand | None, new: Stand | None) -> None:
        """Count a case under both sides, where they have it."""
        self.cases = self.cases[0] + (old is not None), self.cases[1] + (new is not None)
        for name, totals in self.totals.items():
            for one, total in zip((old, new), totals, strict=True):
                if one is not None:
                    total[str(getattr(one, name))] += 1
        either = old or new
        if either is not None:
            self.missed.compare(
                either.name, old.dues if old else NO_DUES, new.dues if new else NO_DUES
            )
        if old is not None and new is not None:
            self._shift(old, new)

    def _shift(self, old: Stand, new: Stand) -> None:
        shifts = [
            Shift(old.name, name, str(getattr(old, name)), str(getattr(new, name)))
            for name in self.moved
            if getattr(old, name) != getattr(new, name)
        ]
        self.changed += bool(shifts)
        for one in shifts:
            self.moved[one.field][one.before, one.after] += 1
        self.examples += shifts[: EXAMPLES - len(self.examples)]


class Stands:
    """Works out how cases stand, as of ``now``; ``states`` are those that are known, by key."""

    def __init__(self, states: Mapping[str, CaseState], now: datetime) -> None:
        self._states, self._now = states, now

    def compare(
        self, before: Iterable[Case], after: Iterable[Case], terms: tuple[Terms, Terms]
    ) -> Standing:
        """Return the sums over the cases of both sides; a case is known again by the contact that
        opened it."""
        found = Standing()
        old = {one.first.contact_id: self._before(one, terms[0]) for one in before}
        for case in after:
            stood = old.pop(case.first.contact_id, None)
            found.add(stood, self._after(case, stood, terms[1]))
        for stood in old.values():
            found.add(stood, None)
        return found

    def _before(self, case: Case, terms: Terms) -> Stand:
        state = self._states.get(case.key, case.state)
        return self._stand(case, state, terms)

    def _after(self, case: Case, stood: Stand | None, terms: Terms) -> Stand:
        known = self._states.get(case.key)
        if known is None or stood is None:
            return self._stand(case, case.state, terms)
        return self._stand(case, as_it_would_stand(known, stood.made, made_of(case.state)), terms)

    def _stand(self, case: Case, state: CaseState, terms: Terms) -> Stand:
        return Stand(
            case.key,
            case.first.id,
            state.level,
            state.team,
            dues_of(state, terms, self._now),
            made_of(case.state),
        )


def made_of(state: CaseState) -> Made:
    """Return what a state has of its contacts, when nothing else made it."""
    clocks = clocks_of(state)
    return Made(state.level, state.team, clocks.place, clocks.tasks or ())


def as_it_would_stand(state: CaseState, before: Made, after: Made) -> CaseState:
    """Return a case as it stands, with what it has of its contacts as the candidate makes it. A
    level or team that its contacts alone do not explain was given by a person, an escalation or
    an incident, and stays."""
    clocks = clocks_of(state)
    team = after.team if state.team == before.team else state.team
    changes: dict[str, object] = {
        "runs": tuple(
            run.model_copy(update={"holder": team})
            if run.clock is ClockName.TEAM and run.holder == state.team
            else run
            for run in clocks.runs
        ),
        "place": after.place if before.place != after.place else clocks.place,
        "tasks": tuple(_tasks(clocks, before, after)),
    }
    is_judged = state.reviewed is not None or state.level != before.level
    return state.model_copy(
        update={
            "level": state.level if is_judged else after.level,
            "team": team,
            "clocks": clocks.model_copy(update=changes),
        }
    )


def _tasks(clocks: CaseClocks, before: Made, after: Made) -> Iterator[Task]:
    """Yield the tasks of a case without those that only the old route gave, and with those that
    only the new one gives; these end when the case was answered. What a clerk asked stays."""
    given, gives = ({one.holder for one in made.tasks} for made in (before, after))
    asked = [one for one in clocks.tasks or () if one.part is WayPart.ASKED]
    routed = [one for one in clocks.tasks or () if one.part is not WayPart.ASKED]
    known = {one.holder for one in routed}
    yield from (one for one in routed if one.holder not in given - gives)
    yield from asked
    answered = next((one.stopped_at for one in clocks.runs if one.clock == "resolution"), None)
    more = [one for one in after.tasks if one.holder not in {*given, *known}]
    for number, one in enumerate(more, next_number(clocks)):
        ended = answered and max(answered, one.since)
        yield one.model_copy(update={"number": number, "ended_at": ended})
