"""From a decided contact to how its complainant may be reached."""

import re
from typing import Final

from schemas.codec import decode
from schemas.contacts import ContactDeduplicated, ContactReceived
from schemas.errors import MalformedRecordError
from schemas.personal import Personal, Sealed, unseal
from schemas.record import Id, Part, Record
from schemas.vocabulary import Channel, Relation
from services.domain.known_by import Name, names_given
from services.domain.languages import language_of
from services.domain.notice_store import Reach

_PROVES: Final[dict[Channel, Name]] = {
    Channel.APP: "customer",
    Channel.WECHAT: "customer",
    Channel.CHAT: "customer",
    Channel.EMAIL: "email",
    Channel.SMS: "phone",
}


_OWN: Final = (Relation.NEW, Relation.SECOND_COMPLAINANT)


class _Facts(Part, extra="ignore"):
    language: str | None = None


class _Contact(Part, extra="ignore"):
    contact_id: Id
    reply_to: Id | None = None
    person: Id | None = None
    aliases: tuple[Id, ...] = ()
    channel: Channel
    text: str
    facts: _Facts = _Facts()
    personal: Sealed | None = None


class _Decided(Record, extra="ignore"):
    """What of a :class:`ContactDeduplicated` says how its complainant may be reached; the rest
    is most of it, and read past."""

    contact: _Contact
    relation: str = Relation.NEW


def opened_personal(record: ContactDeduplicated | _Decided) -> Personal:
    """Return who the complainant is; nobody when the sealed part is absent or broken (a broken
    one can be shown to no one, so nobody can be reached by it)."""
    if record.contact.personal is None:
        return Personal()
    try:
        return unseal(record.contact.personal)
    except MalformedRecordError:
        return Personal()


def read_reach(value: bytes) -> Reach:
    """Return the same as :func:`reach_of` from a stored decision, for a fraction of the price.

    Raises:
        MalformedRecordError: it is no decision of dedup.
    """
    return reach_of(decode(_Decided, value))


def reach_of(record: ContactDeduplicated | _Decided) -> Reach:
    """Return whether there is an e-mail, a phone, an account, a postal address, and the language
    to write in."""
    contact = record.contact
    personal = opened_personal(record)
    return Reach(
        contact_id=contact.contact_id,
        person=contact.person,
        language=language_of(contact.facts.language, contact.text),
        channel=contact.channel,
        has_email=_is_filled(personal.email),
        has_phone=_is_filled(personal.phone),
        has_account=_is_filled(personal.customer),
        has_post=_is_filled(personal.address),
        calling_code=_calling_code(personal.phone),
        aliases=tuple(contact.aliases),
        claims=record.relation not in _OWN and contact.channel is not Channel.REGULATOR,
        proved=_proved(contact, personal),
    )


def _proved(contact: ContactReceived | _Contact, personal: Personal) -> tuple[str, ...]:
    """Return the name by which somebody is known first, under each key, where the way he came
    proves it: a number or a mailbox that he wrote from, an account that he sits in."""
    if contact.person is None:
        return ()
    if contact.reply_to is not None:
        return (contact.person,)
    given = list(names_given(personal.customer, personal.phone, personal.email))
    if not given or _PROVES.get(contact.channel) != given[0]:
        return ()
    # First come all names under the newest key, then each under the older ones.
    known = (contact.person, *contact.aliases)
    keys = len(known) // len(given)
    return known if len(given) == 1 else (known[0], *known[len(given) :][: keys - 1])


def _calling_code(phone: str | None) -> str | None:
    """Return the digits that an international number begins with, four at most: enough to find
    its country by the longest prefix, too few to find its owner."""
    written = re.sub(r"[\s().-]", "", phone or "")
    found = re.match(r"(?:\+|00)([1-9]\d{0,3})", written)
    return found[1] if found else None


def _is_filled(value: str | None) -> bool:
    return bool(value and value.strip())
