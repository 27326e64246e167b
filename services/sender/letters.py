"""From a notice to a letter: the address out of the sealed part, the words out of a template."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from schemas.cases import CaseChanged
from schemas.contacts import ContactDeduplicated
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.notices import NoticeRequested
from schemas.personal import Personal
from services.domain.send_store import Bundle
from services.domain.staff import NOBODY_LISTED, StaffBook
from services.domain.teams import Teams
from services.domain.wording.wording import Wording
from services.sender.cards import card_of
from services.sender.channels.port import Letter
from services.sender.customer_fields import customer_fields, ways_back
from services.sender.logic import may_go_from
from services.sender.no_letter import NoLetter
from services.sender.staff_fields import digest_fields, staff_fields

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
        NoticeKind.PAYMENT_FAILED,
        NoticeKind.PAYMENT_UNANSWERED,
    }
)
"""Kinds whose text tells of the change itself."""


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
    who: Personal | None = None
    """Whom the contact is by, opened."""
    change: CaseChanged | None = None
    outcome: Mapping[str, Any] = MappingProxyType({})
    bundle: Bundle | None = None
    optout: str = ""
    """Where the recipient refuses more of what is not mandatory."""
    tracking: str = ""
    """The code by which a complainant follows the matter; that of the contact where empty."""


class Places(NamedTuple):
    """Where the pages are that letters lead to: customers', and clerks', empty when not known;
    and whether an answer to a short message reaches us."""

    public: str
    console: str = ""
    answers_by_sms: bool = False


def write(
    notice: NoticeRequested,
    facts: Facts,
    wording: Wording,
    teams: Teams,
    places: Places,
    staff: StaffBook = NOBODY_LISTED,
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
    address = address_of(notice, facts.who, staff)
    if notice.kind is NoticeKind.DIGEST:
        fields = digest_fields(notice, facts.bundle, teams)
    elif contact is None:
        fields = staff_fields(notice, change, teams, staff.of(notice.recipient).zone)
    else:
        fields = {
            "compensation": "",
            **facts.outcome,
            **customer_fields(notice, contact, change, places.public, facts.tracking),
            **ways_back(notice, facts.optout, places.answers_by_sms),
        }
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
        dated=may_go_from(notice),
        card=card,
        optout=fields.get("optout", "") if notice.channel is NoticeChannel.EMAIL else "",
        texts=wording.edition,
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


def _staff(notice: NoticeRequested, email: str | None) -> Address:
    kind, _, name = notice.recipient.partition(":")
    if notice.channel is NoticeChannel.EMAIL and email is not None:
        return Address("email", email)
    if notice.channel not in _FOR_STAFF:
        raise NoLetter("no_address")
    return Address(kind, name)


def _customer(notice: NoticeRequested, personal: Personal) -> Address:
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


def address_of(
    notice: NoticeRequested,
    who: Personal | None,
    staff: StaffBook = NOBODY_LISTED,
) -> Address:
    """Return where a notice goes over its channel; to a complainant by ``who`` he is, None where
    his contact is not known.

    Raises:
        NoLetter: there is no such address.
    """
    if contact_of(notice) is None:
        return _staff(notice, staff.of(notice.recipient).email)
    if who is None:
        raise NoLetter("contact_unknown")
    return _customer(notice, who)
