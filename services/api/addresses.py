"""``POST /v1/addresses/unmark``: an address that came back once may be written to again."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from schemas.handling import Actor
from schemas.receipts import ReceiptEvent
from schemas.record import Part
from services.api.auth import acting
from services.api.context import ask, context_of
from services.api.documentation import PROBLEMS
from services.api.requests import read_form, tenant_of
from services.domain.addresses import address_index
from services.domain.send_store import AddressMark

router = APIRouter()
_MOST: Final = 100


class Address(Part):
    """An address as people write it; it is kept nowhere."""

    kind: Literal["email", "phone", "account", "post"]
    value: Annotated[str, Field(min_length=1, max_length=400, repr=False)]


class UnmarkForm(Part):
    """Which addresses to write to again, and why."""

    addresses: Annotated[tuple[Address, ...], Field(min_length=1, max_length=_MOST)]
    actor: Actor | None = None
    """For whom it is said, where that is not who proved to act."""
    reason: Annotated[str, Field(min_length=3, max_length=200)]
    complained: bool = False
    """Also where the owner had asked for no more messages: only with their own word."""


@router.post("/v1/addresses/unmark", responses=PROBLEMS, summary="Write to marked addresses again")
async def unmark(request: Request) -> JSONResponse:
    """Take the marks off addresses that bounced. Who did so and why is kept. Answers for each
    address, in order, `unmarked`, `not_marked` (nothing stood against it: asking twice is safe),
    or `kept`: its owner complained, which is undone only with `complained`."""
    context = context_of(request)
    form, tenant = await read_form(request, UnmarkForm), tenant_of(request)
    actor = acting(request, form.actor)["actor"]
    indexes = [address_index(context.keys, tenant, one.kind, one.value) for one in form.addresses]
    marks = await ask(context.sends.marked, indexes)
    free = {index for index, mark in marks.items() if form.complained or not _complained(mark)}
    if free:
        now = context.clock.now()
        await ask(context.sends.unmark, free, actor, form.reason, now)
    return JSONResponse(
        {"addresses": [_answer(marks.get(index), index in free) for index in indexes]}
    )


def _complained(mark: AddressMark) -> bool:
    return mark.reason == ReceiptEvent.COMPLAINED


def _answer(mark: AddressMark | None, is_free: bool) -> dict[str, str]:
    if mark is None:
        return {"state": "not_marked"}
    return {
        "state": "unmarked" if is_free else "kept",
        "reason": mark.reason,
        "notice_id": mark.notice_id,
        "at": mark.at.isoformat(),
    }
