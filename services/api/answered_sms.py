"""What a short message that came in is taken as: a word to stop, a rating, or a contact."""

import hashlib
from datetime import datetime
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from schemas.contacts import MAX_TEXT
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.notices import NoticeRequested
from schemas.personal import Personal
from schemas.receipts import ReceiptEvent
from schemas.record import Part
from schemas.vocabulary import Channel, CommandKind, Settlement
from services.api.context import Context, ask
from services.api.customer import send
from services.api.forms import CustomerForm
from services.api.optout import had_opted_out, opt_out
from services.api.receipts import pass_on
from services.api.written import CONTACT, Writing, notice_of, publish
from services.domain.addresses import address_index
from services.domain.errors import OutageError
from services.domain.sms_answers import Stars, Stop, short_answer

_LOOKED_BACK: Final = 10
"""So many of the newest notices to a number are looked through."""
_TRIES: Final = 5
"""So often each of them may stand there, one attempt after another."""
_PROPOSALS: Final = frozenset({"proposed", "head_proposed"})
"""Lines of the table of notices that ask the customer whether he agrees."""


class ShortMessage(Part):
    """A short message that somebody sent us; ``id`` is the provider's."""

    id: Annotated[str, Field(min_length=1, max_length=150)]
    sender: Annotated[str, Field(min_length=3, max_length=40, repr=False)]
    text: Annotated[str, Field(max_length=MAX_TEXT, repr=False)]


async def take_sms(context: Context, tenant: str, form: ShortMessage, provider: str) -> str:
    """Take a short message; return in a word as what. An empty one is nothing: refused it would
    come again and again.

    Raises:
        OutageError: it is not safe: it is to come again.
        Problem: its sender sends more than the quotas allow: it is to come again later.
    """
    return await take_text(context, tenant, form.sender, form.text, _key(provider, form))


async def take_text(
    context: Context,
    tenant: str,
    sender: str,
    text: str,
    key: str,
    since: datetime | None = None,
) -> str:
    """Take what somebody wrote; ``key`` is the same when it comes again, and ``since`` is when it
    began to come, where that is not now. Return in a word as what it is taken.

    Raises:
        OutageError, Problem: as :func:`take_sms`.
    """
    if not text.strip():
        return "nothing"
    index = address_index(context.keys, tenant, "phone", sender)
    notice = await notice_of(context, await ask(context.sends.last_to, index))
    writer = Personal(phone=sender)
    writing = Writing(key, Channel.SMS, text, writer, sender, sender, since=since)
    match short_answer(text):
        case Stop() if notice is not None:
            if notice.reason in _PROPOSALS:  # it may be meant for what we proposed
                await publish(context, tenant, writing, notice)
            return await _stopped(context, index, notice)
        case Stars(stars) if notice is not None and notice.kind is NoticeKind.SURVEY:
            if await _rated(context, index, notice, stars, key):
                return "rating"
    await publish(context, tenant, writing, notice)
    return "contact" if notice is None else "reply"


class Written(NamedTuple):
    """What somebody wrote, as :func:`take_text` names it."""

    sender: str
    text: str
    key: str
    since: datetime


async def take_rest(
    context: Context, tenant: str, case_id: str, sender: str, text: str, key: str, since: datetime
) -> str:
    """Take the rest of what somebody wrote, whose beginning is a contact of a case: as another one
    of that case, whatever we have told him since. Return in a word as what.

    Raises:
        OutageError, Problem: as :func:`take_sms`.
    """
    writer = Personal(phone=sender)
    writing = Writing(key, Channel.SMS, text, writer, sender, sender, since=since, case_id=case_id)
    await publish(context, tenant, writing, None)
    return "reply"


def _key(provider: str, form: ShortMessage) -> str:
    """Return what a short message is known by when it comes again. Its id alone is not enough:
    providers count, each from 1, and after a restart from 1 again."""
    said = hashlib.sha256(f"{form.sender}\x1f{form.text}".encode()).hexdigest()[:32]
    return f"sms:{provider}:{form.id}:{said}"


async def _stopped(context: Context, address: str, notice: NoticeRequested) -> str:
    """Opt out whoever says that he wants no more. The number is marked, so that nothing goes
    there, only where that cannot be what he refuses: our messages promise him the answer."""
    if not notice.recipient.startswith(CONTACT):
        await _mark(context, notice)
        return "complaint"
    refusable = [
        one
        for one in await _recent(context, address)
        if not one.mandatory and one.recipient.startswith(CONTACT)
    ]
    is_marked = notice.mandatory and (not refusable or await had_opted_out(context, notice))
    if is_marked:
        await _mark(context, notice)
    # The number may be that of two people: who was offered to refuse is opted out as well.
    for one in {one.recipient: one for one in (*refusable[:1], notice)}.values():
        await opt_out(context, one, "sms")
    return "complaint" if is_marked else "opt_out"


async def _mark(context: Context, notice: NoticeRequested) -> None:
    await pass_on(
        context, notice.notice_id, ReceiptEvent.COMPLAINED, "provider:sms", "stop",
        over=NoticeChannel.SMS,
    )  # fmt: skip


async def _rated(
    context: Context, address: str, notice: NoticeRequested, stars: int, key: str
) -> bool:
    """Take a digit for the rating that a survey asked for; False where it may be meant for another
    case, or the case takes none: then a person reads it.

    Raises:
        OutageError: how it ended is not known yet.
    """
    recent = await _recent(context, address)
    surveys = {one.case_id for one in recent if one.kind is NoticeKind.SURVEY}
    for other in surveys - {notice.case_id}:
        state = await ask(context.queries.case, notice.tenant, other)
        if state is not None and state.rating is None:
            return False
    contact_id = notice.recipient.removeprefix(CONTACT)
    found = await ask(context.queries.contact, notice.tenant, contact_id)
    if found is None:
        return False
    form = CustomerForm(kind=CommandKind.RATE, rating=stars)
    _, settled = await send(context, found, form, key)
    if settled is None:
        raise OutageError("cases", "has not said how a rating ended")
    return settled.settlement is not Settlement.REJECTED


async def _recent(context: Context, address: str) -> list[NoticeRequested]:
    """Return the newest notices to an address, the newest first, each once."""
    tried = await ask(context.sends.latest_to, address, _LOOKED_BACK * _TRIES)
    newest = list(dict.fromkeys(tried))[:_LOOKED_BACK]
    known = await ask(context.sends.requested, newest)
    return [known[name] for name in newest if name in known]
