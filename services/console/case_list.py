"""``/cases``: what there is to do, narrowed and in order."""

from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from schemas.vocabulary import CaseStatus, Category
from services.adapters.case_queries import MOST_CASES
from services.adapters.case_search import CaseFilter
from services.adapters.whole_matter import next_due_of
from services.console.context import TENANT, Context, ask, context_of, session_of, viewing
from services.console.due_view import limits_of
from services.console.list_view import LEVELS, Wanted, cases_of, rows_of, team_name
from services.console.pages import page
from services.domain.identity import indexes_typed, is_way_to_reach, read_tracking_code
from services.domain.waybill import normalise_waybill

PAGE_SIZE: Final = 40
STATUSES: Final = ("open", "all", *(s.value for s in CaseStatus if s is not CaseStatus.UNKNOWN))
CATEGORIES: Final = tuple(c.value for c in Category if c is not Category.UNKNOWN)

router = APIRouter()


@router.get("/")
async def home() -> Response:
    """Go to the cases: that is where the work is."""
    return RedirectResponse("/cases", 303)


@router.get("/cases")
async def cases(request: Request) -> Response:
    """Show the list."""
    context, session = context_of(request), session_of(request)
    wanted = Wanted.read(request.query_params, session.clerk if session else None)
    if wanted.text and (address := await ask(_onward, context, wanted.text)):
        return RedirectResponse(address, 303)
    narrowed = await ask(_filter, context, wanted)
    found, first, due, counts = await ask(_look_up, context, wanted, narrowed)
    view = viewing(request)
    return page(
        request,
        "cases.html",
        wanted=wanted,
        rows=rows_of(found.states, first, due, view.teams, view.now, view.zone, view.texts),
        found=found,
        # Of a complainant with more cases only the newest are known here.
        most=MOST_CASES if wanted.person and len(narrowed.ids or ()) >= MOST_CASES else None,
        counts=[(level, counts.get(level, 0)) for level in LEVELS],
        statuses=STATUSES,
        categories=CATEGORIES,
        teams=[(team, team_name(team, view.teams, view.texts)) for team in view.teams.teams],
        at=view.moment(view.now),
    )


def _look_up(context: Context, wanted: Wanted, narrowed: CaseFilter) -> Any:
    queries = context.queries
    found = queries.search(TENANT, narrowed, wanted.order, PAGE_SIZE, wanted.after)
    first = queries.contacts_by_id(TENANT, [state.first_contact_id for state in found.states])
    due = next_due_of(context.deadlines, TENANT, found.states)
    due = limits_of(found.states, due, context.accounts.book.terms)
    return found, first, due, queries.open_by_level(TENANT)


def _filter(context: Context, wanted: Wanted) -> CaseFilter:
    """Return what the list is narrowed by, once it is known which cases a waybill or a person
    has."""
    if wanted.person:
        cases = context.queries.cases_of_person(TENANT, wanted.person)
        return replace(wanted.filter, ids=tuple(cases))
    if wanted.text and (cases := _named(context, wanted.text)):
        return replace(wanted.filter, ids=tuple(cases), id_prefix=None)
    return wanted.filter


def _onward(context: Context, text: str) -> str | None:
    """Return where a text leads: to the one case that it means, or to the list of a complainant
    whose customer number, phone or e-mail address it is; that of nobody too, so that a number
    that somebody gave stays in no address."""
    if cases := _named(context, text):
        return f"/cases/{cases[0]}" if len(cases) == 1 else None
    person = indexes_typed(context.keys, TENANT, text)
    cases = context.queries.cases_of_person(TENANT, person)
    if len(cases) == 1:
        return f"/cases/{cases[0]}"
    return cases_of(person) if cases or is_way_to_reach(text) else None


def _named(context: Context, text: str) -> list[str]:
    """Return the cases that a text names: by an id, a tracking code or a waybill."""
    queries = context.queries
    if queries.case(TENANT, text.upper()) is not None:
        return [text.upper()]
    if (code := read_tracking_code(text)) and (contact := queries.by_tracking(TENANT, code)):
        return [contact.case_id]
    if normal := normalise_waybill(text):
        indexes = context.keys.blinds("waybill", TENANT, normal)
        return queries.cases_of_waybill(TENANT, indexes)
    return []
