"""``POST /v1/cases/{id}/commands``: a clerk acts; the outcome comes from the case's own worker."""

import asyncio
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from schemas.cases import CaseCommand, CommandSettled
from schemas.codec import encode
from schemas.keys import case_key
from schemas.topics import COMMANDS
from schemas.vocabulary import Refusal, Settlement
from services.api.cases import unknown_case
from services.api.context import Context, ask, context_of
from services.api.documentation import COMMAND_BODY, PROBLEMS
from services.api.errors import Problem
from services.api.forms import CommandAnswer, CommandForm
from services.api.requests import idempotency_key, is_id, read_form, tenant_of

WAIT_SECONDS: Final = 2.0
_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.25

router = APIRouter()


@router.post(
    "/v1/cases/{case_id}/commands",
    response_model=CommandAnswer,
    openapi_extra=COMMAND_BODY,
    responses={
        **PROBLEMS,
        202: {"model": CommandAnswer, "description": "Taken; how it ends is not known yet"},
        404: {"description": "There is no such case"},
        409: {"description": "Rejected; `refusal` and `explanation` say why"},
    },
    summary="Act on a case",
)
async def command(request: Request, case_id: str) -> JSONResponse:
    """Ask for a change of a case and wait up to two seconds for the outcome. Sending the
    same `id` or `Idempotency-Key` again takes effect once and tells the same outcome."""
    context = context_of(request)
    tenant = tenant_of(request)
    form = await read_form(request, CommandForm)
    key = idempotency_key(request, form.id) or context.draw()
    if not is_id(case_id) or await ask(context.queries.case, tenant, case_id) is None:
        raise unknown_case()
    wanted = CaseCommand(
        tenant=tenant,
        case_id=case_id,
        command_id=context.keys.permanent("command", tenant, key).partition(".")[2].lower(),
        kind=form.kind,
        actor=form.actor,
        issued_at=context.clock.now(),
        expected_seq=form.expected_seq,
        assignee=form.assignee,
        note=form.note,
    )
    topic = context.settings.topic(COMMANDS.name)
    await context.publisher.publish(topic, case_key(tenant, case_id), encode(wanted))
    return _answer(wanted, await _settlement(context, wanted))


async def _settlement(context: Context, wanted: CaseCommand) -> CommandSettled | None:
    """Look for the outcome, less and less often, for as long as a person likes to wait."""
    deadline, pause = context.clock.monotonic() + WAIT_SECONDS, _FIRST_PAUSE
    while True:
        settled = await ask(
            context.queries.settlement, wanted.tenant, wanted.case_id, wanted.command_id
        )
        if settled is not None or context.clock.monotonic() > deadline:
            return settled
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _answer(wanted: CaseCommand, settled: CommandSettled | None) -> JSONResponse:
    if settled is None:
        pending = CommandAnswer(
            case_id=wanted.case_id, command_id=wanted.command_id, settlement="pending"
        )
        return JSONResponse(pending.model_dump(mode="json", exclude_none=True), 202)
    if settled.settlement is Settlement.REJECTED:
        raise _rejected(settled)
    answer = CommandAnswer(
        case_id=settled.case_id,
        command_id=settled.command_id,
        settlement=settled.settlement,
        seq=settled.seq,
        status=settled.status,
    )
    return JSONResponse(answer.model_dump(mode="json", exclude_none=True), 200)


def _rejected(settled: CommandSettled) -> Problem:
    refusal = settled.refusal or Refusal.UNKNOWN
    if refusal is Refusal.NO_SUCH_CASE:
        return unknown_case()
    explanation = settled.explanation or "The case does not allow this now."
    return Problem(
        409,
        "rejected",
        explanation,
        rule=refusal,
        refusal=refusal,
        explanation=explanation,
        command_id=settled.command_id,
        seq=settled.seq,
        case_status=settled.status,
    )
