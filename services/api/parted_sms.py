"""Long short messages, which come in parts: kept until all have come, then taken as one; what some
never came of is taken as it is. A pass of the API looks for those by itself."""

import asyncio
import base64
import binascii
import logging
from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from schemas.personal import Personal
from schemas.record import Part
from services.api.answered_sms import Written, take_rest, take_text
from services.api.context import Context, ask
from services.api.errors import invalid
from services.domain.errors import OutageError
from services.domain.identity import contact_id_of
from services.domain.part_store import Fate, Taken, WaitingMessage, WaitingPart
from services.domain.sms_parts import MOST, Piece, joined

logger: Final = logging.getLogger(__name__)

KNOWN_FOR: Final = timedelta(hours=72)
"""So long centres keep a message that nobody took, and send it again."""
TURN: Final = "sms_parts"
_TURN_SECONDS: Final = 60.0
_PAGE: Final = 100
_TRIES: Final = 3
_ROUNDS: Final = 20
"""So often within the time that a part is waited for the pass looks."""
_LONGEST_PAUSE: Final = 30.0
_SEP: Final = "\x1f"


def _is_base64(written: str) -> str:
    try:
        base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("base64 expected") from None
    return written


class SmsPart(Part):
    """A part of a short message that somebody sent us; ``id`` is the provider's.

    ``octets`` is its text in base 64, without a header, in the ``coding`` that SMPP numbers:
    0 GSM 03.38 (an octet a character), 8 UTF-16, 15 GB 18030, else Latin-1.
    """

    id: Annotated[str, Field(min_length=1, max_length=150)]
    sender: Annotated[str, Field(min_length=3, max_length=40, repr=False)]
    receiver: Annotated[str, Field(max_length=40)] = ""
    reference: Annotated[str, Field(min_length=1, max_length=40)]
    """What the parts of one message have in common; a phone uses it again for others."""
    total: Annotated[int, Field(ge=2, le=MOST)]
    number: Annotated[int, Field(ge=1, le=MOST)]
    """Counted from 1."""
    coding: Annotated[int, Field(ge=0, le=255)] = 8
    octets: Annotated[str, Field(max_length=100_000, repr=False), AfterValidator(_is_base64)]


def waiting_time(context: Context) -> timedelta:
    """Return how long the parts of a message are waited for, from the first on."""
    return timedelta(minutes=context.settings.sms_parts_minutes)


async def take_part(context: Context, tenant: str, form: SmsPart, provider: str) -> str:
    """Keep a part and, where it is the last of its message, take the whole; return in a word as
    what.

    Raises:
        OutageError: it is not safe, or the whole is not: it is to come again.
        Problem: its number is none of the message's, or its sender sends more than the quotas
            allow.
    """
    if form.number > form.total:
        raise invalid("number", "place", "up to the total")
    message = _message_of(context, tenant, form, provider)
    for _ in range(_TRIES):
        put = await ask(context.parts.put, message, message.begun_at - waiting_time(context))
        if put.fate is Fate.HANDED_ON:
            return "absorbed"
        if put.fate is Fate.KEPT and put.message is not None:
            is_whole = put.message.is_whole
            return await hand_on(context, put.message) if is_whole else "part"
        if put.message is not None:
            await hand_on(context, put.message)
    raise OutageError("parts", "other messages stand under the same reference again and again")


async def hand_on(context: Context, message: WaitingMessage) -> str:
    """Take a message as it is, as the same however often, and let go of its parts; return in a
    word as what.

    Raises:
        OutageError: it is not safe: it stays, and is taken later.
        Problem: its sender sends more than the quotas allow: the same.
    """
    closed = await ask(context.parts.close, message)
    if closed is None:
        return "absorbed"
    text = joined([one.piece for one in closed.parts], closed.total)
    sender = context.vault.open(closed.tenant, closed.sender).phone or ""
    own = Taken.of(closed)
    key, case_id = _name_of(closed.key, own), await _case_of_rest(context, closed, own)
    written = Written(sender, text, key, closed.begun_at)
    if case_id is None:
        what = await take_text(context, closed.tenant, *written)
    else:
        what = await take_rest(context, closed.tenant, case_id, *written)
    await ask(context.parts.hand_on, closed, context.clock.now() + KNOWN_FOR)
    if not closed.is_whole:
        context.metrics.parts_missing.inc(closed.total - len(closed.parts))
    return what


async def _case_of_rest(context: Context, message: WaitingMessage, own: Taken) -> str | None:
    """Return the case of the message whose last parts these are, that came too late: by then it was
    taken without them, and what it said is with its contact alone. None where there is none, or
    these are a message of their own that used its reference again, which comes whole as a rule."""
    if message.is_whole:
        return None
    earlier = await ask(context.parts.taken, message.key, context.clock.now())
    if earlier is None or not earlier.lacks(own):
        return None
    contact_id = contact_id_of(context.keys, message.tenant, _name_of(message.key, earlier))
    found = await ask(context.queries.contact, message.tenant, contact_id)
    return None if found is None else found.case_id


def _name_of(key: str, message: Taken) -> str:
    return f"sms-parts:{key}:{message.begun_at:%Y%m%dT%H%M%S.%f}:{message.begun_by}"


def _message_of(context: Context, tenant: str, form: SmsPart, provider: str) -> WaitingMessage:
    octets = base64.b64decode(form.octets)
    named = (provider, form.sender, form.receiver, form.reference, str(form.total))
    key = context.keys.permanent("sms_parts", tenant, _SEP.join(named))
    said = f"{form.coding}{_SEP}{octets.hex()}"
    digest = context.keys.permanent("sms_part", tenant, said)
    part = WaitingPart(digest, Piece(form.number, form.coding, octets))
    sender, now = context.vault.seal(tenant, Personal(phone=form.sender)), context.clock.now()
    return WaitingMessage(f"{tenant}|{key}", tenant, form.total, now, digest, sender, (part,))


# ------------------------------------------------------------------ the pass


async def look(context: Context, holder: str) -> int:
    """Hand on what has waited long enough, where it is this copy's turn; return how many messages.
    One that cannot go now stays, and holds up no other. Two copies that both believe that it is
    their turn hand on the same.

    Raises:
        OutageError: MongoDB is away.
    """
    if not await ask(context.turns.take, TURN, holder, _TURN_SECONDS):
        context.metrics.parts_overdue.set(0.0)  # whoever has the turn says how it is
        return 0
    until, after, done = context.clock.now() - waiting_time(context), None, 0
    while page := await ask(context.parts.oldest, until, after, _PAGE):
        done += sum([await _handed_on(context, message) for message in page])
        after = page[-1].begun_at
        if not await ask(context.turns.take, TURN, holder, _TURN_SECONDS):
            break
    left = await ask(context.parts.oldest, until, None, 1)
    context.metrics.parts_overdue.set((until - left[0].begun_at).total_seconds() if left else 0.0)
    return done


async def _handed_on(context: Context, message: WaitingMessage) -> bool:
    try:
        what = await hand_on(context, message)
    except Exception as trouble:  # noqa: BLE001 - whatever is wrong with one, the others are to go
        logger.warning("parts wait on", extra={"reason": type(trouble).__name__})
        return False
    context.metrics.inbound.labels(what).inc()
    return True


async def look_on(context: Context, holder: str) -> None:
    """Look again and again, until cancelled; what goes wrong is tried again. ``holder`` is the name
    of this copy."""
    pause = min(_LONGEST_PAUSE, waiting_time(context).total_seconds() / _ROUNDS)
    while True:
        await asyncio.sleep(pause)
        try:
            await look(context, holder)
        except OutageError as outage:
            logger.warning("parts are not looked at", extra={"error": str(outage)})
