"""``POST /v1/cases/{id}/commands``: a clerk acts; the outcome comes from the case's own worker."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from schemas.added import ContactAdded
from schemas.cases import CaseCommand, CaseState, CommandSettled
from schemas.codec import encode
from schemas.contacts import ContactDeduplicated
from schemas.keys import case_key
from schemas.topics import COMMANDS
from schemas.vocabulary import CommandKind, Refusal, Relation, Settlement
from services.adapters.case_queries import Queries
from services.api.auth import acting
from services.api.cases import unknown_case
from services.api.context import Context, ask, context_of
from services.api.documentation import COMMAND_BODY, PROBLEMS
from services.api.errors import Problem, invalid
from services.api.forms import CommandAnswer, CommandForm
from services.api.requests import idempotency_key, is_id, read_form, tenant_of
from services.domain.merging import is_earlier

TAKEN: Final = "Taken; how it ends is not known yet, or the case does not show it yet"
_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.25

router = APIRouter()


@router.post(
    "/v1/cases/{case_id}/commands",
    response_model=CommandAnswer,
    openapi_extra=COMMAND_BODY,
    responses={
        **PROBLEMS,
        202: {"model": CommandAnswer, "description": TAKEN},
        401: {"description": "Nobody proved who acts; `actor` alone is no proof"},
        403: {"description": "The key does not give this command"},
        404: {"description": "There is no such case"},
        409: {
            "description": "Rejected; `refusal` and `explanation` say why, and where the command "
            "was `stale` `since` says what happened meanwhile (number, kind, actor, time), where "
            "the case is merged `merged_into` names the head to be asked instead"
        },
    },
    summary="Act on a case",
)
async def command(request: Request, case_id: str) -> JSONResponse:
    """Ask for a change of a case and wait up to two seconds for the outcome (or as long as the
    operator set). Who reads the case after a 200 finds the change in it. Sending the same `id`
    or `Idempotency-Key` again takes effect once and tells the same outcome."""
    context = context_of(request)
    tenant = tenant_of(request)
    form = await read_form(request, CommandForm)
    key = idempotency_key(request, form.id) or context.draw()
    state = await ask(context.queries.case, tenant, case_id) if is_id(case_id) else None
    if state is None:
        raise unknown_case()
    fields = form.model_dump(exclude={"id", "contact_id", "actor"}, exclude_unset=True)
    fields |= acting(request, form.actor, form.kind)
    if form.kind in (CommandKind.MERGE, CommandKind.UNMERGE):
        case_id, fields = await ask(addressed, context.queries, state, fields)
    if form.kind is CommandKind.APPEAL:
        fields["contact"] = await ask(_appellant, context, state, form.contact_id)
    return answer_of(*await send_command(context, tenant, case_id, key, fields))


def addressed(
    queries: Queries, state: CaseState, fields: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return to whom a merge or unmerge goes, and what it says: both are the head's to do.

    Which case is the head is decided by the cases; this only spares them asking each other.

    Raises:
        Problem: the other case is missing or unknown.
    """
    if fields["kind"] == CommandKind.UNMERGE and state.merged_into is not None:
        return _to_head(state.merged_into, state.case_id, fields)
    other = fields.get("other")
    if other is None:
        raise invalid("other", "missing", "Say which other case is meant, by its id.")
    found = queries.case(state.tenant, other)
    if found is None:
        raise invalid("other", "unknown", "There is no other case with this id.")
    if fields["kind"] == CommandKind.UNMERGE:
        return state.case_id, fields
    head = queries.case(state.tenant, state.merged_into) if state.merged_into else state
    if head is not None and found.merged_into not in (None, head.case_id):
        found = queries.case(state.tenant, found.merged_into or "") or found
    if head is None or head.case_id == found.case_id:
        return state.case_id, fields
    if is_earlier(found.opened_at, found.case_id, head):
        head, found = found, head
    return _to_head(head.case_id, found.case_id, fields)


def _to_head(head: str, other: str, fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What was seen of one case says nothing of where another one stands."""
    rest = {name: value for name, value in fields.items() if name != "expected_seq"}
    return head, rest | {"other": other}


async def send_command(
    context: Context, tenant: str, case_id: str, key: str, fields: Mapping[str, Any]
) -> tuple[CaseCommand, CommandSettled | None]:
    """Send a command under the idempotency key ``key``; return it and, when it is known in
    time, how it ended."""
    wanted = CaseCommand(
        tenant=tenant,
        case_id=case_id,
        command_id=context.keys.permanent("command", tenant, key).partition(".")[2].lower(),
        issued_at=context.clock.now(),
        **fields,
    )
    topic = context.settings.topic(COMMANDS.name)
    await context.publisher.publish(topic, case_key(tenant, case_id), encode(wanted))
    return wanted, await _settlement(context, wanted)


def _appellant(context: Context, state: CaseState, contact_id: str | None) -> ContactAdded:
    """Return the contact of who appeals: the one that is named, or of the only complainant."""
    if contact_id is None and state.complainants > 1:
        message = "The case has several complainants: say whose appeal it is, by a contact's id."
        raise invalid("contact_id", "missing", message)
    found = context.queries.contact(state.tenant, contact_id or state.first_contact_id)
    if found is None or found.case_id not in (state.case_id, state.appeal_of):
        raise invalid("contact_id", "unknown", "The case has no such contact.")
    return as_appellant(found)


def as_appellant(found: ContactDeduplicated) -> ContactAdded:
    """Return a contact as the case of an appeal has it."""
    return ContactAdded(
        contact_id=found.contact.contact_id,
        relation=Relation.NEW,
        channel=found.contact.channel,
        received_at=found.contact.received_at,
        person=found.contact.person,
        waybill_index=found.waybill_index,
    )


async def _settlement(context: Context, wanted: CaseCommand) -> CommandSettled | None:
    """Look for the outcome, less and less often, for as long as a person likes to wait.

    It is told once the case shows it: the log, which settles, is written before the document,
    which is read, and who is told of a change must not be shown the case without it. What was
    rejected changed nothing, so that is told in the end however far the document is behind.
    """
    pause = _FIRST_PAUSE
    deadline = context.clock.monotonic() + context.settings.command_wait_seconds
    settled: CommandSettled | None = None
    while True:
        settled = settled or await ask(
            context.queries.settlement, wanted.tenant, wanted.case_id, wanted.command_id
        )
        if settled is not None and await ask(_is_shown, context.queries, wanted.tenant, settled):
            return settled
        if context.clock.monotonic() > deadline:
            is_rejected = settled is not None and settled.settlement is Settlement.REJECTED
            return settled if is_rejected else None
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _is_shown(queries: Queries, tenant: str, settled: CommandSettled) -> bool:
    """Say whether who reads the case now reads what the command left, or something newer."""
    state = queries.case(tenant, settled.case_id)
    return settled.seq <= (state.seq if state is not None else 0)


def answer_of(wanted: CaseCommand, settled: CommandSettled | None) -> JSONResponse:
    """Return how a command ended, or that this is not known, or not to be seen, yet.

    Raises:
        Problem: it was rejected.
    """
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
        **_more(settled),
    )


def _more(settled: CommandSettled) -> dict[str, Any]:
    """Return what else is known: what a stale command missed, the head of a merged case."""
    more: dict[str, Any] = {}
    if settled.since is not None:
        more["since"] = [change.model_dump(mode="json") for change in settled.since]
    if settled.merged_into is not None:
        more["merged_into"] = settled.merged_into
    return more
