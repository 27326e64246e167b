"""From a notice to a letter: the address out of the sealed part, the words out of a template."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from schemas.cases import CaseChanged
from schemas.contacts import ContactDeduplicated
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.notices import NoticeRequested
from schemas.vocabulary import ChangeKind, ClockName
from services.domain.reach import opened_personal
from services.domain.send_store import Bundle
from services.domain.teams import Teams
from services.domain.wording.wording import Wording
from services.sender.cards import card_of
from services.sender.channels.port import Letter

_CHINA: Final = timezone(timedelta(hours=8))
_CLOCKS: Final = {
    "zh": {
        "statutory": "对外答复时限",
        "acknowledgement": "首次答复",
        "next_update": "进展告知",
        "resolution": "办结",
        "team": "本组处理",
        "partner": "合作方回复",
        "regulator": "转办答复",
    },
    "en": {
        "statutory": "limit of the answer",
        "acknowledgement": "first answer",
        "next_update": "next update",
        "resolution": "resolution",
        "team": "team's own limit",
        "partner": "partner's answer",
        "regulator": "answer to the regulator",
    },
}
_BUNDLED: Final = {
    "zh": {
        "assigned": "知悉通知",
        "warning": "时限预警",
        "breach": "超时通知",
        "escalation": "升级通知",
        "task": "告知客户进展的任务",
        "enquiry": "待贵方回复的工单",
    },
    "en": {
        "assigned": "information",
        "warning": "warning of a time limit",
        "breach": "time limit passed",
        "escalation": "escalation",
        "task": "customer to be told",
        "enquiry": "answer that we wait for",
    },
}
NEEDS_CHANGE: Final = frozenset(
    {
        NoticeKind.PROGRESS,
        NoticeKind.RESULT,
        NoticeKind.ASSIGNED,
        NoticeKind.WARNING,
        NoticeKind.BREACH,
        NoticeKind.ESCALATION,
        NoticeKind.TASK,
        NoticeKind.ENQUIRY,
    }
)
"""Kinds whose text tells of the change itself."""


_TOLD: Final = frozenset({ChangeKind.PROPOSED, ChangeKind.EXTENDED, ChangeKind.CUSTOMER_UPDATED})
"""Changes whose note is written to the customer, beside an answer's; of the case, or of the one
that it is merged into."""
_ACCEPTED_IN_TIME: Final = "accepted_in_time"
"""The reason of a retraction where what the limit asked for was done in time."""
_ANSWERED_BY: Final = frozenset({ClockName.STATUTORY, ClockName.RESOLUTION, ClockName.REGULATOR})
"""Clocks by whose end the customer has an answer; what another one is about is our own matter."""


class NoLetter(Exception):
    """There is nobody to write to; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Address(NamedTuple):
    """Where to, and what kind of address that is."""

    kind: str
    value: str


def contact_of(notice: NoticeRequested) -> str | None:
    """Return the id of the contact whose complainant is the recipient; None for staff."""
    kind, _, name = notice.recipient.partition(":")
    return name if kind == "contact" else None


class Facts(NamedTuple):
    """What a letter may tell of; each is there for the kinds that need it."""

    contact: ContactDeduplicated | None = None
    change: CaseChanged | None = None
    outcome: Mapping[str, Any] = MappingProxyType({})
    bundle: Bundle | None = None


class Places(NamedTuple):
    """Where the pages are that letters lead to: customers', and clerks'; empty when not known."""

    public: str
    console: str = ""


def write(
    notice: NoticeRequested, facts: Facts, wording: Wording, teams: Teams, places: Places
) -> Letter:
    """Return the letter.

    Raises:
        NoLetter: nobody can be reached, or what it is to say is not known.
    """
    contact, change = facts.contact, facts.change
    if not wording.goes_over(notice.kind, notice.channel):
        raise NoLetter(f"not_over_{notice.channel}")
    if notice.kind in NEEDS_CHANGE and change is None:
        raise NoLetter("change_unknown")
    address = address_of(notice, contact)
    if notice.kind is NoticeKind.DIGEST:
        fields = _for_digest(notice, facts.bundle, teams)
    elif contact is None:
        fields = _for_staff(notice, change, teams)
    else:
        fields = {**facts.outcome, **_for_customer(notice, contact, change, places.public)}
    words = wording.render(notice.kind, notice.language, fields, notice.channel)
    card = None
    if notice.channel is NoticeChannel.CHAT:
        card = card_of(notice, change, fields.get("due", ""), places.console)
    return Letter(
        notice_id=notice.notice_id,
        kind=notice.kind,
        language=notice.language,
        address_kind=address.kind,
        address=address.value,
        subject=words.subject,
        text=words.text,
        html=words.html,
        dated=notice.requested_at,
        card=card,
    )


_ADDRESS_OF: Final = {
    NoticeChannel.EMAIL: ("email",),
    NoticeChannel.SMS: ("phone",),
    NoticeChannel.VOICE: ("phone",),
    NoticeChannel.PUSH: ("account",),
    NoticeChannel.LETTER: ("post",),
    NoticeChannel.WEBHOOK: ("phone", "account"),
}
"""Kinds of address that a channel can write a complainant at, the best first."""
_FOR_STAFF: Final = frozenset({NoticeChannel.WEBHOOK, NoticeChannel.CHAT})
"""Channels that find a team or a clerk by its name."""


def _staff(notice: NoticeRequested) -> Address:
    kind, _, name = notice.recipient.partition(":")
    if notice.channel not in _FOR_STAFF:
        raise NoLetter("no_address")
    return Address(kind, name)


def _customer(notice: NoticeRequested, contact: ContactDeduplicated) -> Address:
    personal = opened_personal(contact)
    post = (personal.address or "").strip()
    known = {
        "email": personal.email,
        "phone": personal.phone,
        "account": personal.customer,
        "post": f"{(personal.name or '').strip()}\n{post}".strip() if post else None,
    }
    for kind in _ADDRESS_OF.get(notice.channel, ()):
        if value := (known[kind] or "").strip():
            return Address(kind, value)
    raise NoLetter("no_address")


def address_of(notice: NoticeRequested, contact: ContactDeduplicated | None) -> Address:
    """Return where a notice goes over its channel.

    Raises:
        NoLetter: there is no such address.
    """
    if contact_of(notice) is None:
        return _staff(notice)
    if contact is None:
        raise NoLetter("contact_unknown")
    return _customer(notice, contact)


def _for_customer(
    notice: NoticeRequested,
    contact: ContactDeduplicated,
    change: CaseChanged | None,
    public_url: str,
) -> dict[str, Any]:
    record = contact.contact
    fields: dict[str, Any] = {
        "tracking": record.tracking,
        "link": f"{public_url.rstrip('/')}/track/{record.tracking}",
        "rate": f"{public_url.rstrip('/')}/rate/{record.tracking}",
        "waybill": (record.facts.waybill or "").strip(),
        "received": _local(record.received_at, notice.language),
        "note": "",
        "due": "",
    }
    if change is not None and _told_kind(change) in _TOLD:
        fields["note"] = (change.note or "").strip()
        if change.due_at is not None and change.clock in _ANSWERED_BY:
            fields["due"] = _local(change.due_at, notice.language)
    if notice.kind is NoticeKind.RESULT:
        if change is None or not change.note:
            raise NoLetter("no_answer")
        fields["answer"] = change.note.strip()
    return fields


def _told_kind(change: CaseChanged) -> ChangeKind:
    if change.kind is ChangeKind.HEAD_CHANGED and change.merge is not None:
        return change.merge.kind or change.kind
    return change.kind


def _for_staff(notice: NoticeRequested, change: CaseChanged | None, teams: Teams) -> dict[str, Any]:
    language = notice.language if notice.language in _CLOCKS else "en"
    clock = str(change.clock) if change and change.clock else ""
    is_waiting = change is not None and change.kind is ChangeKind.WAITING_STARTED
    return {
        "case_id": notice.case_id,
        "team": _name(notice.recipient, language, teams),
        "level": (change.level if change else None) or "",
        "clock": _CLOCKS[language].get(clock, clock),
        "due": _local(change.due_at, language) if change and change.due_at else "",
        "late": bool(change and change.late),
        "wanted": (change.note or "").strip() if change and is_waiting else "",
        "skipped": _name(f"team:{change.skipped or ''}", language, teams) if change else "",
        "unit": _name(change.unit, language, teams) if change and change.unit else "",
        "why": _why(notice.recipient, change) if change else "",
    }


def _why(recipient: str, change: CaseChanged) -> str:
    """Return why staff is told, as the templates name it: whose the case is, else what happened."""
    kind, _, name = recipient.partition(":")
    if change.kind is ChangeKind.BREACH_RETRACTED:
        return "in_time" if change.reason == _ACCEPTED_IN_TIME else "not_due"
    if kind == "clerk":
        return kind
    return "informed" if name in change.inform else str(change.kind)


def _for_digest(notice: NoticeRequested, bundle: Bundle | None, teams: Teams) -> dict[str, Any]:
    if bundle is None or not bundle.count:
        raise NoLetter("nothing_to_tell")
    language = notice.language if notice.language in _CLOCKS else "en"
    return {
        "team": _name(notice.recipient, language, teams),
        "what": _BUNDLED[language].get(bundle.kind, bundle.kind),
        "count": bundle.count,
        "cases": bundle.cases,
        "why": notice.reason,
    }


def _name(recipient: str, language: str, teams: Teams) -> str:
    name = recipient.partition(":")[2]
    team = teams.teams.get(name)
    return name if team is None else team.zh if language == "zh" else team.en


def _local(at: datetime, language: str) -> str:
    there = at.astimezone(_CHINA)
    if language == "zh":
        return f"{there:%Y}年{there.month}月{there.day}日 {there:%H:%M}"
    return f"{there.day} {there:%B %Y, %H:%M} (UTC+8)"
