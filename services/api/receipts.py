"""``POST /v1/receipts/{provider}``: what became of notices that were handed over."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field, ValidationError

from schemas.codec import encode
from schemas.keys import case_key
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeReceipt
from schemas.receipts import ReceiptEvent
from schemas.record import Id, Instant, Part
from schemas.topics import RECEIPTS
from services.api.context import Context, ask, context_of
from services.api.documentation import PROBLEMS
from services.api.errors import Problem, refused
from services.api.providers import signed_request
from services.domain.provider_names import meant
from services.domain.send_store import Attempt

router = APIRouter()
_MOST: Final = 500
_CHANNELS: Final = {str(channel): channel for channel in NoticeChannel} | {
    "mail": NoticeChannel.EMAIL,
    "smpp": NoticeChannel.SMS,
}
"""Providers that are called by what they send over; others may be of any channel."""


class Receipt(Part):
    """One event. ``notice_id`` is the id that we sent the message under, ``provider_id`` the one
    that the provider answered; one of the two is needed."""

    notice_id: Id | None = None
    provider_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    event: Literal["delivered", "undelivered", "bounced", "complained"]
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,60}$")] | None = None
    at: Instant | None = None


class Receipts(Part):
    """What a provider posts."""

    receipts: Annotated[tuple[Receipt, ...], Field(min_length=1, max_length=_MOST)]


@router.post(
    "/v1/receipts/{provider}",
    status_code=202,
    responses={**PROBLEMS, 404: {"description": "A notice is not known (yet); send again"}},
    summary="Say what became of notices",
)
async def receive(request: Request, provider: str) -> JSONResponse:
    """Take a provider's receipts. Sending them again is safe: what was taken is absorbed. 404
    means that some were not understood yet, as their notices are not known; send again later."""
    context = context_of(request)
    signed = await signed_request(request, context, provider)
    if signed.is_replay:
        return JSONResponse({"taken": 0, "absorbed": True}, 200)
    try:
        form = Receipts.model_validate_json(signed.body)
    except ValidationError as error:
        raise refused(error) from None
    unknown = 0
    for one in form.receipts:
        unknown += not await _take(context, provider, one)
    if unknown:
        raise Problem(
            404,
            "not_found",
            f"{unknown} of {len(form.receipts)} notices are not known",
            rule="known",
        )
    context.replays.add(provider, signed.message_id, context.wall.now().timestamp())
    return JSONResponse({"taken": len(form.receipts)}, 202)


async def _take(context: Context, provider: str, said: Receipt) -> bool:
    notice_id, attempt = said.notice_id, None
    if said.provider_id is not None and notice_id is None:
        known = await ask(context.sends.attempts_called, said.provider_id)
        found = meant(known, _CHANNELS.get(provider), provider)
        if found is None:
            return False
        notice_id, attempt = found
    if notice_id is None:
        return False
    return await pass_on(
        context, notice_id, ReceiptEvent(said.event), f"provider:{provider}", said.code,
        said.at, attempt, _CHANNELS.get(provider),
    )  # fmt: skip


async def pass_on(
    context: Context,
    notice_id: str,
    event: ReceiptEvent,
    said_by: str,
    code: str | None = None,
    at: Instant | None = None,
    attempt: int | None = None,
    over: NoticeChannel | None = None,
) -> bool:
    """Hand what was said to the sender; False when the notice is not known. Without ``attempt``
    it is about the last one ``over`` that channel: what comes back twice, or late, is not held
    against the channel that the notice went over meanwhile."""
    notice = (await ask(context.sends.requested, [notice_id])).get(notice_id)
    if notice is None:
        return False
    if attempt is None:
        known = await ask(context.sends.attempts, [notice_id])
        attempt = _last_of(known.get(notice_id, []), over)
    now = context.clock.now()
    record = NoticeReceipt(
        tenant=notice.tenant,
        case_id=notice.case_id,
        notice_id=notice_id,
        attempt=attempt,
        event=event,
        said_by=said_by[:60],
        reason=code,
        at=at or now,
        received_at=now,
    )
    topic = context.settings.topic(RECEIPTS.name)
    await context.publisher.publish(topic, case_key(notice.tenant, notice.case_id), encode(record))
    context.metrics.receipts.labels(str(event)).inc()
    return True


def _last_of(attempts: list[Attempt], over: NoticeChannel | None) -> int:
    """Return the last attempt that was made, over that channel if there was one over it: the one
    that a receipt without a name of its own is of."""
    made = {one.number: one.claim.channel for one in attempts if one.claim is not None}
    own = [number for number, channel in made.items() if over in (None, channel)]
    return max(own or made, default=1)
