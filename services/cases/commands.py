"""What a command does to a case, and how it is settled. Pure."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseCommand, CaseState, CommandSettled
from schemas.handling import MOST_MINOR, RecordEntry
from schemas.since import ChangeSince
from schemas.vocabulary import CaseStatus, CommandKind, Refusal, Settlement
from services.cases import (
    answers,
    appeals,
    clock_commands,
    correcting,
    incidents,
    merged,
    merging,
    money,
    payer,
    tasks,
)
from services.cases.choosing import handover
from services.cases.guards import Refused, refusal
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story

SINCE: Final = 20
"""Changes that a stale command is told of, at most: the newest."""


def command_digest(command: CaseCommand) -> str:
    """Return what identifies the command's meaning: equal for two sendings of one command."""
    content = command.model_dump_json(exclude={"issued_at"}, exclude_none=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def command_events(
    state: CaseState | None,
    command: CaseCommand,
    policies: Policies,
    now: datetime,
    recent: Sequence[ChangeSince] = (),
) -> tuple[Story, CommandSettled]:
    """Return what ``command`` does to the case, and how it is settled.

    ``recent`` are the newest changes, in order: who knows the case only as it was before
    them is told of them.
    """
    accepted_at, whose = min(command.issued_at, now), command.on_behalf_of
    story = Story(command.tenant, command.case_id, state, now, accepted_at, whose)
    if state is None:
        refused: Refused | None = Refused(Refusal.NO_SUCH_CASE, "there is no such case")
        if command.kind is CommandKind.OPEN_APPEAL:
            refused = appeals.open_appeal(story, command, policies)
        elif command.kind is CommandKind.ABSORB and command.merge is not None:
            refused = merging.absorb(story, state, command, policies)
    else:
        refused = refusal(state, command, policies) or _act(story, state, command, policies, now)
    if refused is None:
        return story, settled(command, story.state, now)
    since: Sequence[ChangeSince] | None = None
    if refused.word is Refusal.STALE:
        seen = command.expected_seq or 0
        since = [change for change in recent if change.seq > seen][-SINCE:]
    return story, settled(command, story.state, now, *refused, since=since)


def _act(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    if command.kind in _ON_MONEY:
        return _ON_MONEY[command.kind](story, state, command, policies)
    act = _ACTS.get(command.kind)
    if act is not None:
        return act(story, state, command, policies, now)
    return _plain(story, state, command, policies, now)


def _plain(
    story: Story,
    state: CaseState,
    command: CaseCommand,
    policies: Policies,
    now: datetime,
    **more: Any,
) -> Refused | None:
    """Do what the life cycle says, and nothing else."""
    move = policies.lifecycle.commands[command.kind]
    status = move.leads_to(state.status)
    fields: dict[str, Any] = {
        "command_id": command.command_id,
        "assignee": command.assignee,
        "note": command.note,
        "reason": command.reason,
        "waiting_for": command.waiting_for if move.to is CaseStatus.WAITING else None,
        "stations": command.stations if command.actor == SYSTEM else None,
        "appeal": appeals.news_of_it(state, command),
        "aftercare": answers.after_command(state, status, policies, now),
    }
    story.tell(move.event, command.actor, status, **(fields | more))
    return None


def _transfer(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Give the case to another unit. One of ours leads from now on; for one of somebody else's
    we stay answerable, and our team keeps the case."""
    kind, _, name = (command.unit or "").partition(":")
    if kind != "team":
        return _plain(story, state, command, policies, now, unit=command.unit)
    if name not in policies.teams.teams:
        return Refused(Refusal.INVALID_FIELD, f"unit: there is no team {name}")
    if name == state.team:
        return Refused(Refusal.INVALID_FIELD, f"unit: {name} has the case already")
    taken = handover(story, state, name, policies)
    return _plain(story, state, command, policies, now, unit=command.unit, **taken)


def _wait(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Wait for somebody, unless the case did so all too often."""
    refused = clock_commands.too_many_waits(state)
    return refused or _plain(story, state, command, policies, now)


def _record(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Add to the record."""
    entry = command.entry
    assert entry is not None
    given = [name for name in RecordEntry.model_fields if getattr(entry, name) is not None]
    if len(given) != 1:
        known = ", ".join(RecordEntry.model_fields)
        return Refused(Refusal.INVALID_FIELD, f"entry: must hold exactly one of {known}")
    cost = entry.cost
    if cost is not None and cost.money is None and cost.minutes is None:
        return Refused(Refusal.INVALID_FIELD, "entry.cost: needs money or minutes")
    currency = policies.approval_of(state).currency
    if cost is not None and cost.money is not None:
        before = state.record.cost.minor if state.record and state.record.cost else 0
        if cost.money.currency != currency:
            return Refused(Refusal.INVALID_FIELD, f"entry.cost.money: must be in {currency}")
        if before + cost.money.minor > MOST_MINOR:
            return Refused(Refusal.INVALID_FIELD, "entry.cost.money: more than a record can hold")
    return _plain(story, state, command, policies, now, entry=entry)


def _appeal_again(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    return Refused(Refusal.ALREADY_DECIDED, "the case is open already")


def _absorb(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    return merging.absorb(story, state, command, policies)


def _dismiss(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Remember that another case is another matter."""
    if command.other in state.dismissed:
        return Refused(Refusal.ALREADY_DECIDED, "this suggestion was dismissed before")
    if command.other == state.case_id:
        return Refused(Refusal.INVALID_FIELD, "other: a case is the same matter as itself")
    return _plain(story, state, command, policies, now, other=command.other)


def _follow_up(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Do what is due: about a payment that the payer does not answer, about an offer to merge, else
    after the answer."""
    if payer.is_answer_late(state, now):
        return payer.note_unanswered(story, state, command)
    if any(offer.ask_again_at <= now for offer in state.offers):
        return merging.ask_again(story, state, command, policies, now)
    return answers.follow_up(story, state, command, policies, now)


_Act = Callable[[Story, CaseState, CaseCommand, Policies, datetime], Refused | None]
_ACTS: Final[dict[CommandKind, _Act]] = {
    CommandKind.TRANSFER: _transfer,
    CommandKind.WAIT: _wait,
    CommandKind.EXTEND: clock_commands.extend,
    CommandKind.REBASE: clock_commands.rebase,
    CommandKind.RECORD: _record,
    CommandKind.APPEAL: appeals.appeal,
    CommandKind.OPEN_APPEAL: _appeal_again,
    CommandKind.RATE: answers.rate,
    CommandKind.FOLLOW_UP: _follow_up,
    CommandKind.ANONYMISE: answers.anonymise,
    CommandKind.HOLD: answers.set_hold,
    CommandKind.RELEASE: answers.set_hold,
    CommandKind.MERGE: merging.merge,
    CommandKind.UNMERGE: merging.unmerge,
    CommandKind.ABSORB: _absorb,
    CommandKind.ANSWER_MERGE: merging.take_answer,
    CommandKind.DETACH: merging.detach,
    CommandKind.TELL_HEAD: merged.take_from_child,
    CommandKind.TELL_MERGED: merged.take_from_head,
    CommandKind.JOIN_INCIDENT: incidents.join,
    CommandKind.TELL_INCIDENT_LEVEL: incidents.take_level,
    CommandKind.TELL_INCIDENT_NEWS: incidents.take_news,
    CommandKind.LEAVE_INCIDENT: incidents.leave,
    CommandKind.DISMISS_SUGGESTION: _dismiss,
    CommandKind.CORRECT: correcting.correct,
    CommandKind.GIVE_TASK: tasks.give_task,
    CommandKind.FINISH_TASK: tasks.end_task,
    CommandKind.WITHDRAW_TASK: tasks.end_task,
}
_ON_MONEY: Final = {
    CommandKind.COMPENSATE: money.compensate,
    CommandKind.APPROVE_COMPENSATION: money.approve,
    CommandKind.REFUSE_COMPENSATION: money.refuse,
    CommandKind.SETTLE_PAYMENT: payer.settle_payment,
}


def settled(
    command: CaseCommand,
    state: CaseState | None,
    now: datetime,
    refusal: Refusal | None = None,
    explanation: str | None = None,
    since: Sequence[ChangeSince] | None = None,
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
        since=None if since is None else tuple(since),
        merged_into=state.merged_into if state and refusal is Refusal.MERGED_INTO else None,
    )
