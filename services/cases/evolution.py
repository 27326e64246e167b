"""From event to state: the only place that changes a case. Pure, and free of policies.

It needs nothing but the event, so a case can be rebuilt from its events whatever the policies
of the day were.
"""

from collections.abc import Callable
from typing import Any, Final

from schemas.cases import CaseChanged, CaseState
from schemas.vocabulary import ChangeKind, Relation

MAX_FIRED: Final = 24
"""Clock stages remembered; those of earlier runs are forgotten first."""


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
    if event.level is not None:
        changes["level"] = event.level
    if event.team is not None:
        changes["team"] = event.team
    if event.assignee is not None:
        changes["assignee"] = event.assignee
    change = _CHANGES.get(event.kind)
    if change is not None:
        changes |= change(state, event)
    return state.model_copy(update=changes)


def _open(event: CaseChanged) -> CaseState:
    contact = event.contact
    if contact is None:
        raise ValueError("the first event of a case must be its opening by a contact")
    judged: dict[str, Any] = {}
    if event.score is not None:
        score = event.score
        judged = {
            "category": score.category,
            "nature": score.nature,
            "cause": score.cause,
            "unsure": score.unsure,
        }
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
        level=event.level or 1,
        askings=event.askings or 1,
        team=event.team,
        assignee=event.assignee,
        **judged,
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
        "askings": event.askings or state.askings,
    }
    if contact.received_at < state.opened_at:
        # The earliest contact begins the case, whichever arrived here first.
        changes |= {
            "opened_at": contact.received_at,
            "first_contact_id": contact.contact_id,
            "channel": contact.channel,
        }
    # The category is that of the gravest contact; among equals the first one's stands.
    if event.score is not None and event.score.level > state.level:
        score = event.score
        changes |= {
            "category": score.category,
            "nature": score.nature,
            "cause": score.cause,
            "unsure": score.unsure,
        }
    return changes


def _fire(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    if event.stage is None or event.stage in state.fired:
        return {}
    return {"fired": (*state.fired, event.stage)[-MAX_FIRED:]}


_CHANGES: Final[dict[ChangeKind, Callable[[CaseState, CaseChanged], dict[str, Any]]]] = {
    ChangeKind.CONTACT_ADDED: _add_contact,
    ChangeKind.ACKNOWLEDGED: lambda state, event: {
        "acknowledged_at": state.acknowledged_at or event.at
    },
    ChangeKind.RESOLVED: lambda state, event: {"resolved_at": event.at},
    ChangeKind.CLOSED: lambda state, event: {"closed_at": event.at},
    ChangeKind.REOPENED: lambda state, event: {
        "reopened": state.reopened + 1,
        "reopened_at": event.at,
        "resolved_at": None,
        "closed_at": None,
    },
    ChangeKind.CLOCK_WARNED: _fire,
    ChangeKind.CLOCK_BREACHED: _fire,
    ChangeKind.ESCALATED: _fire,
}
