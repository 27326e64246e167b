"""From a decided contact to how its complainant may be reached."""

import re

from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from schemas.errors import MalformedRecordError
from schemas.personal import Personal, Sealed
from schemas.record import Id, Part, Record
from schemas.vocabulary import Channel, Relation
from services.domain.languages import language_of
from services.domain.notice_store import Reach
from services.domain.said import said_of
from services.domain.vault import Vault


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


def opened_personal(record: ContactDeduplicated | _Decided, vault: Vault) -> Personal:
    """Return who the complainant is; nobody when the sealed part is absent or broken (a broken
    one can be shown to no one, so nobody can be reached by it).

    Raises:
        OutageError: the key is not here.
    """
    if record.contact.personal is None:
        return Personal()
    try:
        return vault.open(record.tenant, record.contact.personal)
    except MalformedRecordError:
        return Personal()


def read_reach(value: bytes, vault: Vault) -> Reach:
    """Return the same as :func:`reach_of` from a stored decision, for a fraction of the price.

    Raises:
        MalformedRecordError: it is no decision of dedup.
        OutageError: the key is not here.
    """
    return reach_of(decode(_Decided, value), vault)


def reach_of(record: ContactDeduplicated | _Decided, vault: Vault) -> Reach:
    """Return whether there is an e-mail, a phone, an account, a postal address, and the language
    to write in."""
    contact, said = record.contact, said_of(record)
    personal = opened_personal(record, vault)
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
        aliases=said.aliases,
        claims=said.claims,
        proved=said.proved,
    )


def _calling_code(phone: str | None) -> str | None:
    """Return the digits that an international number begins with, four at most: enough to find
    its country by the longest prefix, too few to find its owner."""
    written = re.sub(r"[\s().-]", "", phone or "")
    found = re.match(r"(?:\+|00)([1-9]\d{0,3})", written)
    return found[1] if found else None


def _is_filled(value: str | None) -> bool:
    return bool(value and value.strip())
