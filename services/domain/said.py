"""What a contact says of whose it is, and what of that the way it came proves. Pure; the sealed
part stays closed."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from schemas.errors import MalformedRecordError
from schemas.personal import Sealed, unseal
from schemas.record import Id
from schemas.vocabulary import Channel, Relation
from services.domain.known_by import Name, names_given

_PROVES: Final[dict[Channel, Name]] = {
    Channel.APP: "customer",
    Channel.WECHAT: "customer",
    Channel.CHAT: "customer",
    Channel.EMAIL: "email",
    Channel.SMS: "phone",
}
_OWN: Final = (Relation.NEW, Relation.SECOND_COMPLAINANT)


class _Contact(Protocol):
    @property
    def contact_id(self) -> Id: ...
    @property
    def reply_to(self) -> Id | None: ...
    @property
    def person(self) -> Id | None: ...
    @property
    def aliases(self) -> tuple[Id, ...]: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def personal(self) -> Sealed | None: ...


class Decided(Protocol):
    """As much of a decision as is asked for here."""

    @property
    def contact(self) -> _Contact: ...
    @property
    def relation(self) -> str: ...


class Said(NamedTuple):
    """Whose a contact is by its own words. A :class:`~services.domain.notice_store.Reach` says the
    same, beside more."""

    contact_id: str
    person: str | None
    aliases: tuple[str, ...]
    claims: bool
    """It says that it is by somebody who had complained in its case before. Whom an authority
    speaks for is nobody who only says so."""
    proved: tuple[str, ...]
    """The person's names, one under each key, that the way it came proves, or what it answers."""


def said_of(record: Decided) -> Said:
    """Return what a decided contact says of whose it is."""
    contact = record.contact
    return Said(
        contact.contact_id,
        contact.person,
        tuple(contact.aliases),
        record.relation not in _OWN and contact.channel is not Channel.REGULATOR,
        _proved(contact),
    )


def _proved(contact: _Contact) -> tuple[str, ...]:
    """Return the name by which somebody is known first, under each key, where the way he came
    proves it: a number or a mailbox that he wrote from, an account that he sits in."""
    if contact.person is None:
        return ()
    if contact.reply_to is not None:
        return (contact.person,)
    given = _given(contact.personal)
    if not given or _PROVES.get(contact.channel) != given[0]:
        return ()
    # First come all names under the newest key, then each under the older ones.
    known = (contact.person, *contact.aliases)
    keys = len(known) // len(given)
    return known if len(given) == 1 else (known[0], *known[len(given) :][: keys - 1])


def _given(sealed: Sealed | None) -> Sequence[Name]:
    if sealed is None or sealed.cipher != "null":
        return () if sealed is None else sealed.names
    try:
        who = unseal(sealed)
    except MalformedRecordError:
        return ()
    return list(names_given(who.customer, who.phone, who.email))
