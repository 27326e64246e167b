"""Records with sensible contents, of which a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from schemas.cases import CaseCommand
from schemas.clocks import ClockFired
from schemas.contacts import ContactDeduplicated, ContactReceived, Facts, Role
from schemas.notice_words import NoticeChannel, NoticeKind, NoticeState
from schemas.notices import NoticeSettled
from schemas.personal import KeyRing, Personal, Sealed
from schemas.routes import ContactRouted, Destination
from schemas.scores import ContactScored, Score
from schemas.vocabulary import (
    Category,
    Cause,
    Channel,
    ClockName,
    ClockStage,
    CommandKind,
    Nature,
    Relation,
)
from services.domain import identity
from services.domain.vault import Vault

KEYS = KeyRing({"k1": bytes(range(32))}, "k1")
VAULT = Vault({"k1": bytes(range(32, 64))})
ELAPSED = Path(__file__).parent / "policies" / "elapsed.yaml"
"""Time limits in hours that pass, for tests that reckon by hand."""
TENANT = "default"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at(**offset: float) -> datetime:
    """Return noon of the day in which tests play, moved by ``offset`` (``minutes=5``)."""
    return NOON + timedelta(**offset)


def sealed(personal: Personal, tenant: str = TENANT) -> Sealed:
    """Return who somebody is, under the keys of tests."""
    return VAULT.seal(tenant, personal)


def a_contact(name: str = "contact-1", **changes: Any) -> ContactReceived:
    """Return the contact that the idempotency key ``name`` gives.

    Fields of the record and of its facts are changed by name; ``customer`` sets the person
    and the sealed part together.
    """
    tenant = changes.pop("tenant", TENANT)
    contact_id = identity.contact_id_of(KEYS, tenant, name)
    facts = {"waybill": "SF1300000000001", "role": Role.RECEIVER}
    facts |= {field: changes.pop(field) for field in Facts.model_fields if field in changes}
    customer = changes.pop("customer", "cust-1")
    received_at = changes.pop("received_at", NOON)
    fields: dict[str, Any] = {
        "tenant": tenant,
        "contact_id": contact_id,
        "received_at": received_at,
        "accepted_at": received_at,
        "channel": Channel.PHONE,
        "text": f"快件一直没到,请查一下 ({name})",
        "facts": Facts(**facts),
        "person": identity.person_index(KEYS, tenant, customer) if customer else None,
        "personal": sealed(Personal(customer=customer), tenant) if customer else None,
        "tracking": identity.tracking_code(KEYS, tenant, contact_id),
    }
    return ContactReceived(**(fields | changes))


def a_new_contact(*name: str, **changes: Any) -> ContactReceived:
    """Return a contact of this moment: of an old one the limits run out one after the other, and
    an audit that looks in between says, rightly, that one passed."""
    return a_contact(*name, received_at=datetime.now(UTC), **changes)


def a_deduplicated(contact: ContactReceived | None = None, **changes: Any) -> ContactDeduplicated:
    """Return ``contact`` as dedup passes it on: opening a case of its own unless told."""
    contact = contact or a_contact()
    fields: dict[str, Any] = {
        "tenant": contact.tenant,
        "case_id": identity.case_id_of(contact.tenant, contact.contact_id),
        "contact": contact,
        "relation": Relation.NEW,
        "policy": "test",
        "decided_at": contact.accepted_at,
    }
    return ContactDeduplicated(**(fields | changes))


def a_command(
    kind: CommandKind | str = CommandKind.ACKNOWLEDGE,
    case_id: str | None = None,
    command_id: str = "command-1",
    **changes: Any,
) -> CaseCommand:
    """Return a command to the case that ``a_contact()`` opens, unless told which."""
    fields: dict[str, Any] = {
        "tenant": TENANT,
        "case_id": case_id or identity.case_id_of(TENANT, a_contact().contact_id),
        "command_id": command_id,
        "kind": CommandKind(kind),
        "actor": "clerk:7",
        "issued_at": at(minutes=10),
    }
    if kind == CommandKind.ASSIGN:
        fields["assignee"] = "clerk:7"
    if kind == CommandKind.NOTE:
        fields["note"] = "Called the station."
    return CaseCommand(**(fields | changes))


def a_score(level: int = 1, **changes: Any) -> Score:
    """Return a judgement: a late parcel of level 1 unless told."""
    fields: dict[str, Any] = {
        "category": Category.DELAY,
        "nature": Nature.SERVICE,
        "cause": Cause.UNKNOWN,
        "level": level,
        "confidence": 0.9,
        "policy": "test",
    }
    return Score(**(fields | changes))


def a_routed(
    deduplicated: ContactDeduplicated | None = None,
    level: int = 1,
    team: str = "front-desk",
    **score: Any,
) -> ContactRouted:
    """Return a contact as ``cases`` receives it."""
    deduplicated = deduplicated or a_deduplicated()
    scored = ContactScored(
        tenant=deduplicated.tenant,
        case_id=deduplicated.case_id,
        deduplicated=deduplicated,
        score=a_score(level, **score),
        scored_at=deduplicated.decided_at,
    )
    return ContactRouted(
        tenant=deduplicated.tenant,
        case_id=deduplicated.case_id,
        scored=scored,
        destination=Destination(team=team, path=("root",), policy="test"),
        routed_at=deduplicated.decided_at,
    )


def a_fired(
    clock: ClockName = ClockName.ACKNOWLEDGEMENT,
    stage: ClockStage = ClockStage.WARN,
    case_id: str | None = None,
    **changes: Any,
) -> ClockFired:
    """Return a fired clock of the case that ``a_contact()`` opens: under the elapsed limits it is
    warned after 18 hours."""
    fields: dict[str, Any] = {
        "tenant": TENANT,
        "case_id": case_id or identity.case_id_of(TENANT, a_contact().contact_id),
        "clock": clock,
        "stage": stage,
        "due_at": at(hours=18),
        "fired_at": at(hours=18),
        "level": 1,
        "case_seq": 1,
        "policy": "test",
    }
    return ClockFired(**(fields | changes))


def a_settled_notice(
    notice_id: str = "N1", state: NoticeState = NoticeState.SENT, attempts: int = 1, epoch: int = 0
) -> NoticeSettled:
    """Return an end of a notice by mail to a complainant."""
    return NoticeSettled(
        tenant=TENANT,
        case_id="C1",
        notice_id=notice_id,
        kind=NoticeKind.RESULT,
        recipient="contact:c1",
        channel=NoticeChannel.EMAIL,
        state=state,
        attempts=attempts,
        epoch=epoch,
        at=NOON,
    )
