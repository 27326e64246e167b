"""``/v1/incidents``: what lasts now, and a person's word about a place."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from schemas.codec import encode
from schemas.handling import Actor, Note
from schemas.incident_links import Hub
from schemas.incidents import IncidentAsk, IncidentCommand
from schemas.record import Id, Part
from schemas.topics import PLACES
from schemas.vocabulary import Category
from services.api.context import ask, context_of
from services.api.documentation import PROBLEMS
from services.api.forms import Answer, IdempotencyKey
from services.api.requests import idempotency_key, read_form, tenant_of

router = APIRouter()


class IncidentForm(Part):
    """What a person says of a place: an incident begins there, or is over."""

    id: IdempotencyKey | None = None
    """Idempotency key: the same key takes effect once."""
    kind: Literal[IncidentAsk.OPEN, IncidentAsk.END]
    hub: Hub
    category: Category
    actor: Actor
    note: Note | None = None


class IncidentSummary(Answer):
    """An incident that lasts. Its cases name it: their level is at least this one."""

    incident_id: Id
    hub: str
    category: str
    level: int
    cases: int
    customers: int
    """Counted up to where the highest level begins."""
    opened_at: datetime
    quiet_until: datetime


class IncidentsAnswer(Answer):
    """The incidents that last, the gravest and largest first."""

    incidents: tuple[IncidentSummary, ...]


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


@router.post("/v1/incidents", status_code=202, responses=PROBLEMS)
async def say(request: Request) -> JSONResponse:
    """Open or end the incident of a place; the list shows it in a moment."""
    context, tenant = context_of(request), tenant_of(request)
    form = await read_form(request, IncidentForm)
    key = idempotency_key(request, form.id) or context.draw()
    command = IncidentCommand(
        tenant=tenant,
        command_id=context.keys.permanent("incident", tenant, key).partition(".")[2].lower(),
        at=context.clock.now(),
        **form.model_dump(exclude={"id"}, exclude_unset=True),
    )
    place = f"{tenant}|{form.hub}|{form.category}".encode()
    topic = context.settings.topic(PLACES.name)
    await context.publisher.publish(topic, place, encode(command))
    return JSONResponse({"settlement": "pending", "command_id": command.command_id}, 202)
