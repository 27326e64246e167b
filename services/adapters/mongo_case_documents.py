"""Log entries and projections of cases as MongoDB documents, and back."""

from datetime import datetime
from typing import Final

from schemas.cases import CaseState
from schemas.codec import decode, encode
from schemas.vocabulary import CaseStatus
from services.adapters.case_search import holders_asked, urgency_of
from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document
from services.domain.case_store import (
    LogEntry,
    LoggedCommand,
    LoggedEvent,
    LoggedSettlement,
    Projection,
)
from services.domain.compensation.payments import to_look_after
from services.domain.merging import gravest, next_look_at

_ENDED: Final = frozenset(
    {CaseStatus.REJECTED, CaseStatus.CLOSED, CaseStatus.ARCHIVED, CaseStatus.APPEALED}
)
LARGEST_N: Final = 99_999_999
PLAIN_FIELDS: Final = (
    "tenant", "status", "opened_at", "updated_at", "last_contact_at", "channel", "contacts",
    "complainants", "first_contact_id", "waybill_index", "assignee", "acknowledged_at",
    "resolved_at", "closed_at", "reopened", "level", "category", "team", "merged_into",
    "unsure",
)  # fmt: skip
"""What the console may search and people may look at. BSON dates end at the millisecond:
whoever needs a case exactly reads ``value``."""


def entry_id(case_key: str, n: int) -> str:
    """Return the ``_id`` of an entry: sorts like ``n``, unique by (case, n).

    >>> entry_id("t1|CA", 12)
    't1|CA#00000012'

    Raises:
        ValueError: the number has too many digits to sort.
    """
    if not 0 <= n <= LARGEST_N:
        raise ValueError(f"entry number {n} of a case is out of range")
    return f"{case_key}#{n:08}"


def from_entry(entry: LogEntry) -> Document:
    document: Document = {
        "_id": entry_id(entry.case_key, entry.n),
        "case": entry.case_key,
        "n": entry.n,
        "at_us": to_micros(entry.at),
        "marks": [*entry.sources, *entry.tokens],
        "inputs": len(entry.sources),
        "events": [
            {"seq": event.seq, "source": event.source, "value": event.value}
            for event in entry.events
        ],
        "settlements": [
            {
                "command_id": settled.command_id,
                "source": settled.source,
                "digest": settled.digest,
                "value": settled.value,
            }
            for settled in entry.settlements
        ],
    }
    if entry.sent:
        document["sent"] = [{"case_key": one.case_key, "value": one.value} for one in entry.sent]
    if entry.events:
        document["last_seq"] = entry.events[-1].seq
    return document


def to_entry(document: Document) -> LogEntry:
    inputs = document["inputs"]
    return LogEntry(
        case_key=document["case"],
        n=document["n"],
        at=from_micros(document["at_us"]),
        sources=tuple(document["marks"][:inputs]),
        tokens=tuple(document["marks"][inputs:]),
        events=tuple(LoggedEvent(**event) for event in document["events"]),
        settlements=tuple(LoggedSettlement(**settled) for settled in document["settlements"]),
        sent=tuple(LoggedCommand(**one) for one in document.get("sent", ())),
    )


def ended_at(state: CaseState) -> datetime | None:
    """Return when a case was answered for good; None while it may still move by itself, and
    once its personal data are removed."""
    if state.status not in _ENDED or state.anonymised_at is not None:
        return None
    return state.closed_at or state.resolved_at


def from_projection(projection: Projection) -> Document:
    document: Document = {
        "_id": projection.case_key,
        "n": projection.n,
        "tip": list(projection.tip),
    }
    state = projection.state
    if state is not None:
        document["seq"] = state.seq
        for name in PLAIN_FIELDS:
            value = getattr(state, name)
            if value is not None:
                document[name] = str(value) if isinstance(value, str) else value
        # Of the whole matter, as lists show it: who asks for the gravest cases must find them all.
        document["level"] = gravest(state)
        document["urgency"] = urgency_of(state)
        if holders := holders_asked(state):
            document["asked"] = holders
        if to_look_after(state):
            document["left_unpaid"] = True
        for name, at in (
            ("follow_up_at", next_look_at(state)),
            ("ended_at", ended_at(state)),
            ("anonymised_at", state.anonymised_at),
        ):
            if at is not None:
                document[name] = at
        document["value"] = projection.encoded or encode(state)
    return document


def to_projection(document: Document) -> Projection:
    value = document.get("value")
    return Projection(
        document["_id"],
        document["n"],
        tuple(document["tip"]),
        None if value is None else decode(CaseState, value),
    )
