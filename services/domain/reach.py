"""From a decided contact to how its complainant may be reached."""

from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from schemas.personal import Sealed
from schemas.record import Id, Part, Record
from schemas.vocabulary import Channel, Relation
from services.domain.languages import language_of
from services.domain.notice_store import Reach
from services.domain.said import said_of
from services.domain.ways import ways_to


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


def read_reach(value: bytes) -> Reach:
    """Return the same as :func:`reach_of` from a stored decision, for a fraction of the price.

    Raises:
        MalformedRecordError: it is no decision of dedup.
    """
    return reach_of(decode(_Decided, value))


def reach_of(record: ContactDeduplicated | _Decided) -> Reach:
    """Return whether there is an e-mail, a phone, an account, a postal address, and the language
    to write in. The sealed part stays closed."""
    contact, said = record.contact, said_of(record)
    ways, calling_code = ways_to(contact.personal)
    return Reach(
        contact_id=contact.contact_id,
        person=contact.person,
        language=language_of(contact.facts.language, contact.text),
        channel=contact.channel,
        has_email="email" in ways,
        has_phone="phone" in ways,
        has_account="account" in ways,
        has_post="post" in ways,
        calling_code=calling_code,
        aliases=said.aliases,
        claims=said.claims,
        proved=said.proved,
    )
