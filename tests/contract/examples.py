"""Rows, claims and log entries of which a test names only what it is about."""

from dataclasses import replace
from typing import Any

from schemas.cases import CaseChanged, CaseState, CommandSettled
from schemas.codec import encode
from schemas.contacts import ContactDeduplicated
from schemas.keys import case_key
from schemas.vocabulary import CaseStatus, ChangeKind, Channel, CommandKind, Settlement
from services.domain.case_store import LogEntry, LoggedEvent, LoggedSettlement, Projection
from services.domain.dedup_store import Absorbed, Claim, ContactRow
from tests.support.builders import TENANT, a_contact, a_deduplicated, at

CASE = "C1"
KEY = case_key(TENANT, CASE).decode()


def a_row(name: str = "contact-1", **changes: Any) -> ContactRow:
    """Return the decision about the contact ``name``, produced from a record that fits it."""
    fields: dict[str, Any] = {
        "key": f"{TENANT}|{name}",
        "tenant": TENANT,
        "contact_id": name,
        "source": f"topic-id:0:{sum(name.encode())}",
        "digest": "digest",
        "case_id": CASE,
        "relation": "new",
        "person": "k1.PERSON",
        "received_at": at(microseconds=123457),
        "tracking": f"CODE-{name}",
        "grams": (7, 2**32 - 1),
        "out": b'{"as": "produced"}',
    }
    row = ContactRow(**(fields | changes))
    return row if "lookups" in changes else replace(row, lookups=row.persons)


def a_row_of(record: ContactDeduplicated, **changes: Any) -> ContactRow:
    """Return the row that holds ``record``."""
    contact = record.contact
    fields: dict[str, Any] = {
        "key": f"{contact.tenant}|{contact.contact_id}",
        "tenant": contact.tenant,
        "contact_id": contact.contact_id,
        "case_id": record.case_id,
        "person": contact.person,
        "received_at": contact.received_at,
        "tracking": contact.tracking,
        "out": encode(record),
    }
    return a_row(**(fields | changes))


def a_deduplicated_contact(name: str, **changes: Any) -> ContactDeduplicated:
    """Return the contact ``name`` as dedup passes it on, in :data:`CASE` unless told."""
    case_id = changes.pop("case_id", CASE)
    return a_deduplicated(a_contact(name, **changes), case_id=case_id)


def a_claim(key: str = "waybill|1", **changes: Any) -> Claim:
    fields: dict[str, Any] = {
        "key": key,
        "case_id": CASE,
        "contact_id": "contact-1",
        "person": "k1.PERSON",
        "at": at(microseconds=123457),
    }
    return Claim(**(fields | changes))


def an_absorbed(source: str, rule: str = "resubmission") -> Absorbed:
    return Absorbed(source, f"{TENANT}|contact-1", "topic-id:0:1", rule, at(minutes=1))


def an_entry(n: int = 1, *, case: str = KEY, **changes: Any) -> LogEntry:
    """Return entry ``n``, caused by one source of its own unless told."""
    sources = changes.pop("sources", (f"topic-id:0:{n}",))
    fields: dict[str, Any] = {
        "case_key": case,
        "n": n,
        "at": at(microseconds=123457),
        "sources": sources,
        "events": (LoggedEvent(n, sources[0], f"event {n}".encode()),) if sources else (),
    }
    return LogEntry(**(fields | changes))


def a_state(seq: int = 1, **changes: Any) -> CaseState:
    fields: dict[str, Any] = {
        "tenant": TENANT,
        "case_id": CASE,
        "seq": seq,
        "status": CaseStatus.RECEIVED,
        "opened_at": at(microseconds=1),
        "updated_at": at(minutes=seq, microseconds=999_999),
        "first_contact_id": "contact-1",
        "last_contact_at": at(microseconds=123457),
        "channel": Channel.PHONE,
        "contacts": 1,
        "complainants": 1,
    }
    return CaseState(**(fields | changes))


def a_projection(n: int = 1, *, case: str = KEY, **changes: Any) -> Projection:
    fields: dict[str, Any] = {
        "case_key": case,
        "n": n,
        "tip": (f"topic-id:0:{n}",),
        "state": a_state(n, case_id=case.partition("|")[2]),
    }
    return Projection(**(fields | changes))


def a_change(seq: int) -> CaseChanged:
    return CaseChanged(
        tenant=TENANT,
        case_id=CASE,
        seq=seq,
        at=at(minutes=seq),
        kind=ChangeKind.NOTED,
        actor="clerk:7",
        status=CaseStatus.RECEIVED,
        note=f"note {seq}",
    )


def an_entry_of_changes(n: int, *seqs: int) -> LogEntry:
    """Return entry ``n`` with real changes numbered ``seqs``."""
    events = tuple(LoggedEvent(seq, f"topic-id:0:{seq}", encode(a_change(seq))) for seq in seqs)
    return an_entry(n, sources=tuple(event.source for event in events), events=events)


def a_settled(command_id: str, seq: int = 1) -> CommandSettled:
    return CommandSettled(
        tenant=TENANT,
        case_id=CASE,
        command_id=command_id,
        kind=CommandKind.NOTE,
        settlement=Settlement.ACCEPTED,
        seq=seq,
        at=at(minutes=1),
    )


def a_logged_settlement(settled: CommandSettled, source: str) -> LoggedSettlement:
    return LoggedSettlement(settled.command_id, source, "digest", encode(settled))
