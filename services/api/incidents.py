"""``/v1/incidents``: what lasts now, one incident, and a person's word about it."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from schemas.codec import encode
from schemas.handling import Actor, Note
from schemas.incident_links import Hub
from schemas.incidents import WATCH, IncidentAsk, IncidentChanged, IncidentCommand
from schemas.record import Id, Part
from schemas.scores import Level
from schemas.topics import PLACES
from schemas.vocabulary import Category
from services.api.auth import acting
from services.api.context import Context, ask, context_of
from services.api.documentation import PROBLEMS
from services.api.errors import Problem, invalid
from services.api.forms import Answer, IdempotencyKey
from services.api.requests import idempotency_key, is_id, read_form, tenant_of
from services.domain.incident_store import place_of
from services.domain.incident_view import members_of, whole_incident
from services.domain.incidents.saying import INVALID, MISSING, Unsaid

_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    **PROBLEMS,
    401: {"description": "Nobody proved who acts; `actor` alone is no proof"},
    409: {"description": "The incident is over, or this is for others: `rule` and `field` say it"},
}

router = APIRouter()


class IncidentForm(Part):
    """What a person says of a place: an incident begins there, or is over."""

    id: IdempotencyKey | None = None
    """Idempotency key: the same key takes effect once."""
    kind: Literal[IncidentAsk.OPEN, IncidentAsk.END]
    hub: Hub
    category: Category
    actor: Actor | None = None
    """For whom it is said, where that is not who proved to act."""
    note: Note | None = None


class IncidentWord(Part):
    """What a person says of one incident."""

    id: IdempotencyKey | None = None
    """Idempotency key: the same key takes effect once."""
    kind: Literal[
        IncidentAsk.END,
        IncidentAsk.ADD,
        IncidentAsk.REMOVE,
        IncidentAsk.SET_LEVEL,
        IncidentAsk.UPDATE,
    ]
    actor: Actor | None = None
    """For whom it is said, where that is not who proved to act."""
    note: Note | None = None
    """With `update`: what the customers of its open cases are told, word for word; else why."""
    case_id: Id | None = None
    """With `add` and `remove`: the case."""
    level: Level | None = None
    """With `set_level`: the level; the rule does not change it any more."""


class IncidentSummary(Answer):
    """An incident. Its open cases have at least its level."""

    incident_id: Id
    hub: str
    """The place: a hub, or the name by which its cases call it."""
    category: str
    cause: str | None = None
    """What its cases say happened, a word of the policy."""
    level: int
    cases: int
    customers: int
    """Counted up to where the highest level begins."""
    opened_at: datetime
    quiet_until: datetime


class IncidentsAnswer(Answer):
    """The incidents that last, the gravest and largest first."""

    incidents: tuple[IncidentSummary, ...]


class IncidentAnswer(Answer):
    """One incident: where it stands, its cases (at most 1,000, the last ones first), and its
    course (the newest 300 changes, the newest first)."""

    incident: IncidentSummary
    is_over: bool
    members: tuple[str, ...]
    changes: tuple[IncidentChanged, ...]


@router.get("/v1/incidents", response_model=IncidentsAnswer, responses={503: PROBLEMS[503]})
async def incidents(request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Response:
    """Return the incidents that last now."""
    context = context_of(request)
    tenant, now = tenant_of(request), context.clock.now()
    found = await ask(context.incidents.lasting, tenant, now, limit)
    summaries = [
        IncidentSummary(
            incident_id=one.incident_id,
            hub=place.split("|")[1],
            category=place.rpartition("|")[2],
            cause=one.cause,
            level=one.level,
            cases=one.cases,
            customers=len(one.who),
            opened_at=one.opened_at,
            quiet_until=one.quiet_until,
        )
        for place, one in found
    ]
    summaries.sort(key=lambda one: (-one.level, -one.cases, one.incident_id))
    answer = IncidentsAnswer(incidents=tuple(summaries))
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get(
    "/v1/incidents/{incident_id}",
    response_model=IncidentAnswer,
    responses={503: PROBLEMS[503], 404: {"description": "There is no such incident"}},
)
async def incident(request: Request, incident_id: str) -> Response:
    """Return one incident, whether it lasts or is over."""
    context, tenant = context_of(request), tenant_of(request)
    found = (
        await ask(whole_incident, context.incidents, tenant, incident_id)
        if is_id(incident_id)
        else None
    )
    if found is None:
        raise _unknown()
    newest = found.newest
    fields = set(IncidentSummary.model_fields) & set(IncidentChanged.model_fields)
    summary = IncidentSummary(
        **newest.model_dump(include=fields - {"quiet_until"}), quiet_until=found.quiet_until
    )
    answer = IncidentAnswer(
        incident=summary,
        is_over=found.is_over(context.clock.now()),
        members=tuple(await ask(members_of, context.incidents, tenant, incident_id)),
        changes=found.changes,
    )
    return Response(answer.model_dump_json(exclude_none=True), media_type="application/json")


@router.post("/v1/incidents", status_code=202, responses=_RESPONSES)
async def say(request: Request) -> JSONResponse:
    """Open or end the incident of a place; the list shows it in a moment."""
    tenant = tenant_of(request)
    form = await read_form(request, IncidentForm)
    if form.hub == WATCH or "|" in form.hub:
        raise invalid("hub", "unknown", "Name the hub or station as it is called.")
    fields = form.model_dump(exclude={"id", "actor"}, exclude_unset=True)
    fields |= acting(request, form.actor)
    level = await ask(_level_at, context_of(request), f"{tenant}|{form.hub}|{form.category}")
    return await _send(request, tenant, idempotency_key(request, form.id), fields, level)


@router.post(
    "/v1/incidents/{incident_id}/commands",
    status_code=202,
    responses={**_RESPONSES, 404: {"description": "There is no such incident"}},
)
async def act(request: Request, incident_id: str) -> JSONResponse:
    """End an incident, set its level, tell its customers how it stands, or say that a case is part
    of it or is not."""
    context, tenant = context_of(request), tenant_of(request)
    form = await read_form(request, IncidentWord)
    found = (
        await ask(whole_incident, context.incidents, tenant, incident_id, 1)
        if is_id(incident_id)
        else None
    )
    if found is None:
        raise _unknown()
    is_over = found.is_over(context.clock.now())
    if form.kind is not IncidentAsk.REMOVE and is_over:
        raise Problem(409, "refused", "The incident is over.", field="incident_id", rule="over")
    fields = form.model_dump(exclude={"id", "actor"}, exclude_unset=True)
    fields |= acting(request, form.actor)
    if form.kind is IncidentAsk.SET_LEVEL and form.level is None:
        raise invalid("level", "missing", "Say which level, from 1 to 4.")
    if form.kind in (IncidentAsk.ADD, IncidentAsk.REMOVE):
        fields["who"] = await ask(_complainant, context, tenant, incident_id, form)
    place = {"hub": found.newest.hub, "category": found.newest.category}
    fields |= {"incident_id": incident_id} | place
    key = idempotency_key(request, form.id)
    return await _send(request, tenant, key, fields, None if is_over else found.newest.level)


def _level_at(context: Context, place: str) -> int | None:
    """Return the level of the incident that lasts at a place."""
    row = context.incidents.newest([place]).get(place)
    lasting = None if row is None else place_of(row).incident
    if lasting is None or lasting.quiet_until < context.clock.now():
        return None
    return lasting.level


def _complainant(context: Context, tenant: str, incident_id: str, form: IncidentWord) -> str:
    """Return whose the case is; only what its own writer would take is asked of it.

    Raises:
        Problem: there is no such case, or it is part of another incident, or not of this one.
    """
    state = context.queries.case(tenant, form.case_id) if form.case_id else None
    if state is None:
        raise invalid("case_id", "unknown", "There is no case with this id.")
    if form.kind is IncidentAsk.REMOVE and state.incident_id != incident_id:
        raise invalid("case_id", "not_a_member", "The case is not part of this incident.")
    if form.kind is IncidentAsk.ADD and state.incident_id is not None:
        message = f"The case is part of incident {state.incident_id}; take it out there first."
        raise invalid("case_id", "member_already", message)
    contact = context.queries.contact(tenant, state.first_contact_id)
    return (contact.contact.person if contact else None) or state.first_contact_id


async def _send(
    request: Request, tenant: str, key: str | None, fields: dict[str, Any], level: int | None
) -> JSONResponse:
    """Send a word, unless the writer would refuse it: it decides, and answers nobody. ``level``
    is that of the incident, while it lasts.

    Raises:
        Problem: it is not for who says it, or its note is missing.
    """
    context = context_of(request)
    drawn = context.keys.permanent("incident", tenant, key or context.draw())
    command = IncidentCommand(
        tenant=tenant,
        command_id=drawn.partition(".")[2].lower(),
        at=context.clock.now(),
        **fields,
    )
    ranks = await ask(context.ranks)
    if (unsaid := ranks.why_not(command, level)) is not None:
        raise _refused(unsaid)
    place = f"{tenant}|{command.hub}|{command.category}".encode()
    topic = context.settings.topic(PLACES.name)
    await context.publisher.publish(topic, place, encode(command))
    return JSONResponse({"settlement": "pending", "command_id": command.command_id}, 202)


def _refused(unsaid: Unsaid) -> Problem:
    """Return the answer, in the form in which a case refuses a command."""
    if unsaid.rule == MISSING:
        return invalid(unsaid.field, "missing", unsaid.explanation)
    if unsaid.rule == INVALID:
        return invalid(unsaid.field, "names_one_person", unsaid.explanation)
    return Problem(
        409,
        "rejected",
        unsaid.explanation,
        field=unsaid.field,
        rule=unsaid.rule,
        refusal=unsaid.rule,
        explanation=unsaid.explanation,
    )


def _unknown() -> Problem:
    return Problem(
        404, "not_found", "There is no such incident.", field="incident_id", rule="unknown"
    )
