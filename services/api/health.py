"""``/healthz``: the process answers. ``/readyz``: it can do its work. ``/metrics``."""

import asyncio
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from schemas.topics import RECEIVED
from services.api.context import Context, ask, context_of
from services.domain.errors import ComplaintsError

_PROBE: Final = "readiness-probe"

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """Say that the event loop goes round."""
    return JSONResponse({"ok": True, "detail": "serving"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Ask Kafka and MongoDB."""
    context = context_of(request)
    topic = context.settings.topic(RECEIVED.name)
    kafka, mongo = await asyncio.gather(
        ask(context.publisher.reaches, topic), ask(_mongo_answers, context)
    )
    away = [name for name, answers in (("kafka", kafka), ("mongodb", mongo)) if not answers]
    detail = f"{' and '.join(away)} away" if away else "kafka and mongodb answer"
    return JSONResponse({"ok": not away, "detail": detail}, 503 if away else 200)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Return the counts in Prometheus' form."""
    context = context_of(request)
    context.metrics.in_flight.set(context.publisher.in_flight)
    body = generate_latest(context.metrics.registry)
    return Response(body, media_type=CONTENT_TYPE_LATEST)


def _mongo_answers(context: Context) -> bool:
    try:
        context.queries.contact("default", _PROBE)
    except ComplaintsError:
        return False
    return True
