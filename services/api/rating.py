"""``GET /rate/{code}``: five answers to one question, for who comes from the survey's message.

Each answer is a button that posts the form of the tracking page, so no script is needed. The
number that was clicked in the mail is only shown as chosen: programs that look through mail
follow its links, and must not rate.
"""

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.api.context import ask, context_of
from services.api.errors import Problem
from services.api.forms import Result
from services.api.pages import html_page, language_in
from services.api.progress import Language
from services.api.tracking import AWAY, find, progress
from services.domain.errors import OutageError

router = APIRouter()


@router.get("/rate/{code}", include_in_schema=False)
async def page(request: Request, code: str, stars: str = "") -> Response:
    """Ask how content the customer is with the answer."""
    context, language = context_of(request), language_in(request)
    chosen = int(stars) if stars in {"1", "2", "3", "4", "5"} else 0
    try:
        found = await find(context, code, language)
        answer = await ask(progress, context, found, language)
    except Problem as problem:
        trouble = str(problem.body["message"])
        return _page(language, code, chosen, Result(), trouble, problem.status)
    except OutageError:
        return _page(language, code, chosen, Result(), AWAY[language == "en"], 503)
    return _page(language, answer.tracking, chosen, answer.result, None, 200)


def _page(
    language: Language, code: str, chosen: int, result: Result, trouble: str | None, status: int
) -> HTMLResponse:
    return html_page(
        "rate.html",
        language,
        status,
        f"/rate/{quote(code, safe='')}",
        tracking=code,
        chosen=chosen,
        result=result,
        trouble=trouble,
    )
