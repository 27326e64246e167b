"""What a customer chooses about notices: ``PUT /v1/track/{code}/preferences`` for programs, a form
on the tracking page for people. The tracking code is the key; a choice holds for the person.
"""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import ValidationError

from schemas.contacts import ContactDeduplicated
from services.api.choosing import keep
from services.api.context import Context, ask, context_of
from services.api.documentation import PROBLEMS
from services.api.errors import Problem, refused
from services.api.requests import read_body, read_form
from services.api.tracking import AWAY, find, language_in, show
from services.domain.errors import OutageError
from services.domain.preferences import By, Preferences, key_of

router = APIRouter()
_REFUSED = ("没有保存,请检查后再试。", "This was not saved: please check it and try again.")


@router.get(
    "/v1/track/{code}/preferences",
    response_model=Preferences,
    responses=PROBLEMS,
    summary="What a customer chose about notices",
)
async def chosen(request: Request, code: str) -> JSONResponse:
    """Return the choice; what is not in it follows the company's rules."""
    context = context_of(request)
    found = await find(context, code, language_in(request))
    key = _key(found)
    known = await ask(context.preferences.chosen, [key])
    return JSONResponse(known.get(key, Preferences()).model_dump(mode="json"))


@router.put(
    "/v1/track/{code}/preferences",
    response_model=Preferences,
    responses=PROBLEMS,
    summary="Choose language, channels and quiet zone, or opt out of what is not mandatory",
)
async def choose(request: Request, code: str) -> JSONResponse:
    """Take the place of what was chosen before. The answer to a complaint comes in any case."""
    context = context_of(request)
    found = await find(context, code, language_in(request))
    form = await read_form(request, Preferences)
    await _keep(context, found, form, "program")
    return JSONResponse(form.model_dump(mode="json"))


@router.get(
    "/v1/track/{code}/preferences/history",
    responses=PROBLEMS,
    summary="When a customer chose, and how",
)
async def history(request: Request, code: str) -> JSONResponse:
    """Return the newest choices, the oldest first: when, by which way, whether it was to be told
    of what is mandatory only, and the message whose link or word said so."""
    context = context_of(request)
    found = await find(context, code, language_in(request))
    known = await ask(context.preferences.choices, _key(found))
    choices = [
        {
            "at": one.at.isoformat(),
            "by": one.by,
            "opt_out": one.opt_out,
            "notice_id": one.notice_id,
        }
        for one in known
    ]
    return JSONResponse({"choices": choices})


@router.post("/track/{code}/preferences", include_in_schema=False)
async def choose_on_page(request: Request, code: str) -> Response:
    """Take the page's form, and show the page again."""
    context, language = context_of(request), language_in(request)
    try:
        found = await find(context, code, language)
        form = _read(await read_body(request))
        await _keep(context, found, await _merged(context, found, form), "page")
    except OutageError:
        return await show(context, code, language, AWAY[language == "en"], 503)
    except Problem as problem:
        return await show(context, code, language, _REFUSED[language == "en"], problem.status)
    return RedirectResponse(f"/track/{found.contact.tracking}", 303)


async def _merged(context: Context, found: ContactDeduplicated, form: Preferences) -> Preferences:
    """Return the choice of the page over what only programs can choose."""
    key = _key(found)
    known = (await ask(context.preferences.chosen, [key])).get(key, Preferences())
    return form.model_copy(update={"zone": known.zone})


async def _keep(context: Context, found: ContactDeduplicated, form: Preferences, by: By) -> None:
    await keep(context, found.tenant, found.contact.person or found.contact.contact_id, form, by)


def _key(found: ContactDeduplicated) -> str:
    return key_of(found.tenant, found.contact.person or found.contact.contact_id)


def _read(body: bytes) -> Preferences:
    written = parse_qs(body.decode(errors="replace"), max_num_fields=10)
    first = {name: values[0] for name, values in written.items()}
    channel = first.get("channel")
    try:
        return Preferences.model_validate(
            {
                "language": first.get("language") or None,
                "channels": (channel,) if channel else (),
                "opt_out": first.get("progress") != "yes",
            }
        )
    except ValidationError as error:
        raise refused(error) from None
