"""From event to state: the only place that changes a case. Pure, and free of policies.

It needs nothing but the event, so a case can be rebuilt from its events whatever the policies
of the day were.
"""

from collections.abc import Callable
from typing import Any, Final

from schemas.added import ContactAdded
from schemas.cases import CaseChanged, CaseState
from schemas.handling import RecordSummary
from schemas.judgements import Reviewed
from schemas.routes import Partner
from schemas.scores import Score
from schemas.vocabulary import CaseStatus, ChangeKind, Relation
from services.cases.asked import asked_by, with_asked
from services.cases.links import link_changes
from services.domain.clocks.compact import clocks_after, facts_of, opening
from services.domain.clocks.marks import forget, remember, without_tasks
from services.domain.clocks.stages import clocks_of
from services.domain.compensation.payments import money_after
from services.domain.conflicts import joined
from services.domain.judging import as_machine

MAX_PARTNERS: Final = 8
MAX_DISMISSED: Final = 50


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
    if event.aftercare is not None:
        changes["aftercare"] = event.aftercare
    changes |= _money(state, event)
    if state.waiting_for is not None and event.status is not CaseStatus.WAITING:
        changes["waiting_for"] = None
    changes |= _stations(state, event) | _by_kind(state, event)
    clocks = clocks_after(clocks_of(state), facts_of(state), event)
    changes["clocks"] = clocks
    if event.kind is ChangeKind.TASK_GIVEN:
        carried = {one.number for one in clocks.tasks or ()}
        changes["fired"] = without_tasks(state.fired, carried)
    return state.model_copy(update=changes)


def _money(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    changes = {} if event.compensation is None else money_after(state, event.compensation)
    if event.appeal is not None:
        changes["paid_before"] = event.appeal.payments
    return changes


def _stations(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    named = event.stations
    return {} if named is None else {"stations": joined(state.stations or (), named)}


def _by_kind(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    linked = link_changes(state, event)
    if linked is not None:
        return linked
    change = _CHANGES.get(event.kind)
    return {} if change is None else change(state, event)


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
            "scored": as_machine(score, contact.contact_id, contact.received_at),
        }
    elif event.appeal is not None:
        about = event.appeal
        judged = {"category": about.category, "nature": about.nature, "cause": about.cause}
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
        asked=(asked_by(contact),),
        team=event.team,
        assignee=event.assignee,
        appeal_of=event.appeal.case_id if event.appeal else None,
        paid_before=event.appeal.payments if event.appeal else None,
        partners=event.partners or (),
        stations=event.stations,
        clocks=opening(event)[1],
        **judged,
    )


def _joined(known: tuple[Partner, ...], named: tuple[Partner, ...]) -> tuple[Partner, ...]:
    """Return all partners, each once, as many as a state may carry."""
    operators = {one.operator for one in known}
    return (*known, *(one for one in named if one.operator not in operators))[:MAX_PARTNERS]


def _add_contact(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    contact = event.contact
    if contact is None:
        raise ValueError("contact_added without a contact")
    changes: dict[str, Any] = {
        "contacts": state.contacts + 1,
        "complainants": state.complainants + (contact.relation is Relation.SECOND_COMPLAINANT),
        "last_contact_at": max(state.last_contact_at, contact.received_at),
        "waybill_index": state.waybill_index or contact.waybill_index,
        "partners": _joined(state.partners, event.partners or ()),
    }
    if event.askings is not None:
        changes |= {"askings": event.askings, "asked": with_asked(state, contact)}
    began = (state.opened_at, state.first_contact_id)
    if (contact.received_at, contact.contact_id) < began:
        # The earliest contact begins the case, whichever arrived here first.
        changes |= {
            "opened_at": contact.received_at,
            "first_contact_id": contact.contact_id,
            "channel": contact.channel,
        }
    if event.score is not None and _says_what_it_is(state, event.score, contact):
        changes |= _judged(state, event.score, contact)
    return changes


def _says_what_it_is(state: CaseState, score: Score, contact: ContactAdded) -> bool:
    """Return whether a case is about what this contact says: the gravest does, and among equals
    the earliest, whichever arrived here first. Asking again and an incident raise the case, but
    say nothing of it; above what a person said only what is graver does."""
    before = state.scored
    if state.reviewed is not None or before is None:
        return score.level > state.level
    if score.level != before.level or before.received_at is None:
        return score.level > before.level
    said_at = (before.received_at, before.contact_id)
    return (contact.received_at, contact.contact_id) < said_at


def _judged(state: CaseState, score: Score, contact: ContactAdded) -> dict[str, Any]:
    """What a person said stands, but a person should look again."""
    scored = as_machine(score, contact.contact_id, contact.received_at)
    if state.reviewed is not None:
        return {"unsure": True, "scored": scored}
    return {
        "category": score.category,
        "nature": score.nature,
        "cause": score.cause,
        "unsure": score.unsure,
        "scored": scored,
    }


def _review(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    """What a person said stands from now on, and covers all that was known or claimed so far."""
    review = event.review
    if review is None:
        return {}
    claims = [state.level, review.after.level]
    claims += [one.level for one in (state.scored, review.machine) if one is not None]
    claims += [state.reviewed.covers] if state.reviewed else []
    return {
        "category": review.after.category,
        "nature": review.after.nature,
        "cause": review.after.cause,
        "unsure": False,
        "reviewed": Reviewed(seq=event.seq, at=event.at, covers=max(claims), askings=state.askings),
    }


def _answer(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    return {"resolved_at": event.at, "unit": None}


def _reopen(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    """Take the case up again: what held after its answer holds no more."""
    return {
        "reopened": state.reopened + 1,
        "reopened_at": event.at,
        "resolved_at": None,
        "closed_at": None,
        "archived_at": None,
        "anonymised_at": None,
        "aftercare": None,
        "rating": None,
    }


def _record(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    """Keep what is short of an addition to the record: the newest words, and sums."""
    summary, entry = state.record or RecordSummary(), event.entry
    changes: dict[str, Any] = {"entries": summary.entries + 1}
    if entry is not None and entry.risk is not None:
        changes["risk"] = entry.risk.grade
    if entry is not None and entry.finding is not None:
        found = entry.finding
        changes |= {"outcome": found.outcome, "party": found.party, "liable_unit": found.unit}
    if entry is not None and entry.cost is not None:
        cost = entry.cost
        changes["minutes"] = summary.minutes + (cost.minutes or 0)
        if cost.money is not None:
            before = summary.cost.minor if summary.cost else 0
            changes["cost"] = cost.money.model_copy(update={"minor": before + cost.money.minor})
    return {"record": summary.model_copy(update=changes)}


def _fire(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    return {} if event.stage is None else {"fired": remember(state.fired, event.stage)}


def _retract(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    return {} if event.stage is None else {"fired": forget(state.fired, event.stage)}


def _dismiss(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    if event.other is None:
        return {}
    return {"dismissed": (*state.dismissed, event.other)[-MAX_DISMISSED:]}


def _of_incident(state: CaseState, event: CaseChanged) -> dict[str, Any]:
    if event.kind is ChangeKind.INCIDENT_LEFT:
        return {"incident_id": None, "incident_level": None}
    level = event.incident.level if event.incident else None
    return {"incident_id": event.incident_id, "incident_level": level}


_CHANGES: Final[dict[ChangeKind, Callable[[CaseState, CaseChanged], dict[str, Any]]]] = {
    ChangeKind.CONTACT_ADDED: _add_contact,
    ChangeKind.ACKNOWLEDGED: lambda state, event: {
        "acknowledged_at": state.acknowledged_at or event.at
    },
    ChangeKind.RESOLVED: _answer,
    ChangeKind.REJECTED: _answer,
    ChangeKind.CLOSED: lambda state, event: {"closed_at": event.at},
    ChangeKind.ARCHIVED: lambda state, event: {"archived_at": event.at},
    ChangeKind.REOPENED: _reopen,
    ChangeKind.WAITING_STARTED: lambda state, event: {"waiting_for": event.waiting_for},
    ChangeKind.TRANSFERRED: lambda state, event: {"unit": event.unit},
    ChangeKind.APPEALED: lambda state, event: {"appealed_by": event.appealed_by},
    ChangeKind.RECORDED: _record,
    ChangeKind.RATED: lambda state, event: {"rating": event.rating},
    ChangeKind.LEGAL_HOLD_SET: lambda state, event: {"legal_hold": True},
    ChangeKind.LEGAL_HOLD_RELEASED: lambda state, event: {"legal_hold": False},
    ChangeKind.ANONYMISED: lambda state, event: {"anonymised_at": event.at},
    ChangeKind.CLOCK_WARNED: _fire,
    ChangeKind.CLOCK_BREACHED: _fire,
    ChangeKind.ESCALATED: _fire,
    ChangeKind.BREACH_RETRACTED: _retract,
    ChangeKind.CORRECTED: _review,
    ChangeKind.CONFIRMED: _review,
    ChangeKind.INCIDENT_JOINED: _of_incident,
    ChangeKind.INCIDENT_LEVEL_TOLD: _of_incident,
    ChangeKind.INCIDENT_LEFT: _of_incident,
    ChangeKind.SUGGESTION_DISMISSED: _dismiss,
}
