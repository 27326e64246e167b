"""Which team and person a case is given to; never those alone whom it is about (ADR 0063). Pure.

Every change of team comes by here: what chose a team says whom it wants, and who gets the case is
the first from there up the ladder that has nothing to do with it.
"""

from collections.abc import Iterable
from typing import Any

from schemas.cases import CaseCommand, CaseState
from schemas.judgements import Judgement
from schemas.keys import case_key
from schemas.routes import ContactRouted
from schemas.scores import Score
from schemas.stations import NamedStation
from schemas.vocabulary import ANSWERED, ChangeKind, CommandKind
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story
from services.domain.conflicts import (
    CONFLICT,
    NOBODY,
    Barred,
    Matter,
    barred_from,
    choose,
    joined,
    named_stations,
    own_teams,
    settled,
    watching,
)

_CLERK = "clerk:"
_Given = dict[str, Any]


def matter_of(
    state: CaseState, judged: Judgement | None = None, more: Iterable[NamedStation] = ()
) -> Matter:
    """Return what a case is about, with the cases merged into it; as it is ``judged`` instead,
    and with ``more`` stations."""
    stations = state.stations or ()
    for child in state.merged:
        if child.stations:
            stations = joined(stations, child.stations)
    if more:
        stations = joined(stations, more)
    said = judged or state
    return Matter(stations, said.category, said.cause)


def named_by(routed: ContactRouted, policies: Policies) -> tuple[NamedStation, ...]:
    """Return the stations of ours that a contact names. What an older router passed on says it
    by its form alone."""
    names = routed.destination.stations
    if names is None:
        hub = routed.scored.deduplicated.contact.facts.hub
        names = (hub,) if hub else ()
    score = routed.scored.score
    return named_stations(names, score.category, score.cause, policies.teams)


def heard_by(
    state: CaseState, named: tuple[NamedStation, ...], score: Score, policies: Policies
) -> tuple[NamedStation, ...] | None:
    """Return what a case learns of stations by a contact; None: nothing. What one contact says of
    staff, and another of a station, is said of both for good."""
    known = joined(state.stations or (), named)
    for said in (score, state) if known else ():
        known = settled(Matter(known, said.category, said.cause), policies.teams)
    return news_of(state, known)


def news_of(state: CaseState, named: tuple[NamedStation, ...]) -> tuple[NamedStation, ...] | None:
    """Return the stations that a change has to tell of; None where the case knows all of it."""
    known = state.stations or ()
    return named if named and joined(known, named) != known else None


def settled_stations(state: CaseState, policies: Policies) -> tuple[NamedStation, ...] | None:
    """Return a case's stations as another case is to know them; None: it names none."""
    return settled(matter_of(state), policies.teams) or None


def handover(
    story: Story,
    state: CaseState,
    team: str | None,
    policies: Policies,
    judged: Judgement | None = None,
    more: Iterable[NamedStation] = (),
) -> _Given:
    """Return the fields of a change to the team that is wanted, or the first above it that has
    nothing to do with the matter; each one passed over stands in an event of its own. Empty when
    the team stays (and with it the person)."""
    if team is None or team == state.team:
        return {}
    matter = matter_of(state, judged, more)
    barred = barred_from(matter, policies.teams)
    chosen = choose(team, policies.ladder_there(state, team), barred, policies.teams)
    _name_passed(story, (one for one, _ in chosen.passed))
    return {} if chosen.team == state.team else _given(state, chosen.team, matter, barred, policies)


def _given(
    state: CaseState, team: str, matter: Matter, barred: Barred, policies: Policies
) -> _Given:
    told = watching(team, matter, policies.teams)
    person = person_for(state.tenant, state.case_id, team, policies, barred)
    return {"team": team, "assignee": person} | ({"inform": told} if told else {})


def _name_passed(story: Story, teams: Iterable[str]) -> None:
    state = story.state
    assert state is not None
    for team in teams:
        story.tell(ChangeKind.TEAM_PASSED_OVER, SYSTEM, state.status, skipped=team, reason=CONFLICT)


def leave_to_others(story: Story, policies: Policies) -> None:
    """Take an open case from a team or a person whom it is about since this input, whatever made
    it so: a contact, a correction, a merge, an incident, its being taken up again."""
    state = story.state
    if state is None or not story.events or state.status in ANSWERED:
        return
    matter = matter_of(state)
    barred = barred_from(matter, policies.teams)
    if barred is NOBODY:
        return
    team = state.team
    if team is not None and barred.bars(team, policies.teams):
        above = policies.ladder_there(state, team)
        chosen = choose(team, above, barred, policies.teams, policies.loads)
        _name_passed(story, (one for one, why in chosen.passed if (one, why) != (team, CONFLICT)))
        given = _given(state, chosen.team, matter, barred, policies)
        given["inform"] = (team, *given.get("inform", ()))
        _tell_left(story, team, given)
    elif team is not None and (own := _own_team(state.assignee, barred, policies)) is not None:
        person = person_for(state.tenant, state.case_id, team, policies, barred)
        _tell_left(story, own, {"assignee": person})


def _tell_left(story: Story, team: str, given: _Given) -> None:
    assert story.state is not None
    status = story.state.status
    story.tell(ChangeKind.TEAM_PASSED_OVER, SYSTEM, status, skipped=team, reason=CONFLICT, **given)


def _own_team(person: str | None, barred: Barred, policies: Policies) -> str | None:
    """Return the barred team that a person is of; None for anybody else."""
    name = (person or "").removeprefix(_CLERK)
    if name not in barred.people:
        return None
    known = policies.teams.teams
    return next((t for t in sorted(barred.teams) if t in known and name in known[t].members), None)


def why_barred(state: CaseState, command: CaseCommand, policies: Policies) -> str | None:
    """Return why a command may not give the case to whom it names; None when it may."""
    matter = matter_of(state)
    barred = barred_from(matter, policies.teams)
    if barred is NOBODY:
        return None
    kind, _, unit = (command.unit or "").partition(":")
    is_given = command.kind is CommandKind.TRANSFER and kind == "team"
    own = _own_team(command.assignee, barred, policies)
    if is_given and barred.bars(unit, policies.teams):
        who = f"unit: {unit}"
    elif own is not None:
        who = f"assignee: {command.assignee} of {own}"
        unit = own
    else:
        return None
    names = [one.station for one in matter.stations if unit in own_teams([one], policies.teams)]
    return (
        f"{who} has its own part in what the case is about ({', '.join(names) or unit}); a "
        f"station's team never has a complaint about it alone (conflict, {policies.teams.version})"
        ": choose another team, which may ask it"
    )[:400]


def person_for(
    tenant: str, case_id: str, team: str, policies: Policies, barred: Barred = NOBODY
) -> str | None:
    """Return who of the team gets the case: of the least loaded, the same for the same case."""
    key = case_key(tenant, case_id).decode()
    return policies.teams.person_for(key, team, policies.loads, barred.people)
