"""A case and its incident: it joins one at most, hears of its level, and leaves it. Pure.

The case's writer decides whether the case is part of an incident; the incident counts who says so.
"""

from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseCommand, CaseState
from schemas.incident_links import IncidentLink
from schemas.stations import NamedStation
from schemas.vocabulary import ANSWERED, ChangeKind, Refusal
from services.cases.choosing import news_of
from services.cases.guards import Refused
from services.cases.merging import team_for
from services.cases.policies import Policies
from services.cases.story import OF_INCIDENT, SYSTEM, Story
from services.domain.conflicts import named_stations

_NOT_OF_IT: Final = Refused(Refusal.NOT_OF_INCIDENT, "the case is not part of this incident")


def join(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Make the case part of an incident, unless it is part of one."""
    if state.incident_id == command.other:
        return Refused(Refusal.ALREADY_DECIDED, "the case is part of this incident")
    if state.incident_id is not None:
        return Refused(
            Refusal.ALREADY_DECIDED,
            f"other: the case is part of incident {state.incident_id}; take it out there first",
        )
    named = stations_at(state, command.incident, policies)
    _tell(ChangeKind.INCIDENT_JOINED, story, state, command, stations=named)
    return None


def stations_at(
    state: CaseState, incident: IncidentLink | None, policies: Policies
) -> tuple[NamedStation, ...] | None:
    """Return the stations that a case is about from now on because of where its incident is;
    None: nothing new."""
    hubs = (incident.hub,) if incident else ()
    return news_of(state, named_stations(hubs, state.category, state.cause, policies.teams))


def take_level(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Take note of the level that the incident has now."""
    if state.incident_id != command.other:
        return _NOT_OF_IT
    if command.incident is None or command.incident.level == state.incident_level:
        return Refused(Refusal.ALREADY_DECIDED, "the case knows this level of its incident")
    _tell(ChangeKind.INCIDENT_LEVEL_TOLD, story, state, command)
    return None


def take_news(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Tell the customers what a person has for those of the whole incident."""
    if state.incident_id != command.other:
        return _NOT_OF_IT
    story.tell(
        ChangeKind.CUSTOMER_UPDATED,
        command.actor,
        state.status,
        command_id=command.command_id,
        note=command.note,
        reason=f"{OF_INCIDENT}{command.other}",
    )
    return None


def leave(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Be no longer part of the incident; the level stays, it falls only by a person."""
    if state.incident_id != command.other:
        return _NOT_OF_IT
    _tell(ChangeKind.INCIDENT_LEFT, story, state, command)
    return None


def _tell(
    kind: ChangeKind, story: Story, state: CaseState, command: CaseCommand, **more: Any
) -> None:
    story.tell(
        kind,
        command.actor,
        state.status,
        command_id=command.command_id,
        note=command.note,
        reason=command.reason,
        incident_id=command.other,
        incident=command.incident,
        **more,
    )


def reach_level(story: Story, policies: Policies) -> None:
    """Raise an open case to the level of its incident: when it joins, when the incident becomes
    graver, and when it is taken up again, unless a person who knew that level judged otherwise."""
    before, state = story.before, story.state
    if state is None or not story.events or state.status in ANSWERED:
        return
    level = state.incident_level
    if level is None or level <= state.level:
        return
    is_graver = level > ((before.incident_level if before else None) or 0)
    is_again = any(event.kind is ChangeKind.REOPENED for event in story.events)
    is_judged = state.reviewed is not None and level <= state.reviewed.covers
    if not is_graver and (is_judged or not is_again):
        return
    story.tell(
        ChangeKind.LEVEL_RAISED,
        SYSTEM,
        state.status,
        level=level,
        level_policy=_policy_of(story),
        reason=f"{OF_INCIDENT}{state.incident_id}",
        **team_for(story, state, level, policies),
    )


def _policy_of(story: Story) -> str | None:
    """Return the version by which the incident has its level, where what happened now says it; a
    case that is taken up again heard of it in an earlier change."""
    links = (event.incident for event in reversed(story.events))
    return next((link.policy for link in links if link is not None), None)
