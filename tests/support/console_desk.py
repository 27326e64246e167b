"""The console over the case path in memory: its reads from the stores, its commands through the
real API, no socket in between."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from typing import Any

import httpx
from starlette.testclient import TestClient

from services.adapters.deadlines import Deadline
from services.console.acting import Desk as ActingDesk
from services.console.app import make_app, zone_of
from services.console.context import TENANT, Context
from services.console.guard import required_key
from services.console.targets import read_targets
from services.console.watch import Watch
from services.domain.access import load_access
from services.domain.sessions import Sessions
from services.domain.teams import load_teams
from services.runtime.front_policies import watched_frequent
from services.runtime.settings import Settings
from tests.support.api_desk import Desk, a_desk
from tests.support.builders import KEYS

ORIGIN = {"Origin": "http://localhost"}


class FixedDeadlines:
    """What a test says is due."""

    def __init__(self) -> None:
        self.due: dict[str, Deadline] = {}

    def next_due(self, tenant: str, case_ids: Any) -> dict[str, Deadline]:
        """Return what is due next, by case."""
        return {case_id: self.due[case_id] for case_id in case_ids if case_id in self.due}


class Console:
    """What a test of the console works with: ``api`` feeds it, ``client`` looks at it, ``watch`` is
    what its pipeline page shows, which nobody fills but the test."""

    def __init__(
        self, client: httpx.Client, api: Desk, deadlines: FixedDeadlines, watch: Watch
    ) -> None:
        self.client = client
        self.api = api
        self.deadlines = deadlines
        self.watch = watch

    def sign_in(self, clerk: str = "clerk-101", **form: str) -> httpx.Response:
        """Sit down as a clerk."""
        return self.client.post("/sign-in", data={"clerk": clerk} | form, headers=ORIGIN)

    def case(self, **form: Any) -> str:
        """Hand in a contact and return its case."""
        return self.api.case_of(self.api.send(**form))

    def page(self, address: str, language: str = "en", status: int = 200) -> str:
        """Return a page as text."""
        answer = self.client.get(address, headers={"Accept-Language": language})
        assert answer.status_code == status, answer.text
        return answer.text

    def act(self, case_id: str, kind: str, **form: Any) -> httpx.Response:
        """Send the form of an action as a page would."""
        body = {"kind": kind, "key": "k1", "expected_seq": "1"} | form
        return self.client.post(
            f"/cases/{case_id}/commands", data=body, headers=ORIGIN | {"Accept-Language": "en"}
        )


@contextmanager
def a_console(**settings: Any) -> Iterator[Console]:
    """Open the console over an empty case path."""
    numbers = count(1)
    made = Settings(**settings)
    deadlines = FixedDeadlines()
    watches: list[Watch] = []
    with a_desk(api_key=made.api_key, access_policy=made.access_policy) as api:
        sessions = Sessions(made.session_secrets, api.clock)

        @asynccontextmanager
        async def opening() -> AsyncIterator[Context]:
            transport = httpx.ASGITransport(api.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport) as client:
                key = made.api_key.get_secret_value()
                watch = Watch(read_targets(made.workers), client, lambda now: {}, api.clock)
                watches.append(watch)
                yield Context(
                    keys=KEYS,
                    clock=api.clock,
                    zone=zone_of(made),
                    queries=api.pipeline.queries,
                    deadlines=deadlines,
                    notices=api.pipeline.case_notices,
                    incidents=api.pipeline.incidents,
                    accounts=api.pipeline.accounts,
                    teams=load_teams(),
                    frequent=watched_frequent(made.frequent_policy),
                    desk=ActingDesk(client, "http://localhost", key, TENANT, 2.0, sessions),
                    watch=watch,
                    sessions=sessions,
                    access=load_access(made.access_policy),
                    key=required_key(made),
                    draw=lambda: f"drawn-{next(numbers)}",
                    public_url="http://127.0.0.1:8080",
                )

        app = make_app(made, opening, api.clock)
        with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
            yield Console(client, api, deadlines, watches[0])
