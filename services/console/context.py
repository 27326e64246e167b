"""What the pages work with; built at the start, swapped by tests."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final, TypeVar, cast

from fastapi import Request

from schemas.personal import KeyRing
from schemas.vocabulary import CommandKind
from services.adapters.accounts import Accounts
from services.adapters.case_notices import CaseNotices
from services.adapters.case_queries import Queries
from services.adapters.deadlines import Deadlines
from services.console.acting import Desk
from services.console.language import Language, Texts, language_of, texts_of
from services.console.viewing import Viewing
from services.console.watch import Watch
from services.domain.access import Access
from services.domain.clock import Clock
from services.domain.frequent import Frequent
from services.domain.incident_store import IncidentStore
from services.domain.sessions import Session, Sessions
from services.domain.teams import Teams

T = TypeVar("T")
TENANT: Final = "default"
LANGUAGE_COOKIE: Final = "language"


@dataclass(frozen=True)
class Context:
    """Everything a page needs besides the request."""

    keys: KeyRing
    clock: Clock
    zone: tzinfo
    queries: Queries
    deadlines: Deadlines
    notices: CaseNotices
    incidents: IncidentStore
    accounts: Accounts
    """Of the clocks of cases."""
    teams: Teams
    frequent: Callable[[], Frequent]
    """Who asks often, as the file says now."""
    desk: Desk
    watch: Watch
    sessions: Sessions
    access: Access
    """Clerks' own keys, where they have such."""
    key: str | None
    draw: Callable[[], str]
    """A fresh key for a form, so that sending it twice takes effect once."""
    public_url: str
    """Where customers find their pages."""


def context_of(request: Request) -> Context:
    """Return the context of the running console."""
    return cast(Context, request.app.state.context)


def language_for(request: Request) -> Language:
    """Return the language of this person's pages."""
    return language_of(
        request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", "")
    )


def texts_for(request: Request) -> Texts:
    """Return the catalogue of this person's language."""
    return texts_of(language_for(request))


def session_of(request: Request) -> Session | None:
    """Return who sits there, if that was said."""
    return cast("Session | None", request.state.session)


def may_do(request: Request, kind: CommandKind | None) -> bool:
    """Return whether who sits there may give this command, or (None) speak of incidents: nobody is
    offered what his key does not give."""
    session, context = session_of(request), context_of(request)
    if session is None:
        return False
    return context.access.may_do(session.actor, TENANT, kind, context.sessions.now())


def viewing(request: Request) -> Viewing:
    """Return what a page of this person is written with."""
    context = context_of(request)
    return Viewing(context.clock.now(), context.zone, texts_for(request), context.teams)


async def ask(question: Callable[..., T], *arguments: Any) -> T:
    """Ask the database without holding up the other pages."""
    return await asyncio.to_thread(question, *arguments)
