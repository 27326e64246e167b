"""The console put together: pages, the guard before them, and what they work with."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from services.adapters.accounts import mongo_accounts
from services.adapters.case_notices import MongoCaseNotices
from services.adapters.case_queries import CaseQueries
from services.adapters.clock import SystemClock
from services.adapters.deadlines import MongoDeadlines
from services.adapters.http_head import HeadAsGet
from services.adapters.http_metrics import Measure
from services.adapters.mongo import connect
from services.adapters.mongo_incidents import MongoIncidentStore
from services.adapters.shared_clock import SharedClock
from services.console import (
    case_list,
    case_page,
    incident_page,
    notice_texts,
    pipeline,
    signing_in,
    task_page,
)
from services.console.acting import Desk
from services.console.context import TENANT, Context, ask, context_of
from services.console.guard import HEADERS, Guard, required_key
from services.console.lag import LagReader
from services.console.metrics import ConsoleMetrics
from services.console.pages import ASSETS, STATIC, problem
from services.console.targets import read_targets
from services.console.watch import Watch
from services.domain.access import load_access
from services.domain.clock import Clock
from services.domain.errors import ComplaintsError, OutageError, SettingsError
from services.domain.sessions import Sessions
from services.domain.team_rules import load_team_rules
from services.runtime.front_policies import watched_frequent
from services.runtime.settings import Settings

_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
Opening = Callable[[], AbstractAsyncContextManager[Context]]


def make_app(
    settings: Settings, opening: Opening | None = None, clock: Clock | None = None
) -> FastAPI:
    """Return the app; ``opening`` makes and closes its context (tests bring their own).
    ``clock`` is the machine's: sessions and plots go by it also where a demo moves the time.

    Raises:
        SettingsError: it would be open to other machines without a key, or a setting is wrong.
    """
    key = required_key(settings)
    time = clock or SystemClock()
    open_context = opening or _opening(settings, time, key)

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[None]:
        async with open_context() as context:
            running.state.context = context
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    pages = (case_list, case_page, task_page, incident_page, pipeline, notice_texts, signing_in)
    for part in pages:
        app.include_router(part.router)
    app.add_api_route("/healthz", _healthz)
    app.add_api_route("/readyz", _readyz)
    app.add_api_route("/metrics", _counts)
    app.add_api_route(f"{ASSETS}/{{name}}", _static)
    _install_problems(app)
    sessions, access = Sessions(settings.session_secrets, time), load_access(settings.access_policy)
    app.add_middleware(Guard, key=key, sessions=sessions, access=access)
    app.add_middleware(HeadAsGet)
    app.state.metrics = ConsoleMetrics()
    app.add_middleware(Measure, metrics=app.state.metrics)
    return app


def zone_of(settings: Settings) -> ZoneInfo:
    """Return the zone in which times are shown.

    Raises:
        SettingsError: there is none of this name.
    """
    try:
        return ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError("COMPLAINTS_TIME_ZONE is no zone, such as Asia/Shanghai") from None


def _opening(settings: Settings, clock: Clock, key: str | None) -> Opening:
    keys, zone = settings.key_ring(), zone_of(settings)
    rules = load_team_rules(*settings.team_policies)
    teams = rules.load(settings.teams_policy)
    frequent = watched_frequent(settings.frequent_policy)
    access, sessions = (
        load_access(settings.access_policy),
        Sessions(settings.session_secrets, clock),
    )
    targets = read_targets(settings.workers)
    api_key = settings.api_key.get_secret_value()
    api_url = (settings.api_url or f"http://127.0.0.1:{settings.api_port}").rstrip("/")

    @asynccontextmanager
    async def open_context() -> AsyncIterator[Context]:
        mongo = connect(settings.mongo)
        database = mongo[settings.database]
        queries = CaseQueries(database)
        lag = LagReader(settings, targets)
        async with httpx.AsyncClient(trust_env=False) as client:
            watch = Watch(targets, client, lag.read, clock, api_key)
            watching = asyncio.create_task(watch.run())
            try:
                yield Context(
                    keys=keys,
                    clock=SharedClock(database) if settings.movable_clock else clock,
                    zone=zone,
                    queries=queries,
                    deadlines=MongoDeadlines(database),
                    notices=MongoCaseNotices(database),
                    incidents=MongoIncidentStore(database),
                    accounts=mongo_accounts(
                        queries, database, settings.clock_policies, settings.teams_policy
                    ),
                    teams=teams,
                    frequent=frequent,
                    desk=Desk(
                        client, api_url, api_key, TENANT, settings.command_wait_seconds, sessions
                    ),
                    watch=watch,
                    sessions=sessions,
                    access=access,
                    key=key,
                    draw=lambda: secrets.token_hex(16),
                    public_url=settings.public_url.rstrip("/"),
                )
            finally:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching
                await ask(lag.close)
                mongo.close()

    return open_context


def _install_problems(app: FastAPI) -> None:
    async def on_outage(request: Request, error: Exception) -> Response:
        return problem(request, 503, "away")

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        kind = "not_allowed" if error.status_code == 405 else "no_such_page"
        return problem(request, error.status_code, kind)

    async def on_defect(request: Request, error: Exception) -> Response:
        # Comes from outside the guard, who gives all other pages their headers.
        shown = problem(request, 500, "broken")
        shown.headers.update(HEADERS)
        return shown

    async def on_invalid(request: Request, error: Exception) -> Response:
        return problem(request, 422, "bad_request")

    app.add_exception_handler(OutageError, on_outage)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_defect)


async def _static(name: str) -> Response:
    """Return one of the files beside us; a list, not a path, decides which."""
    files: dict[str, Path] = {file.name: file for file in STATIC.iterdir()}
    if name not in files:
        raise HTTPException(404)
    return FileResponse(files[name], headers=_FOREVER)


async def _healthz() -> JSONResponse:
    """Say that the event loop goes round."""
    return JSONResponse({"ok": True, "detail": "serving"})


async def _readyz(request: Request) -> JSONResponse:
    """Ask MongoDB: without it there is nothing to show."""
    try:
        await ask(context_of(request).queries.case, TENANT, "readiness-probe")
    except ComplaintsError:
        return JSONResponse({"ok": False, "detail": "mongodb away"}, 503)
    return JSONResponse({"ok": True, "detail": "mongodb answers"})


async def _counts(request: Request) -> Response:
    """Return the counts in Prometheus' form."""
    metrics: ConsoleMetrics = request.app.state.metrics
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)
