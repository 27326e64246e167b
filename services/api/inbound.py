"""``POST /v1/inbound/…``: what people answer to our notices, and mail that comes back."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from services.api.answered_mail import take_mail
from services.api.answered_sms import ShortMessage, take_sms
from services.api.context import Context, context_of
from services.api.documentation import PROBLEMS
from services.api.parted_sms import SmsPart, take_part
from services.api.providers import Signed, signed_request
from services.api.requests import as_form, tenant_of

router = APIRouter()
MOST_OF_A_MAIL: Final = 50 * 1024 * 1024
"""Bytes: more than the usual mail servers take. Whoever complains of damage sends pictures of it,
and what he says of them comes first."""


@router.post(
    "/v1/inbound/mail/{provider}", responses=PROBLEMS, summary="Hand in a mail, as it came"
)
async def mail(request: Request, provider: str) -> JSONResponse:
    """Take a raw mail (message/rfc822) of at most 50 MiB; what hangs on it is not
    kept, which the contact says. A reply to a notice becomes a contact of its case, or a note on it
    where staff or a partner answers from the own address; any other mail a contact of its own;
    bounces that speak of the address, and complaints, mark it.
    Sending the same mail again is safe, and wanted after a 503, or a 429: its sender sends more
    than the quotas allow."""
    context = context_of(request)
    signed = await signed_request(request, context, provider, MOST_OF_A_MAIL)
    what = "absorbed" if signed.is_replay else await take_mail(context, tenant_of(request), signed)
    return _done(context, signed, what)


@router.post("/v1/inbound/sms/{provider}", responses=PROBLEMS, summary="Hand in a short message")
async def short_message(request: Request, provider: str) -> JSONResponse:
    """Take a short message. It becomes a contact of the case that its sender was last told about,
    else a contact of its own. A digit that answers a survey, and says nothing else, is the rating
    of that case; the word for "no more" opts its sender out of what is not mandatory and, where
    he had nothing of that kind lately to refuse, marks the number. After a 503 or a 429 send it
    again."""
    context = context_of(request)
    signed = await signed_request(request, context, provider)
    form, tenant = as_form(signed.body, ShortMessage), tenant_of(request)
    what = "absorbed" if signed.is_replay else await take_sms(context, tenant, form, provider)
    return _done(context, signed, what)


@router.post(
    "/v1/inbound/sms/{provider}/parts",
    responses=PROBLEMS,
    summary="Hand in a part of a short message",
)
async def short_message_part(request: Request, provider: str) -> JSONResponse:
    """Take a part of a long short message. It is safe when it is taken; when all have come they
    are taken as one short message, and after a while (``COMPLAINTS_SMS_PARTS_MINUTES``) those that
    have, with a mark for each that has not. Sending a part again is safe, and wanted after a 503 or
    a 429."""
    context = context_of(request)
    signed = await signed_request(request, context, provider)
    form, tenant = as_form(signed.body, SmsPart), tenant_of(request)
    what = "absorbed" if signed.is_replay else await take_part(context, tenant, form, provider)
    return _done(context, signed, what)


def _done(context: Context, signed: Signed, what: str) -> JSONResponse:
    context.replays.add(signed.provider, signed.message_id, context.wall.now().timestamp())
    context.metrics.inbound.labels(what).inc()
    return JSONResponse({"taken_as": what}, 202)
