"""``/incidents``: what lasts now, one incident with its cases, and what a person says of it."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi import Form as Fields
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field, field_validator

from schemas.cases import CaseState
from schemas.vocabulary import Category
from services.console.acting import Outcome
from services.console.command_form import Text, plain_line_ends
from services.console.context import TENANT, Context, ask, context_of, may_do, session_of, viewing
from services.console.ids import is_id
from services.console.incident_view import course_of, order_of, row_of
from services.console.pages import page, problem
from services.console.refusals import field_of, incident_words
from services.console.words import excerpt
from services.domain.incident_view import WholeIncident, members_of, whole_incident

MOST: Final = 200
_MEMBERS_SHOWN: Final = 100
_STATUS: Final = {"refused": 409, "invalid": 422, "unavailable": 503}
_SAID: Final = ("open", "end", "add", "remove", "set_level", "update")
_Short = Annotated[str, Field(max_length=200)]

router = APIRouter()


class Said(BaseModel):
    """The fields of the forms of both pages."""

    kind: _Short
    key: _Short
    note: Text = ""
    hub: _Short = ""
    category: _Short = ""
    case_id: _Short = ""
    level: _Short = ""

    @field_validator("note")
    @classmethod
    def _has_plain_line_ends(cls, note: str) -> str:
        return plain_line_ends(note)


Form = dict[str, Any]
_EMPTY: Final[Form] = dict.fromkeys((*Said.model_fields, "wrong"), "")


@router.get("/incidents")
async def incidents(request: Request, done: str = "") -> Response:
    """Show the incidents that last."""
    return await _list(request, done=done)


@router.post("/incidents")
async def open_one(request: Request, said: Annotated[Said, Fields()]) -> Response:
    """Open an incident at a place."""
    session = session_of(request)
    if session is None:
        return RedirectResponse("/sign-in?onwards=/incidents", 303)
    body = {"kind": "open", "hub": said.hub.strip(), "category": said.category, "id": said.key}
    outcome = await context_of(request).desk.say(session, None, body | {"note": said.note.strip()})
    if outcome.end in ("accepted", "pending"):
        return RedirectResponse("/incidents?done=open", 303)
    return await _list(request, outcome=outcome, form=said.model_dump())


@router.get("/incidents/{incident_id}")
async def incident(request: Request, incident_id: str, done: str = "") -> Response:
    """Show one incident."""
    return await _page(request, incident_id, done=done)


@router.get("/incidents/{incident_id}/commands")
async def back(incident_id: str) -> Response:
    """Go to the incident: after a refused form its page stands at this address, from where one
    chooses a language or says who one is, and a browser comes back to it."""
    return RedirectResponse(f"/incidents/{quote(incident_id, safe='')}", 303)


@router.post("/incidents/{incident_id}/commands")
async def act(request: Request, incident_id: str, said: Annotated[Said, Fields()]) -> Response:
    """Say something of an incident."""
    if not is_id(incident_id):
        return problem(request, 404, "no_such_incident")
    session = session_of(request)
    if session is None:
        return RedirectResponse(f"/sign-in?onwards=/incidents/{incident_id}", 303)
    form = said.model_dump()
    if said.kind not in _SAID[1:]:
        return await _page(request, incident_id, outcome=Outcome("invalid"), form=form)
    body: dict[str, Any] = {"kind": said.kind, "id": said.key, "note": said.note.strip()}
    body["case_id"] = said.case_id.strip().upper()
    body["level"] = int(said.level) if said.level in ("1", "2", "3", "4") else None
    outcome = await context_of(request).desk.say(session, incident_id, body)
    if outcome.end in ("accepted", "pending"):
        return RedirectResponse(f"/incidents/{incident_id}?done={said.kind}", 303)
    return await _page(request, incident_id, outcome=outcome, form=form)


def _typed(outcome: Outcome | None, form: Form | None) -> dict[str, Any]:
    """Return what a page shows of a form that was not taken: what was typed, which field is wrong,
    and whether it is sent again as it was, as nobody knows whether it took effect."""
    if outcome is None or form is None:
        return {"form": _EMPTY, "again": None}
    again = form if outcome.end == "unavailable" else None
    return {"form": form | {"wrong": field_of(outcome, form)}, "again": again}


async def _list(
    request: Request, *, done: str = "", outcome: Outcome | None = None, form: Form | None = None
) -> Response:
    context, view = context_of(request), viewing(request)
    found = await ask(_lasting, context)
    return page(
        request,
        "incidents.html",
        _STATUS.get(outcome.end, 200) if outcome else 200,
        rows=sorted((row_of(one, view) for one in found), key=order_of),
        categories=[one for one in Category if one is not Category.UNKNOWN],
        at=view.moment(view.now),
        key=context.draw(),
        may_say=may_do(request, None),
        done=done if done in _SAID else "",
        outcome=outcome,
        refusal=incident_words(outcome, view.texts) if outcome else "",
        **_typed(outcome, form),
    )


async def _page(
    request: Request,
    incident_id: str,
    *,
    done: str = "",
    outcome: Outcome | None = None,
    form: Form | None = None,
) -> Response:
    context, view = context_of(request), viewing(request)
    found, members, said = await ask(_whole, context, incident_id)
    if found is None:
        return problem(request, 404, "no_such_incident")
    return page(
        request,
        "incident.html",
        _STATUS.get(outcome.end, 200) if outcome else 200,
        row=row_of(found, view),
        course=course_of(found, view),
        members=members[:_MEMBERS_SHOWN],
        said=said,
        more=max(0, found.newest.cases - _MEMBERS_SHOWN),
        key=context.draw(),
        may_say=may_do(request, None),
        done=done if done in _SAID else "",
        outcome=outcome,
        refusal=incident_words(outcome, view.texts) if outcome else "",
        **_typed(outcome, form),
    )


def _lasting(context: Context) -> list[WholeIncident]:
    lasting = context.incidents.lasting(TENANT, context.clock.now(), MOST)
    found = (whole_incident(context.incidents, TENANT, one.incident_id) for _, one in lasting)
    return [one for one in found if one is not None]


def _whole(
    context: Context, incident_id: str
) -> tuple[WholeIncident | None, list[CaseState], dict[str, str]]:
    """Return an incident, its cases as they stand, the last ones first, and how each began."""
    found = whole_incident(context.incidents, TENANT, incident_id) if is_id(incident_id) else None
    if found is None:
        return None, [], {}
    names = members_of(context.incidents, TENANT, incident_id)[:_MEMBERS_SHOWN]
    asked = (context.queries.case(TENANT, name) for name in names)
    states = [state for state in asked if state is not None]
    first = context.queries.contacts_by_id(TENANT, [one.first_contact_id for one in states])
    opening = {one.case_id: first.get(one.first_contact_id) for one in states}
    return (
        found,
        states,
        {name: excerpt(one.contact.text) if one else "" for name, one in opening.items()},
    )
