"""What a customer chooses about notices: ``PUT /v1/track/{code}/preferences`` for programs, a form
on the tracking page for people. The tracking code is the key; a choice holds for the person as far
as the code proves him (:func:`services.api.choosing.chooses_for`).
"""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import ValidationError

from schemas.contacts import ContactDeduplicated
from services.api.choosing import chooses_for, chosen_under, keep
from services.api.context import Context, ask, context_of
from services.api.documentation import PROBLEMS
from services.api.errors import Problem, refused
from services.api.handing import admit_customer
from services.api.pages import language_in
from services.api.progress import Language
from services.api.proving import IN_PART, RULE, refuse_in_part
from services.api.requests import form_fields, read_body, read_form
from services.api.tracking import AWAY, done_page, find, show
from services.domain.errors import OutageError
from services.domain.preferences import (
    CHOICES_KEPT,
    FIELDS,
    Preferences,
    key_of,
)

router = APIRouter()
_REFUSED = ("没有保存，请检查后再试。", "This was not saved: please check it and try again.")


@router.get(
    "/v1/track/{code}/preferences",
    response_model=Preferences,
    responses=PROBLEMS,
    summary="What a customer chose about notices",
)
async def chosen(request: Request, code: str) -> JSONResponse:
    """Return the choice; what is not in it follows the company's rules."""
    context = context_of(request)
    found = await _found(context, code, language_in(request))
    known = await ask(chosen_under, context, found)
    return JSONResponse(known.model_dump(mode="json"))


@router.put(
    "/v1/track/{code}/preferences",
    response_model=Preferences,
    responses=PROBLEMS,
    summary="Choose language, channels and quiet zone, or opt out of what is not mandatory",
)
async def choose(request: Request, code: str) -> JSONResponse:
    """Let what is said take the place of what was chosen before; what is not said stays as it
    is, and `null` takes a choice back. Returns all that is chosen now. The answer to a complaint
    comes in any case."""
    context = context_of(request)
    found = await _found(context, code, language_in(request))
    form = await read_form(request, Preferences)
    admit_customer(context, found)
    if said := FIELDS & form.model_fields_set:
        names = await ask(chooses_for, context, found)
        await keep(context, found.tenant, names, form, said, "program")
    chosen = await ask(chosen_under, context, found)
    return JSONResponse(chosen.model_dump(mode="json"))


@router.get(
    "/v1/track/{code}/preferences/history",
    responses=PROBLEMS,
    summary="When a customer chose, and how",
)
async def history(request: Request, code: str) -> JSONResponse:
    """Return the newest choices, the oldest first: when, by which way, whether it was to be told
    of what is mandatory only, and the message whose link or word said so."""
    context = context_of(request)
    found = await _found(context, code, language_in(request))
    keys = [key_of(found.tenant, name) for name in await ask(chooses_for, context, found)]
    # The same choice stands under each name.
    known = [one for key in keys for one in await ask(context.preferences.choices, key)]
    newest = sorted(dict.fromkeys(known), key=lambda one: one.at)[-CHOICES_KEPT:]
    choices = [
        {
            "at": one.at.isoformat(),
            "by": one.by,
            "opt_out": one.opt_out,
            "notice_id": one.notice_id,
        }
        for one in newest
    ]
    return JSONResponse({"choices": choices})


@router.post("/track/{code}/preferences", include_in_schema=False)
async def choose_on_page(request: Request, code: str) -> Response:
    """Take the page's form, and show the page again."""
    context, language = context_of(request), language_in(request)
    try:
        found = await _found(context, code, language)
        form, said = _read(await read_body(request))
        admit_customer(context, found)
        names = await ask(chooses_for, context, found)
        await keep(context, found.tenant, names, form, said, "page")
        is_refused = not form.opt_out and (await ask(chosen_under, context, found)).opt_out
    except OutageError:
        return await show(context, code, language, AWAY[language == "en"], 503)
    except Problem as problem:
        words = IN_PART if problem.body["rule"] == RULE else _REFUSED
        return await show(context, code, language, words[language == "en"], problem.status)
    done = "preferences_out" if is_refused and "opt_out" in said else "preferences"
    return RedirectResponse(done_page(request, found.contact.tracking, done), 303)


async def _found(context: Context, code: str, language: Language) -> ContactDeduplicated:
    """Return the contact of a code that opens a whole matter.

    Raises:
        Problem: there is none (yet), or it opens a part only.
    """
    found = await find(context, code, language)
    await refuse_in_part(context, found, language)
    return found


def _read(body: bytes) -> tuple[Preferences, frozenset[str]]:
    """Return the choice of the page, and which fields it says. The box about progress says
    something only where it was touched: the page may be older than an opt-out by another way."""
    first = form_fields(body)
    channel, is_out = first.get("channel"), first.get("progress") != "yes"
    said = {"language", "channels"}
    if first.get("progress_was") != ("no" if is_out else "yes"):
        said.add("opt_out")
    try:
        form = Preferences.model_validate(
            {
                "language": first.get("language") or None,
                "channels": (channel,) if channel else (),
                "opt_out": is_out,
            }
        )
    except ValidationError as error:
        raise refused(error) from None
    return form, frozenset(said)
