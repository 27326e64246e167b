"""What a message to a customer may tell of. Pure."""

import re
from typing import Any, Final

from schemas.cases import CaseChanged
from schemas.contacts import ContactDeduplicated
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.notices import NoticeRequested
from schemas.vocabulary import ANSWERED, ChangeKind, ClockName
from services.domain.waybill import stated_waybill
from services.sender.local_time import local_time
from services.sender.no_letter import NoLetter

_TOLD: Final = frozenset({ChangeKind.PROPOSED, ChangeKind.EXTENDED, ChangeKind.CUSTOMER_UPDATED})
"""Changes whose note is written to the customer, beside an answer's; of the case, or of the one
that it is merged into."""
_ANSWERED_BY: Final = frozenset({ClockName.STATUTORY, ClockName.RESOLUTION, ClockName.REGULATOR})
"""Clocks by whose end the customer has an answer; what another one is about is our own matter."""

_NUMBER: Final = re.compile(r"(?=(?:.*[0-9]){6})[A-Za-z0-9-]{8,34}")
"""Of a parcel of whatever network."""
_LINKED: Final = frozenset({NoticeChannel.EMAIL, NoticeChannel.WEBHOOK})
"""Channels whose long text has room for one more link."""


def ways_back(notice: NoticeRequested, link: str, answers_by_sms: bool) -> dict[str, Any]:
    """Return how the receiver can refuse more of the kind, never of what is mandatory: by
    ``optout``, a link, and what to ``stop`` it by (a ``word`` sent back, else on the ``page`` of
    the complaint); and whether a digit sent back rates (``digits``)."""
    by_answer = answers_by_sms and notice.channel is NoticeChannel.SMS
    if notice.mandatory:
        return {"optout": "", "stop": "", "digits": by_answer}
    return {
        "optout": link if notice.channel in _LINKED else "",
        "stop": "word" if by_answer else "page",
        "digits": by_answer,
    }


def customer_fields(
    notice: NoticeRequested,
    contact: ContactDeduplicated,
    change: CaseChanged | None,
    public_url: str,
    tracking: str = "",
) -> dict[str, Any]:
    """Return the fields of a notice to a complainant; ``tracking`` is the code that opens what it
    tells of, where that is not the contact's own.

    Raises:
        NoLetter: it is to tell an answer that there is not.
    """
    record = contact.contact
    code = tracking or record.tracking
    fields: dict[str, Any] = {
        "tracking": code,
        "link": f"{public_url.rstrip('/')}/track/{code}",
        "rate": f"{public_url.rstrip('/')}/rate/{code}",
        "waybill": _waybill_in(record.facts.waybill or ""),
        "received": local_time(record.received_at, notice.language),
        "note": "",
        "due": "",
        "answered": _is_answered(change),
    }
    if change is not None and _told_kind(change) in _TOLD:
        fields["note"] = (change.note or "").strip()
        if change.due_at is not None and change.clock in _ANSWERED_BY:
            fields["due"] = local_time(change.due_at, notice.language)
    if notice.kind is NoticeKind.RESULT:
        if change is None or not change.note:
            raise NoLetter("no_answer")
        fields["answer"] = change.note.strip()
    return fields


def _waybill_in(written: str) -> str:
    """Return the number of a parcel that somebody typed; nothing where it is none. A form takes any
    phone and any words for a number: they must not be what we write to its owner."""
    plain = written.strip()
    if _NUMBER.fullmatch(plain):
        return plain
    return stated_waybill(plain, "") or ""


def _is_answered(change: CaseChanged | None) -> bool:
    """Return whether the case was answered already when it was paid for: then nobody works on it,
    and no answer is to come."""
    if change is None or change.kind is not ChangeKind.PAYMENT_REQUESTED:
        return False
    return change.status in ANSWERED


def _told_kind(change: CaseChanged) -> ChangeKind:
    if change.kind is ChangeKind.HEAD_CHANGED and change.merge is not None:
        return change.merge.kind or change.kind
    return change.kind
