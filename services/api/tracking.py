"""Tracking: ``GET /v1/track/{code}`` for programs, ``/track/{code}`` as a page for people.

The code is the only key needed, and it opens only what :mod:`services.api.progress` allows, of
whom it does not prove a part of that (:mod:`services.api.proving`).
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from schemas.cases import CaseChanged, CaseState
from schemas.contacts import ContactDeduplicated
from schemas.vocabulary import ANSWERED, CaseStatus, ClockName
from services.adapters.whole_matter import contacts_of
from services.api.choosing import chosen_under
from services.api.context import Context, ask, context_of
from services.api.documentation import PROBLEMS
from services.api.errors import Problem
from services.api.forms import TrackingAnswer
from services.api.pages import html_page, language_in
from services.api.progress import LANGUAGES, Language, for_appellant, progress_of
from services.api.proving import IN_PART, as_seen_by, is_in_part
from services.api.result import result_of
from services.domain.clocks.stages import Clocks, clocks_of
from services.domain.errors import OutageError
from services.domain.identity import read_tracking_code
from services.domain.merging import is_of_several, through_head
from services.domain.preferences import Preferences
from services.domain.redress import load_redress

_WINDOW: Final = 500
"""How many changes at each end of a long history are looked at."""
_OWN: Final = 50
_UNKNOWN: Final = (
    "没有找到这个查询码。刚提交的投诉几秒钟后才能查到，请稍后再试。",
    "There is nothing under this code. A new contact appears within seconds: try again shortly.",
)
_MALFORMED: Final = (
    "查询码为 20 位字母和数字，请核对。",
    "A tracking code has 20 letters and digits: please check it.",
)
AWAY: Final = (
    "系统暂时无法查询，请稍后再试。",
    "We cannot look this up now: try again shortly.",
)

_DONE: Final = {
    "rate": ("感谢您的评价。", "Thank you for your rating."),
    "reopen": (
        "您的请求已提交，稍后即可在进度中看到。",
        "We have your request; a moment later it stands below.",
    ),
    "appeal": (
        "您的申诉已提交，稍后即可在进度中看到。",
        "We have your appeal; a moment later it stands below.",
    ),
    "preferences": ("通知设置已保存。", "Your choice is saved."),
    "preferences_out": (
        "通知设置已保存。您此前已为所有投诉退订进展通知，如需恢复，请使用退订时的链接或查询码。",
        "Your choice is saved. You refused progress updates before for all your complaints: to get "
        "them again, use the link or the code by which you did.",
    ),
    "add": (
        "我们已收到您补充的内容，稍后即可在下方看到。",
        "We have what you added; a moment later it stands below.",
    ),
}
ADD: Final = "add"
"""The kind of the page's form by which a customer adds to what he told us."""
_SAID: Final = ("kind", "note", "rating", "seq")
_CODE_SHOWN: Final = 40
"""As much as the form takes of a code."""

router = APIRouter()


@router.get(
    "/v1/track/{code}",
    response_model=TrackingAnswer,
    responses={503: PROBLEMS[503], 404: {"description": "Nothing under this code (yet)"}},
    summary="Follow a matter by its tracking code",
)
async def track(request: Request, code: str) -> Response:
    """Return where the matter stands, in the language of Accept-Language (zh or en)."""
    language = language_in(request)
    answer = await _look_up(context_of(request), code, language)
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    return Response(answer.model_dump_json(), headers=headers, media_type="application/json")


@router.get("/", include_in_schema=False)
async def home() -> Response:
    """Lead who comes by the bare address to the form."""
    return RedirectResponse("/track", 303)


@router.get("/track", include_in_schema=False)
async def ask_for_code(request: Request, code: str | None = None) -> Response:
    """Show the form; its answer is the page of the code."""
    if code and (read := read_tracking_code(code)) is not None:
        return RedirectResponse(f"/track/{read}{said_language(request)}", 303)
    language = language_in(request)
    trouble = _MALFORMED[language == "en"] if code else None
    return _page(language, None, trouble, 404 if code else 200, code or "")


@router.get("/track/{code}", include_in_schema=False)
async def page(request: Request, code: str, done: str = "") -> Response:
    """Show where the matter stands, after a form also that it was taken (``done``)."""
    language = language_in(request)
    try:
        answer = await _look_up(context_of(request), code, language)
    except Problem as problem:
        return _page(language, None, str(problem.body["message"]), problem.status, code)
    except OutageError:
        return _page(language, None, AWAY[language == "en"], 503, code)
    words = _DONE.get(done)
    return _page(language, answer, None, 200, done=words[language == "en"] if words else None)


async def find(context: Context, written: str, language: Language) -> ContactDeduplicated:
    """Return the contact with the code that somebody typed.

    Raises:
        Problem: there is none (yet).
    """
    code = read_tracking_code(written)
    if code is None:
        message = _MALFORMED[language == "en"]
        raise Problem(404, "not_found", message, field="code", rule="tracking_code")
    found = await ask(context.queries.by_tracking, None, code)
    if found is None:
        raise Problem(404, "not_found", _UNKNOWN[language == "en"], field="code", rule="unknown")
    return found


async def _look_up(context: Context, written: str, language: Language) -> TrackingAnswer:
    found = await find(context, written, language)
    return await ask(progress, context, found, language)


async def show(
    context: Context,
    code: str,
    language: Language,
    trouble: str,
    status: int,
    said: Mapping[str, str] = MappingProxyType({}),
) -> HTMLResponse:
    """Show the page of a code with what did not work, and what was ``said`` in the form that was
    not taken; the form for a code where even the page is not to be had."""
    try:
        answer: TrackingAnswer | None = await _look_up(context, code, language)
    except (Problem, OutageError):
        answer = None
    return _page(language, answer, trouble, status, code, said=said)


def progress(context: Context, found: ContactDeduplicated, language: Language) -> TrackingAnswer:
    """Return where the matter of a contact stands."""
    tenant, case_id, person = found.tenant, found.case_id, found.contact.person
    counted = context.queries.case(tenant, case_id)
    in_part = is_in_part(context.queries, found, counted)
    state = as_seen_by(found, counted, in_part)
    history = [] if state is None else _history(context, tenant, case_id, state)
    own = {found.contact.contact_id: found.contact}
    if person is not None and not in_part:
        for other in context.queries.contacts(tenant, case_id, person, _OWN):
            own.setdefault(other.contact.contact_id, other.contact)
    now, routes = context.clock.now(), load_redress()
    code = found.contact.tracking
    is_appealed = state is not None and state.status is CaseStatus.APPEALED
    if state is not None and state.appealed_by and is_appealed and not in_part:
        # From here on the case of the appeal is the one that moves.
        appeal = context.queries.case(tenant, state.appealed_by)
        if appeal is not None and _is_theirs(context, appeal, state, found):
            told = for_appellant(history, state, _is_shared(context, state))
            history = [*told, *_history(context, tenant, appeal.case_id, appeal)]
            state = appeal
    if state is not None and state.merged_into is not None:
        state, history = through_head(state, history)
    is_shared = state is not None and _is_shared(context, state)
    answer = progress_of(list(own.values()), state, history, code, language, is_shared)
    chosen = Preferences() if in_part else chosen_under(context, found)
    due = _answer_by(context, state)
    result = result_of(state, history, routes, language, now, is_shared)
    return answer.model_copy(
        update={
            "answer_by": due,
            "is_late": due is not None and due < now,
            "result": result.model_copy(update={"may": ()}) if in_part else result,
            "preferences": chosen,
            "in_part": in_part,
        }
    )


def _is_shared(context: Context, state: CaseState) -> bool:
    """Return whether cases of others are merged into this one."""
    return bool(state.merged) and is_of_several(contacts_of(context.queries, state))


def _answer_by(context: Context, state: CaseState | None) -> datetime | None:
    if state is None or state.status in ANSWERED or state.complainants > 1:
        return None
    clocks = Clocks(state, context.accounts.book.terms(clocks_of(state).policies))
    running = clocks.of(ClockName.STATUTORY)
    return None if running is None else clocks.due(running)


def _is_theirs(
    context: Context, appeal: CaseState, about: CaseState, found: ContactDeduplicated
) -> bool:
    """Return whether an appeal is of the person who asks."""
    if about.complainants == 1:
        return True
    opener = context.queries.contact(about.tenant, appeal.first_contact_id)
    return opener is not None and (opener.contact.person or opener.contact.contact_id) == (
        found.contact.person or found.contact.contact_id
    )


def _history(context: Context, tenant: str, case_id: str, state: CaseState) -> list[CaseChanged]:
    first = context.queries.history(tenant, case_id, 0, _WINDOW)
    if state.seq <= _WINDOW:
        return first
    last = context.queries.history(tenant, case_id, max(_WINDOW, state.seq - _WINDOW), _WINDOW)
    return [*first, *last]


def _page(
    language: Language,
    answer: TrackingAnswer | None,
    trouble: str | None,
    status: int,
    typed: str = "",
    done: str | None = None,
    said: Mapping[str, str] = MappingProxyType({}),
) -> HTMLResponse:
    here = f"/track/{answer.tracking}" if answer else "/track"
    ways: tuple[str, ...] = ()
    if answer is not None:
        # After the answer there is the form to have it looked into again.
        is_open = answer.result.seq > 0 and answer.state not in ANSWERED
        may_add = is_open and not answer.in_part
        ways = (*answer.result.may, *((ADD,) if may_add else ()))
    return html_page(
        "track.html",
        language,
        status,
        here,
        answer=answer,
        in_part=IN_PART[language == "en"],
        trouble=trouble,
        typed=typed[:_CODE_SHOWN],
        done=done,
        said={name: said.get(name, "") for name in _SAID},
        ways=ways,
    )


def said_language(request: Request) -> str:
    """Return what keeps the language that the address says, for the address to go to."""
    said = request.query_params.get("lang")
    return f"?lang={said}" if said in LANGUAGES else ""


def done_page(request: Request, code: str, done: str) -> str:
    """Return the address of the page that says that something was taken."""
    kept = said_language(request).replace("?", "&")
    return f"/track/{code}?done={done}{kept}"
