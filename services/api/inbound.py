"""``POST /v1/inbound/…``: what people answer to our notices, and mail that comes back."""

from typing import Annotated, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field, ValidationError

from schemas.contacts import ContactReceived
from schemas.keys import locality_key
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.notices import NoticeRequested
from schemas.personal import Personal, seal
from schemas.receipts import ReceiptEvent
from schemas.record import Part
from schemas.vocabulary import Channel, CommandKind, Settlement
from services.api.commands import send_command
from services.api.context import Context, ask, context_of
from services.api.customer import send
from services.api.documentation import PROBLEMS
from services.api.errors import refused
from services.api.forms import CustomerForm
from services.api.handing import hand_on
from services.api.optout import opt_out
from services.api.providers import Signed, signed_request
from services.api.receipts import pass_on
from services.api.requests import tenant_of
from services.domain import identity
from services.domain.addresses import address_index
from services.domain.inbound_mail import Automatic, Bounced, Complained, Written, understood
from services.domain.sms_answers import Stars, Stop, short_answer

router = APIRouter()
_LOOKED_BACK: Final = 10
"""So many of the newest messages to a number are looked through for other surveys."""


class ShortMessage(Part):
    """A short message that somebody sent us; ``id`` is the provider's."""

    id: Annotated[str, Field(min_length=1, max_length=150)]
    sender: Annotated[str, Field(min_length=3, max_length=40, repr=False)]
    text: Annotated[str, Field(min_length=1, max_length=2000, repr=False)]


@router.post(
    "/v1/inbound/mail/{provider}", responses=PROBLEMS, summary="Hand in a mail, as it came"
)
async def mail(request: Request, provider: str) -> JSONResponse:
    """Take a raw mail (message/rfc822). A reply to a notice becomes a contact of its case, any
    other mail a contact of its own; bounces and complaints mark the address. Sending the same
    mail again is safe."""
    context = context_of(request)
    signed = await signed_request(request, context, provider)
    what = "absorbed" if signed.is_replay else await _mail(context, tenant_of(request), signed)
    return _done(context, signed, what)


@router.post("/v1/inbound/sms/{provider}", responses=PROBLEMS, summary="Hand in a short message")
async def short_message(request: Request, provider: str) -> JSONResponse:
    """Take a short message. It becomes a contact of the case that its sender was last told about,
    else a contact of its own. A digit that answers a survey, and says nothing else, is the rating
    of that case; the word for "no more" opts its sender out of what is not mandatory and, where
    it answers what is, marks the number."""
    context = context_of(request)
    signed = await signed_request(request, context, provider)
    try:
        form = ShortMessage.model_validate_json(signed.body)
    except ValidationError as error:
        raise refused(error) from None
    what = "absorbed" if signed.is_replay else await _sms(context, tenant_of(request), form)
    return _done(context, signed, what)


def _done(context: Context, signed: Signed, what: str) -> JSONResponse:
    context.replays.add(signed.provider, signed.message_id, context.wall.now().timestamp())
    context.metrics.inbound.labels(what).inc()
    return JSONResponse({"taken_as": what}, 202)


async def _mail(context: Context, tenant: str, signed: Signed) -> str:
    said_by = f"provider:{signed.provider}"
    match understood(signed.body):
        case Bounced(notice_id, True, status):
            is_known = await pass_on(
                context, notice_id, ReceiptEvent.BOUNCED, said_by, status, over=NoticeChannel.EMAIL
            )
            return "bounce" if is_known else "unknown_notice"
        case Bounced():
            return "delay"
        case Complained(notice_id):
            is_known = await pass_on(
                context, notice_id, ReceiptEvent.COMPLAINED, said_by, over=NoticeChannel.EMAIL
            )
            return "complaint" if is_known else "unknown_notice"
        case Automatic():
            return "automatic"
        case Written(message_id, sender, text, notice_id):
            notice = await _notice(context, notice_id)
            if notice is not None and not notice.recipient.startswith("contact:"):
                return await _noted(context, notice, message_id, text)
            writer = Personal(email=sender[:200])
            await _publish(
                context, tenant, f"mail:{message_id}", Channel.EMAIL, text, writer, sender, notice
            )
            return "contact" if notice is None else "reply"
        case None:
            return "nothing"


async def _noted(context: Context, notice: NoticeRequested, message_id: str, text: str) -> str:
    """Put what staff or a partner answered to a mail on the case, as a note by whom we told: it
    is no complaint."""
    fields = {"kind": CommandKind.NOTE, "actor": notice.recipient[:80], "note": text[:4000]}
    await send_command(context, notice.tenant, notice.case_id, f"staff-mail:{message_id}", fields)
    return "note"


async def _sms(context: Context, tenant: str, form: ShortMessage) -> str:
    index = address_index(context.keys, tenant, "phone", form.sender)
    notice_id = await ask(context.sends.last_to, index)
    notice = await _notice(context, notice_id)
    match short_answer(form.text):
        case Stop() if notice is not None:
            if not notice.mandatory and notice.recipient.startswith("contact:"):
                await opt_out(context, notice, "sms")
                return "opt_out"
            said_by = "provider:sms"
            await pass_on(
                context, notice.notice_id, ReceiptEvent.COMPLAINED, said_by, "stop",
                over=NoticeChannel.SMS,
            )  # fmt: skip
            return "complaint"
        case Stars(stars) if notice is not None and notice.kind is NoticeKind.SURVEY:
            if await _rated(context, index, notice, stars, form.id):
                return "rating"
    writer = Personal(phone=form.sender)
    await _publish(
        context, tenant, f"sms:{form.id}", Channel.SMS, form.text, writer, form.sender, notice
    )
    return "contact" if notice is None else "reply"


async def _rated(
    context: Context, address: str, notice: NoticeRequested, stars: int, message_id: str
) -> bool:
    """Take a digit for the rating that a survey asked for; False where it may be meant for another
    case, or the case takes none: then a person reads it."""
    recent = await ask(context.sends.latest_to, address, _LOOKED_BACK)
    asked = (await ask(context.sends.requested, recent)).values()
    surveys = {one.case_id for one in asked if one.kind is NoticeKind.SURVEY}
    for other in surveys - {notice.case_id}:
        state = await ask(context.queries.case, notice.tenant, other)
        if state is not None and state.rating is None:
            return False
    contact_id = notice.recipient.removeprefix("contact:")
    found = await ask(context.queries.contact, notice.tenant, contact_id)
    if found is None:
        return False
    form = CustomerForm(kind=CommandKind.RATE, rating=stars)
    _, settled = await send(context, found, form, f"sms:{message_id}")
    return settled is None or settled.settlement is not Settlement.REJECTED


async def _notice(context: Context, notice_id: str | None) -> NoticeRequested | None:
    if notice_id is None:
        return None
    return (await ask(context.sends.requested, [notice_id])).get(notice_id)


async def _publish(
    context: Context,
    tenant: str,
    key: str,
    channel: Channel,
    text: str,
    writer: Personal,
    address: str,
    notice: NoticeRequested | None,
) -> None:
    """Hand on what somebody wrote. A reply is by the person whom the notice told."""
    keys, now = context.keys, context.clock.now()
    person: str | None = identity.person_index(keys, tenant, address)
    personal, reply_to = seal(writer), None
    if notice is not None:
        tenant, reply_to = notice.tenant, notice.case_id
        kind, _, contact_id = notice.recipient.partition(":")
        known = (
            await ask(context.queries.contact, tenant, contact_id) if kind == "contact" else None
        )
        if known is not None:
            person = known.contact.person
            personal = known.contact.personal or personal
    contact_id = identity.contact_id_of(keys, tenant, key)
    record = ContactReceived(
        tenant=tenant,
        contact_id=contact_id,
        received_at=now,
        accepted_at=now,
        channel=channel,
        text=text.strip() or "…",
        person=person,
        personal=personal,
        reply_to=reply_to,
        tracking=identity.tracking_code(keys, tenant, contact_id),
    )
    await hand_on(context, record, locality_key(tenant, person or contact_id), now)
