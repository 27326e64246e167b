"""What a contact or a command does to a case. Pure: state and input in, events out.

:func:`evolve` is the only place that changes a state, and it needs nothing but the event, so
that a case can be rebuilt from its events.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseChanged, CaseCommand, CaseState, CommandSettled, ContactAdded
from schemas.contacts import ContactDeduplicated
from schemas.vocabulary import CaseStatus, ChangeKind, Refusal, Relation, Settlement
from services.cases.lifecycle import Lifecycle

SYSTEM: Final = "system"
CUSTOMER: Final = "customer"


def evolve(state: CaseState | None, event: CaseChanged) -> CaseState:
    """Return the state after ``event``.

    Raises:
        ValueError: the event does not follow the state (a gap, or a first event that opens
            nothing).
    """
    if event.seq != (state.seq if state else 0) + 1:
        raise ValueError(f"event {event.seq} cannot follow {state.seq if state else 0}")
    if state is None:
        return _open(event)
    changes: dict[str, Any] = {
        "seq": event.seq,
        "status": event.status,
        "updated_at": max(state.updated_at, event.at),
    }
    change = _CHANGES.get(event.kind)
    if change is not None:
        changes |= change(state, event)
    return state.model_copy(update=changes)


def _open(event: CaseChanged) -> CaseState:
    contact = event.contact
    if contact is None:
        raise ValueError("the first event of a case must be its opening by a contact")
    return CaseState(
        tenant=event.tenant,
        case_id=event.case_id,
        seq=event.seq,
        status=event.status,
        opened_at=contact.received_at,
        updated_at=event.at,
        first_contact_id=contact.contact_id,
        last_contact_at=contact.received_at,
        channel=contact.channel,
        contacts=1,
        complainants=1 + (contact.relation is Relation.SECOND_COMPLAINANT),
        waybill_index=contact.waybill_index,
    )


def _add_contact(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    contact = event.contact
    if contact is None:
        raise ValueError("contact_added without a contact")
    changes: dict[str, Any] = {
        "contacts": state.contacts + 1,
        "complainants": state.complainants + (contact.relation is Relation.SECOND_COMPLAINANT),
        "last_contact_at": max(state.last_contact_at, contact.received_at),
        "waybill_index": state.waybill_index or contact.waybill_index,
    }
    if contact.received_at < state.opened_at:
        # The earliest contact begins the case, whichever arrived here first.
        changes |= {
            "opened_at": contact.received_at,
            "first_contact_id": contact.contact_id,
            "channel": contact.channel,
        }
    return changes


_CHANGES: Final[dict[ChangeKind, Callable[[CaseState, CaseChanged], dict[str, Any]]]] = {
    ChangeKind.CONTACT_ADDED: _add_contact,
    ChangeKind.ACKNOWLEDGED: lambda state, event: {
        "acknowledged_at": state.acknowledged_at or event.at
    },
    ChangeKind.ASSIGNED: lambda state, event: {"assignee": event.assignee},
    ChangeKind.RESOLVED: lambda state, event: {"resolved_at": event.at},
    ChangeKind.CLOSED: lambda state, event: {"closed_at": event.at},
    ChangeKind.REOPENED: lambda state, event: {
        "reopened": state.reopened + 1,
        "resolved_at": None,
        "closed_at": None,
    },
}


def contact_events(
    state: CaseState | None, record: ContactDeduplicated, lifecycle: Lifecycle, now: datetime
) -> list[CaseChanged]:
    """Return what ``record`` does to the case: opens it, is added, perhaps reopens it."""
    contact = record.contact
    added = ContactAdded(
        contact_id=contact.contact_id,
        relation=record.relation,
        channel=contact.channel,
        received_at=contact.received_at,
        person=contact.person,
        waybill_index=record.waybill_index,
    )
    first = CaseChanged(
        tenant=record.tenant,
        case_id=record.case_id,
        seq=1 if state is None else state.seq + 1,
        at=now,
        kind=ChangeKind.OPENED if state is None else ChangeKind.CONTACT_ADDED,
        actor=CUSTOMER,
        status=CaseStatus.RECEIVED if state is None else state.status,
        contact=added,
    )
    if state is None or state.status not in lifecycle.contact_reopens:
        return [first]
    reopened = CaseChanged(
        tenant=record.tenant,
        case_id=record.case_id,
        seq=first.seq + 1,
        at=now,
        kind=ChangeKind.REOPENED,
        actor=SYSTEM,
        status=CaseStatus.REOPENED,
        reason="contact_after_answer",
    )
    return [first, reopened]


def command_digest(command: CaseCommand) -> str:
    """Return what identifies the command's meaning: equal for two sendings of one command."""
    content = command.model_dump_json(exclude={"issued_at"}, exclude_none=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def command_events(
    state: CaseState | None, command: CaseCommand, lifecycle: Lifecycle, now: datetime
) -> tuple[list[CaseChanged], CommandSettled]:
    """Return what ``command`` does to the case, and how it is settled."""
    refusal = _refusal(state, command, lifecycle)
    if refusal is not None or state is None:
        word, explanation = refusal or (Refusal.NO_SUCH_CASE, "there is no such case")
        return [], settled(command, state, now, word, explanation)
    move = lifecycle.commands[command.kind]
    event = CaseChanged(
        tenant=command.tenant,
        case_id=command.case_id,
        seq=state.seq + 1,
        at=now,
        kind=move.event,
        actor=command.actor,
        status=move.leads_to(state.status),
        command_id=command.command_id,
        assignee=command.assignee,
        note=command.note,
    )
    return [event], settled(command, evolve(state, event), now)


def _refusal(
    state: CaseState | None, command: CaseCommand, lifecycle: Lifecycle
) -> tuple[Refusal, str] | None:
    if state is None:
        return Refusal.NO_SUCH_CASE, "there is no such case"
    if command.expected_seq is not None and command.expected_seq != state.seq:
        return (
            Refusal.STALE,
            f"the case has changed: it stands at {state.seq}, not {command.expected_seq}",
        )
    move = lifecycle.commands[command.kind]
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
