"""What a customer says about an answer: a rating, that it is not settled, an appeal; and on the
page what he adds before there is one.

``POST /v1/track/{code}`` for programs, ``POST /track/{code}`` for the form of the page, which
works without a script. The tracking code is the key; nobody acts for somebody else by it.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import ValidationError

from schemas.cases import CaseCommand, CommandSettled
from schemas.contacts import ContactDeduplicated
from schemas.vocabulary import CommandKind, Settlement
from services.api.commands import TAKEN, answer_of, as_appellant, send_command
from services.api.context import Context, ask, context_of
from services.api.documentation import CUSTOMER_BODY, PROBLEMS
from services.api.errors import Problem, refused
from services.api.forms import CommandAnswer, CustomerForm
from services.api.handing import admit_customer
from services.api.pages import language_in
from services.api.proving import IN_PART, RULE, refuse_in_part
from services.api.requests import form_fields, idempotency_key, read_body, read_form
from services.api.tracking import ADD, AWAY, done_page, find, show
from services.api.written import add_to
from services.domain.errors import OutageError

ACTOR: Final = "customer"
_LONGEST_NOTE: Final = 4000
_NEEDED: Final = {
    CommandKind.RATE: "rating",
    CommandKind.REOPEN: "note",
    CommandKind.APPEAL: "note",
}
_WORDS: Final = {
    "missing_field": ("请选择评分或填写说明后再提交。", "Please choose a rating, or write why."),
    "string_too_long": (
        "说明最多 4000 个字，请缩短后再提交。",
        "At most 4,000 characters: please shorten what you wrote.",
    ),
    "window_over": (
        "已超过期限。您仍可通过下方列出的途径反映。",
        "The time for this is over. You may still turn to those named below.",
    ),
    "already_decided": ("您已评价过这次答复。", "This answer was rated before."),
    RULE: IN_PART,
    "not_allowed_now": (
        "案件状态已变化，请查看最新进度。",
        "The matter has moved on: please see where it stands.",
    ),
}
_OTHERWISE: Final = ("没有成功，请稍后再试。", "This was not done: please try again shortly.")

router = APIRouter()


@router.post(
    "/v1/track/{code}",
    response_model=CommandAnswer,
    openapi_extra=CUSTOMER_BODY,
    responses={
        **PROBLEMS,
        202: {"model": CommandAnswer, "description": TAKEN},
        403: {"description": "The code opens a part only; that in our message opens all"},
        404: {"description": "Nothing under this code (yet)"},
        409: {"description": "Rejected; `refusal` and `explanation` say why"},
    },
    summary="Rate an answer, have it looked into again, or appeal",
)
async def say(request: Request, code: str) -> JSONResponse:
    """Take what the customer says. Sending the same `id` again takes effect once."""
    context = context_of(request)
    found = await find(context, code, language_in(request))
    await refuse_in_part(context, found, language_in(request))
    form = await read_form(request, CustomerForm)
    # An id is of who sends it: another customer of the same case may use the same one.
    key = f"{found.contact.tracking}:{idempotency_key(request, form.id) or context.draw()}"
    admit_customer(context, found)
    return answer_of(*await send(context, found, form, key))


@router.post("/track/{code}", include_in_schema=False)
async def say_on_page(request: Request, code: str) -> Response:
    """Take the page's form, and show the page again; with what was typed, if it was not taken."""
    context, language = context_of(request), language_in(request)
    said: dict[str, str] = {}
    try:
        said = form_fields(await read_body(request))
        found = await find(context, code, language)
        await refuse_in_part(context, found, language)
        if said.get("kind") == ADD:
            return await _add(request, context, found, said)
        form, seq = _read(said)
        admit_customer(context, found)
        # The same form sent twice is one saying: pressed twice, or reloaded.
        key = f"page:{found.contact.tracking}:{form.kind}:{seq}"
        _, settled = await send(context, found, form, key)
    except OutageError:
        return await show(context, code, language, AWAY[language == "en"], 503, said)
    except Problem as problem:
        words = _WORDS.get(str(problem.body["rule"]), _OTHERWISE)[language == "en"]
        return await show(context, code, language, words, problem.status, said)
    if settled is not None and settled.settlement is Settlement.REJECTED:
        words = _WORDS.get(str(settled.refusal), _OTHERWISE)[language == "en"]
        return await show(context, code, language, words, 409, said)
    return RedirectResponse(done_page(request, found.contact.tracking, form.kind), 303)


async def _add(
    request: Request, context: Context, found: ContactDeduplicated, said: Mapping[str, str]
) -> Response:
    """Take what the customer adds. The same words sent twice from one page are one addition.

    Raises:
        OutageError: it was not taken.
        Problem: there are no words, too many, or more additions than the quotas allow.
    """
    text = said.get("note", "").strip()
    if not text:
        raise Problem(422, "invalid", "Write something.", field="note", rule="missing_field")
    if len(text) > _LONGEST_NOTE:
        raise Problem(422, "invalid", "Too long.", field="note", rule="string_too_long")
    admit_customer(context, found)
    tracking, digest = found.contact.tracking, hashlib.sha256(text.encode()).hexdigest()
    await add_to(context, found, text, f"page:{tracking}:{said.get('seq', '')[:12]}:{digest}")
    return RedirectResponse(done_page(request, tracking, ADD), 303)


async def send(
    context: Context, found: ContactDeduplicated, form: CustomerForm, key: str
) -> tuple[CaseCommand, CommandSettled | None]:
    """Send what a customer says to his case; return it and, when it is known in time, how it
    ended. The same ``key`` is the same saying.

    Raises:
        Problem: something that it needs is missing.
    """
    needed = _NEEDED[form.kind]
    if getattr(form, needed) is None:
        raise Problem(422, "invalid", f"Needed: {needed}.", field=needed, rule="missing_field")
    fields: dict[str, Any] = {
        "kind": form.kind,
        "actor": ACTOR,
        "note": form.note,
        "rating": form.rating if form.kind is CommandKind.RATE else None,
        "contact": as_appellant(found) if form.kind is CommandKind.APPEAL else None,
    }
    state = await ask(context.queries.case, found.tenant, found.case_id)
    # The answer to a merged case is its head's: so is what is said about it.
    case_id = (state and state.merged_into) or found.case_id
    return await send_command(context, found.tenant, case_id, f"customer:{key}", fields)


def _read(written: Mapping[str, str]) -> tuple[CustomerForm, str]:
    """Return what a form says, and the number of the change that its page showed last.

    Raises:
        Problem: it breaks a rule.
    """
    fields = {name: value.strip() for name, value in written.items() if value.strip()}
    rating = fields.get("rating", "")[:2]
    try:
        form = CustomerForm.model_validate(
            {
                "kind": fields.get("kind"),
                "note": fields.get("note"),
                "rating": int(rating) if rating.isdecimal() else None,
            }
        )
    except ValidationError as error:
        raise refused(error) from None
    return form, fields.get("seq", "0")[:12]
