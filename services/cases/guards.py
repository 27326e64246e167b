"""Whether the life cycle lets a command through. Pure.

The order of the questions is the order of the answers: who asks for something stale hears
that, not that a field is missing.
"""

from datetime import datetime
from typing import Final, NamedTuple

from schemas.cases import CaseCommand, CaseState
from schemas.vocabulary import CommandKind, Refusal
from services.cases.choosing import why_barred
from services.cases.policies import Policies
from services.cases.story import SYSTEM
from services.domain.lifecycle import Move
from services.domain.merging import gravest

_LODGED: Final = frozenset({CommandKind.APPEAL, CommandKind.OPEN_APPEAL})
"""Of these alone ``lodged_at`` is believed: elsewhere it would turn back the window's clock."""


class Refused(NamedTuple):
    """Why not: a word for programs, a sentence for people (field, rule, what to do)."""

    word: Refusal
    explanation: str


def refusal(state: CaseState, command: CaseCommand, policies: Policies) -> Refused | None:
    """Return why ``command`` cannot be, by the guards of the life cycle; None when it can."""
    if state.merged_into is not None and policies.merging.is_redirected(command):
        return Refused(
            Refusal.MERGED_INTO,
            f"this case is merged into {state.merged_into}: act on that one, or unmerge this one "
            "there first",
        )
    if command.expected_seq is not None and command.expected_seq != state.seq:
        return Refused(
            Refusal.STALE,
            f"the case has changed: it stands at {state.seq}, not {command.expected_seq}; "
            "look at what happened since, and decide again",
        )
    move = policies.lifecycle.commands[command.kind]
    return (
        _by_status(state, command, move)
        or _by_fields(command, move)
        or _by_actor(state, command, move, policies)
        or _by_window(state, command, move, policies)
        or _by_interest(state, command, policies)
    )


def _by_status(state: CaseState, command: CaseCommand, move: Move) -> Refused | None:
    if state.status in move.allowed_from:
        return None
    allowed = ", ".join(sorted(move.allowed_from))
    return Refused(
        Refusal.NOT_ALLOWED_NOW,
        f"{command.kind} is not possible while the case is {state.status}; only: {allowed}"[:400],
    )


def _by_fields(command: CaseCommand, move: Move) -> Refused | None:
    if command.lodged_at is not None and command.kind not in _LODGED:
        why = (
            f"lodged_at: only an appeal is lodged; {command.kind} counts from when it is asked for"
        )
        return Refused(Refusal.INVALID_FIELD, why)
    for field in move.needs:
        if getattr(command, field) is None:
            return Refused(Refusal.MISSING_FIELD, f"{command.kind} needs {field}")
    if move.reasons and command.reason not in move.reasons:
        hint = "; a matter of somebody else's is transferred" if command.kind == "reject" else ""
        allowed = ", ".join(move.reasons)
        return Refused(Refusal.INVALID_FIELD, f"reason: must be one of {allowed}{hint}")
    return None


def _by_actor(
    state: CaseState, command: CaseCommand, move: Move, policies: Policies
) -> Refused | None:
    if move.by and command.actor.partition(":")[0] not in move.by:
        who = " or ".join(move.by)
        return Refused(Refusal.NOT_PERMITTED, f"actor: {command.kind} is for {who} only")
    team = None if command.actor == SYSTEM else move.rank_for(gravest(state))
    if team is None or policies.teams.has_rank(command.actor, team):
        return None
    return Refused(
        Refusal.NOT_PERMITTED,
        f"actor: at level {gravest(state)} {command.kind} is for {team} or a team above it",
    )


def _by_window(
    state: CaseState, command: CaseCommand, move: Move, policies: Policies
) -> Refused | None:
    """Ask when the command was given, not when it is read: nobody's right ends in a queue."""
    until = window_end(state, move)
    if until is None or asked_at(state, command) <= until:
        return None
    if move.late_by and policies.teams.has_rank(command.actor, move.late_by):
        return None
    late = f"; {move.late_by} and the teams above it may still" if move.late_by else ""
    return Refused(
        Refusal.WINDOW_OVER,
        f"{command.kind} was possible until {until.isoformat()}{late}; "
        "the customer may turn to the regulator",
    )


def _by_interest(state: CaseState, command: CaseCommand, policies: Policies) -> Refused | None:
    """No clerk gives a case to those alone whom it is about."""
    why = why_barred(state, command, policies)
    return None if why is None else Refused(Refusal.CONFLICT_OF_INTEREST, why)


def asked_at(state: CaseState, command: CaseCommand) -> datetime:
    """Return when the customer asked for what a command does, which may be long before somebody
    typed it: what an appeal says, else when the contact came that it names, if that came after
    the answer."""
    if command.lodged_at is not None and command.kind in _LODGED:
        return min(command.lodged_at, command.issued_at)
    answered, contact = state.resolved_at, command.contact
    if answered and contact and answered < contact.received_at < command.issued_at:
        return contact.received_at
    return command.issued_at


def window_end(state: CaseState, move: Move) -> datetime | None:
    """Return the end of the window that ``move`` falls into; None where there is no end."""
    care = state.aftercare
    if care is None or move.within is None:
        return None
    return care.reopen_until if move.within == "reopen" else care.appeal_until
