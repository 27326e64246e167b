"""What a contact or a command does to a case. Pure: state and input in, events out."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from schemas.cases import CaseCommand, CaseState, CommandSettled, ContactAdded
from schemas.routes import ContactRouted
from schemas.vocabulary import (
    CaseStatus,
    ChangeKind,
    Refusal,
    Settlement,
)
from services.cases.policies import Policies
from services.cases.story import CUSTOMER, SYSTEM, Story, handover, person_for

_DONE: Final = frozenset({CaseStatus.RESOLVED, CaseStatus.CLOSED})


def contact_events(
    state: CaseState | None, routed: ContactRouted, policies: Policies, now: datetime
) -> Story:
    """Return what ``routed`` does to the case: opens it or is added, perhaps reopens it, perhaps
    raises its level."""
    story = Story(routed.tenant, routed.case_id, state, now)
    score, destination = routed.scored.score, routed.destination
    added = _added(routed)
    if state is None:
        story.tell(
            ChangeKind.OPENED,
            CUSTOMER,
            CaseStatus.RECEIVED,
            contact=added,
            score=score,
            path=destination.path,
            routing=destination.policy,
            level=score.level,
            askings=1,
            team=destination.team,
            inform=destination.inform,
            assignee=person_for(routed.tenant, routed.case_id, destination.team, policies),
        )
        return story
    askings = state.askings + _asks_again(state, added, policies)
    after = story.tell(
        ChangeKind.CONTACT_ADDED,
        CUSTOMER,
        state.status,
        contact=added,
        score=score,
        path=destination.path,
        routing=destination.policy,
        askings=askings,
    )
    if after.status in policies.lifecycle.contact_reopens:
        after = story.tell(
            ChangeKind.REOPENED, SYSTEM, CaseStatus.REOPENED, reason="contact_after_answer"
        )
    _raise_level(story, after, routed, policies)
    return story


def _added(routed: ContactRouted) -> ContactAdded:
    decision = routed.scored.deduplicated
    contact = decision.contact
    return ContactAdded(
        contact_id=contact.contact_id,
        relation=decision.relation,
        channel=contact.channel,
        received_at=contact.received_at,
        person=contact.person,
        waybill_index=decision.waybill_index,
    )


def _asks_again(state: CaseState, added: ContactAdded, policies: Policies) -> int:
    rule = policies.levels.asked_again
    apart = timedelta(minutes=rule.same_asking_minutes)
    is_later = added.received_at - state.last_contact_at > apart
    return int(is_later and added.relation in rule.relations and state.status not in _DONE)


def _raise_level(story: Story, state: CaseState, routed: ContactRouted, policies: Policies) -> None:
    """Raise the case to the gravest of its contacts and to what asking again reaches."""
    score = routed.scored.score
    by_asking = policies.levels.asked_again.level_of(state.askings)
    level = max(score.level, by_asking)
    if level <= state.level:
        return
    if score.level == level:
        reason = "graver_contact"
        team: str | None = routed.destination.team
        if team is not None and policies.teams.is_above(state.team or "", team):
            team = state.team  # a graver contact never moves a case down the ladder
    else:
        team, reason = _team_for(level, state, policies), "asked_again"
    story.tell(
        ChangeKind.LEVEL_RAISED,
        SYSTEM,
        state.status,
        level=level,
        reason=reason,
        **handover(state, team, policies),
    )


def _team_for(level: int, state: CaseState, policies: Policies) -> str | None:
    team = policies.teams.team_of_level.get(level)
    if team is None or not policies.teams.is_above(team, state.team):
        return state.team
    return team


def command_digest(command: CaseCommand) -> str:
    """Return what identifies the command's meaning: equal for two sendings of one command."""
    content = command.model_dump_json(exclude={"issued_at"}, exclude_none=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def command_events(
    state: CaseState | None, command: CaseCommand, policies: Policies, now: datetime
) -> tuple[Story, CommandSettled]:
    """Return what ``command`` does to the case, and how it is settled."""
    story = Story(command.tenant, command.case_id, state, now)
    refusal = _refusal(state, command, policies)
    if refusal is not None or state is None:
        word, explanation = refusal or (Refusal.NO_SUCH_CASE, "there is no such case")
        return story, settled(command, state, now, word, explanation)
    move = policies.lifecycle.commands[command.kind]
    after = story.tell(
        move.event,
        command.actor,
        move.leads_to(state.status),
        command_id=command.command_id,
        assignee=command.assignee,
        note=command.note,
    )
    return story, settled(command, after, now)


def _refusal(
    state: CaseState | None, command: CaseCommand, policies: Policies
) -> tuple[Refusal, str] | None:
    if state is None:
        return Refusal.NO_SUCH_CASE, "there is no such case"
    if command.expected_seq is not None and command.expected_seq != state.seq:
        return (
            Refusal.STALE,
            f"the case has changed: it stands at {state.seq}, not {command.expected_seq}",
        )
    move = policies.lifecycle.commands.get(command.kind)
    if move is None:
        return Refusal.NOT_ALLOWED_NOW, f"{command.kind} is no part of this life cycle"
    if state.status not in move.allowed_from:
        allowed = ", ".join(sorted(move.allowed_from))
        return (
            Refusal.NOT_ALLOWED_NOW,
            f"{command.kind} is not possible while the case is {state.status}; only: {allowed}",
        )
    for field in move.needs:
        if getattr(command, field) is None:
            return Refusal.NOT_ALLOWED_NOW, f"{command.kind} needs {field}"
    return None


def settled(
    command: CaseCommand,
    state: CaseState | None,
    now: datetime,
    refusal: Refusal | None = None,
    explanation: str | None = None,
) -> CommandSettled:
    """Return the outcome of ``command``; ``state`` is the case after it."""
    return CommandSettled(
        tenant=command.tenant,
        case_id=command.case_id,
        command_id=command.command_id,
        kind=command.kind,
        settlement=Settlement.ACCEPTED if refusal is None else Settlement.REJECTED,
        refusal=refusal,
        explanation=explanation,
        seq=state.seq if state else 0,
        status=state.status if state else None,
        at=now,
    )
