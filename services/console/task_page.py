"""``/tasks``: what the cases of others ask of a team, by the time that is left (ADR 0059)."""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.adapters.case_search import CaseFilter, Order
from services.console.context import TENANT, Context, ask, context_of, session_of, viewing
from services.console.list_view import team_name
from services.console.pages import page
from services.console.task_rows import rows_of
from services.console.viewing import Viewing
from services.domain.teams import Teams

MOST: Final = 200
"""Cases whose tasks a page shows: of more the most urgent."""

router = APIRouter()


@router.get("/tasks")
async def tasks(request: Request, team: str = "") -> Response:
    """Show the open tasks of one team; without one named, of the teams of who sits there, and of
    somebody in no team, of all."""
    context, session, view = context_of(request), session_of(request), viewing(request)
    own = teams_of(session.clerk, view.teams) if session else ()
    chosen = team if team in view.teams.teams else ""
    wanted = (chosen,) if chosen else own or tuple(view.teams.teams)
    holders = tuple(f"team:{name}" for name in wanted)
    rows, has_more = await ask(_look_up, context, holders, view)
    return page(
        request,
        "tasks.html",
        rows=rows,
        has_more=has_more,
        most=MOST,
        chosen=chosen,
        is_own=bool(own),
        is_one=len(wanted) == 1,
        teams=[(name, team_name(name, view.teams, view.texts)) for name in view.teams.teams],
        at=view.moment(view.now),
    )


def teams_of(clerk: str, teams: Teams) -> tuple[str, ...]:
    """Return the teams that somebody is a member of."""
    return tuple(name for name, team in teams.teams.items() if clerk in team.members)


def _look_up(context: Context, holders: tuple[str, ...], view: Viewing) -> Any:
    queries = context.queries
    found = queries.search(TENANT, CaseFilter(asked=holders), Order.URGENT, MOST)
    first = queries.contacts_by_id(TENANT, [state.first_contact_id for state in found.states])
    rows = rows_of(found.states, first, holders, context.accounts.book.terms, view)
    return rows, found.after is not None
