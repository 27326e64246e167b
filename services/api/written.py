"""What somebody wrote by mail, by short message or on the page of a matter, as a contact: of the
case that it answers, where it answers one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from schemas.contacts import ContactDeduplicated, ContactReceived, Unkept
from schemas.keys import locality_key
from schemas.notices import NoticeRequested
from schemas.personal import Personal
from schemas.vocabulary import Channel
from services.api.context import Context, ask
from services.api.handing import admit, hand_on
from services.api.proving import opens_a_part
from services.domain import identity
from services.domain.known_by import persons_of

CONTACT: Final = "contact:"
"""Begins the name of a notice's recipient who is a complainant."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What was written. ``key`` is the same when it is handed in again; ``sender`` is the address
    that it came from; ``address`` is whose complaints it counts among, None of somebody
    unproved."""

    key: str
    channel: Channel
    text: str = field(repr=False)
    writer: Personal
    sender: str = field(repr=False)
    address: str | None = field(repr=False)
    unkept: Unkept | None = field(default=None, repr=False)
    since: datetime | None = None
    """When it began to reach us, where it took a while; then it may have been handed on before."""
    case_id: str | None = None
    """The case that it is known to belong to, where it answers no notice."""


async def notice_of(context: Context, notice_id: str | None) -> NoticeRequested | None:
    """Return a notice by its id; None without one, and of one that is not known."""
    if notice_id is None:
        return None
    return (await ask(context.sends.requested, [notice_id])).get(notice_id)


def admit_writing(context: Context, tenant: str, channel: Channel, sender: str) -> None:
    """Take a token of the quotas for what an address sends. The address alone pays: whoever knows
    the number of a notice uses up nothing of the complainant whom it told.

    Raises:
        Problem: a quota has none left; the provider, who keeps it, tries again.
    """
    person = _known_by(context, tenant, channel, sender)[0]
    admit(context, tenant, channel, person, context.clock.now())


async def add_to(context: Context, found: ContactDeduplicated, text: str, key: str) -> None:
    """Hand on what a complainant adds to his matter under its tracking code: a contact of its case,
    as a reply to one of our messages is. The same ``key`` is the same addition.

    Raises:
        OutageError: Kafka did not take it.
        Problem: too many records wait already.
    """
    keys, now, own = context.keys, context.clock.now(), found.contact
    contact_id = identity.contact_id_of(keys, found.tenant, key)
    record = ContactReceived(
        tenant=found.tenant,
        contact_id=contact_id,
        received_at=now,
        accepted_at=now,
        channel=Channel.WEB,
        text=text,
        person=own.person,
        aliases=own.aliases,
        personal=own.personal,
        reply_to=found.case_id,
        tracking=identity.tracking_code(keys, found.tenant, contact_id),
    )
    await hand_on(context, record, locality_key(found.tenant, own.person or contact_id), now)


async def publish(
    context: Context, tenant: str, writing: Writing, notice: NoticeRequested | None
) -> None:
    """Hand on what somebody wrote. A reply is by the complainant whom the notice told, unless that
    only said that he is another one: then it is by whoever has the address.

    Raises:
        OutageError: Kafka did not take it.
        Problem: its sender sends more than the quotas allow, or too many records wait already.
    """
    admit_writing(context, tenant, writing.channel, writing.sender)
    keys, now = context.keys, context.clock.now()
    known_by: tuple[str, ...] = ()
    if writing.address is not None:
        known_by = _known_by(context, tenant, writing.channel, writing.address)
    reply_to, personal = writing.case_id, None
    if notice is not None:
        tenant, reply_to = notice.tenant, notice.case_id
        kind, _, contact_id = notice.recipient.partition(":")
        known = (
            await ask(context.queries.contact, tenant, contact_id) if kind == "contact" else None
        )
        if known is not None and not await opens_a_part(context, known):
            known_by = _persons_in(known.contact)
            personal = known.contact.personal
    if personal is None and writing.writer != Personal():
        personal = context.vault.seal(tenant, writing.writer)
    contact_id = identity.contact_id_of(keys, tenant, writing.key)
    may_be_known = notice is not None or writing.since is not None
    if may_be_known and await ask(context.queries.contact, tenant, contact_id) is not None:
        # It comes again, after a doubt: by now it may seem to answer what we sent since then.
        return
    person = known_by[0] if known_by else None
    record = ContactReceived(
        tenant=tenant,
        contact_id=contact_id,
        received_at=writing.since or now,
        accepted_at=now,
        channel=writing.channel,
        text=writing.text.strip() or "…",
        unkept=writing.unkept,
        person=person,
        aliases=known_by[1:],
        personal=personal,
        reply_to=reply_to,
        tracking=identity.tracking_code(keys, tenant, contact_id),
    )
    await hand_on(context, record, locality_key(tenant, person or contact_id), now)


def _known_by(context: Context, tenant: str, channel: Channel, sender: str) -> tuple[str, ...]:
    """Return the indexes of who writes from an address, the same as of who gave it on a form. Last
    the address as it came, by which alone a number was known before; what is no address of
    anybody in particular is known by nothing else."""
    phone, email = (sender, None) if channel is Channel.SMS else (None, sender)
    named = persons_of(context.keys, tenant, phone=phone, email=email)
    as_it_came = identity.person_indexes(context.keys, tenant, sender)
    return tuple(dict.fromkeys((*named, *as_it_came)))


def _persons_in(contact: ContactReceived) -> tuple[str, ...]:
    return () if contact.person is None else (contact.person, *contact.aliases)
