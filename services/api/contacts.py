"""``POST /v1/contacts``: accepted means that Kafka has it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.api.auth import sender_key
from services.api.context import context_of
from services.api.documentation import CONTACT_BODY, PROBLEMS
from services.api.forms import ContactAccepted, ContactForm
from services.api.handing import admit, hand_on
from services.api.intake import take
from services.api.requests import idempotency_key, read_form, tenant_of

router = APIRouter()


@router.post(
    "/v1/contacts",
    status_code=202,
    response_model=ContactAccepted,
    openapi_extra=CONTACT_BODY,
    responses=PROBLEMS,
    summary="Hand in a contact",
)
async def receive(request: Request) -> Response:
    """Accept a contact. Sending it again with the same `id` or `Idempotency-Key` is safe and
    gives the same answer; without either every request is a contact of its own. An `id` is of who
    sends it: two holders of keys may use the same. Who sends more than the quotas allow is refused
    with 429 and told when to send again."""
    context = context_of(request)
    tenant = tenant_of(request)
    form = await read_form(request, ContactForm)
    key = sender_key(request, idempotency_key(request, form.id)) or context.draw()
    now, is_bulk = context.clock.now(), context.quotas.is_bulk_sender(form.customer)
    intake = take(form, context.keys, context.vault, tenant, key, now, is_bulk)
    admit(context, tenant, form.channel, intake.record.person, now, is_bulk)
    await hand_on(context, intake.record, intake.key, now)
    answer = ContactAccepted(contact_id=intake.record.contact_id, tracking=intake.record.tracking)
    return Response(answer.model_dump_json(), 202, media_type="application/json")
