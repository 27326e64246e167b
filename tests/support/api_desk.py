"""The API over the case path in memory, and a client that sits at it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.testclient import TestClient

from services.adapters.memory_turns import MemoryTurnStore
from services.api.app import make_app
from services.api.context import Context
from services.api.metrics import ApiMetrics
from services.domain.staff import load_staff
from services.runtime.front_policies import watched_frequent
from services.runtime.provider_keys import provider_keys
from services.runtime.settings import Settings
from services.runtime.watching import always
from tests.support.builders import KEYS, VAULT
from tests.support.manual_clock import ManualClock
from tests.support.pipeline import INCIDENT_RULES, MemoryPipeline
from tests.support.principals import as_actor


class TickingClock(ManualClock):
    """A little time passes with every look, so that waiting ends."""

    def monotonic(self) -> float:
        self.seconds += 0.5
        return self.seconds


class Desk:
    """What a test of the API works with."""

    def __init__(
        self,
        app: FastAPI,
        client: httpx.Client,
        pipeline: MemoryPipeline,
        clock: ManualClock,
        settings: Settings,
    ) -> None:
        self.app = app
        self.settings = settings
        self.client = client
        self.pipeline = pipeline
        self.clock = clock
        self.wall = ManualClock()

    def send(self, headers: dict[str, str] | None = None, **form: Any) -> httpx.Response:
        """Hand in a contact."""
        body = {"channel": "app", "text": "快件还没有到"} | form
        return self.client.post("/v1/contacts", json=body, headers=headers)

    def act(self, case_id: str, kind: str, actor: str = "clerk:7", **form: Any) -> httpx.Response:
        """Act on a case in the session of ``actor``."""
        return self.post(f"/v1/cases/{case_id}/commands", {"kind": kind} | form, actor)

    def post(self, path: str, form: dict[str, Any], actor: str = "clerk:7") -> httpx.Response:
        """Post something in the session of ``actor``."""
        return self.client.post(path, json=form, headers=self.as_actor(actor))

    def as_actor(self, actor: str) -> dict[str, str]:
        """Return the headers of the session of ``actor``."""
        return as_actor(actor, self.settings, self.clock)

    def case_of(self, answer: httpx.Response) -> str:
        """Return the case that an accepted contact is in."""
        found = self.pipeline.queries.by_tracking(None, answer.json()["tracking"])
        assert found is not None
        return found.case_id

    def track(self, answer: httpx.Response, language: str = "en") -> dict[str, Any]:
        """Return what the customer of an accepted contact sees."""
        headers = {"Accept-Language": language}
        seen = self.client.get(f"/v1/track/{answer.json()['tracking']}", headers=headers)
        assert seen.status_code == 200, seen.text
        body: dict[str, Any] = seen.json()
        return body


@contextmanager
def a_desk(**settings: Any) -> Iterator[Desk]:
    """Open the API over an empty case path."""
    clock = TickingClock()
    pipeline = MemoryPipeline(clock)
    numbers = count(1)

    @asynccontextmanager
    async def opening(metrics: ApiMetrics) -> AsyncIterator[Context]:
        yield Context(
            settings=made,
            keys=KEYS,
            vault=VAULT,
            clock=clock,
            wall=desk.wall,
            draw=lambda: f"drawn-{next(numbers)}",
            queries=pipeline.queries,
            incidents=pipeline.incidents,
            notices=pipeline.case_notices,
            publisher=pipeline,
            metrics=metrics,
            accounts=pipeline.accounts,
            sends=pipeline.sends,
            preferences=pipeline.preferences,
            parts=pipeline.parts,
            turns=MemoryTurnStore(clock),
            ranks=always(INCIDENT_RULES.ranks),
            frequent=watched_frequent(made.frequent_policy),
            staff=load_staff(made.staff),
            provider_keys=provider_keys(made),
        )

    made = Settings(**settings)
    app = make_app(made, opening, clock)
    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    desk = Desk(app, client, pipeline, clock, made)
    with client:
        yield desk
