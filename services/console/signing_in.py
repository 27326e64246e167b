"""Signing in and out, and the choice of the language."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from services.console.context import LANGUAGE_COOKIE, TENANT, Context, context_of, session_of
from services.console.guard import is_same_key
from services.console.language import LANGUAGES
from services.console.pages import needs_key, page
from services.console.sessions import COOKIE, clerk_id, safe_next
from services.domain.sessions import LIFETIME

_YEAR_SECONDS: Final = 365 * 86_400
_WRONG_KEY_SECONDS: Final = 1.0
"""A wrong key is answered late: guessing is slow."""
Text = Annotated[str, Form(max_length=400)]

router = APIRouter()


@router.get("/sign-in")
async def form(request: Request, onwards: str = "/") -> Response:
    """Ask who it is."""
    return _form(request, safe_next(onwards), None, "", 200)


@router.post("/sign-in")
async def sign_in(
    request: Request, clerk: Text = "", key: Text = "", onwards: Text = "/"
) -> Response:
    """Begin a session."""
    context = context_of(request)
    name, onwards = clerk_id(clerk), safe_next(onwards)
    if not _is_proved(context, name, key):
        await asyncio.sleep(_WRONG_KEY_SECONDS)
        return _form(request, onwards, "wrong_key", clerk, 403)
    if name is None:
        return _form(request, onwards, "wrong_clerk", clerk, 422)
    answer = RedirectResponse(onwards, 303)
    answer.set_cookie(
        COOKIE,
        context.sessions.seal(f"clerk:{name}"),
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=_is_over_tls(request),
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session."""
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


@router.post("/language")
async def language(request: Request, language: Text = "", onwards: Text = "/") -> Response:
    """Remember the language."""
    answer = RedirectResponse(safe_next(onwards), 303)
    if language in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=_YEAR_SECONDS,
            httponly=True,
            samesite="strict",
            secure=_is_over_tls(request),
        )
    return answer


def _is_over_tls(request: Request) -> bool:
    """Return whether the browser speaks HTTPS. It says so in ``Origin``, without which no form is
    taken; to us it is a proxy that speaks, and that in plain HTTP."""
    return request.headers.get("origin", "").startswith("https://")


def _is_proved(context: Context, name: str | None, shown: str) -> bool:
    """Return whether the key is the clerk's own, where clerks have such and one of his lets him
    read, else the house's."""
    if context.access.knows_clerks:
        now, actor = context.sessions.now(), f"clerk:{name}"
        held = context.access.key_for(shown, now)
        is_own = held is not None and held.actor == actor
        return is_own and context.access.may_look(actor, TENANT, now)
    return context.key is None or is_same_key(shown, context.key)


def _form(request: Request, onwards: str, trouble: str | None, clerk: str, status: int) -> Response:
    teams = context_of(request).teams.teams
    # Whoever has yet to prove who he is, perhaps from outside, is not told who works here.
    is_told = session_of(request) is not None or not needs_key(request)
    clerks = sorted({member for team in teams.values() for member in team.members})
    return page(
        request,
        "sign_in.html",
        status,
        onwards=onwards,
        trouble=trouble,
        clerk=clerk,
        clerks=clerks if is_told else [],
    )
