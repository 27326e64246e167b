"""The console and everything behind it as processes, and clerks who visit it in a browser."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page

from infra.embedded import StackAddresses
from services.cli.worker import WORKERS
from tests.support.browser import WIDE, a_visit
from tests.support.namespaces import Namespace, a_namespace
from tests.support.principals import as_actor
from tests.support.processes import WorkerProcess, a_free_port
from tests.support.waiting import eventually

ALL = ("api", *(name for name in WORKERS if name not in ("api", "console")))
"""Those that the pipeline's page shows, as in docker-compose.yml."""
FEW = ("incidents", "cases", "routing", "severity", "dedup", "api")
"""Those that run, from the last to the first. The page shows the others as well; nobody answers
there."""


class Site:
    """A running console; ``send`` feeds it through the front door."""

    def __init__(self, namespace: Namespace, client: httpx.Client, api: str, console: str) -> None:
        self.namespace = namespace
        self.api = api
        self.console = console
        self.client = client

    def send(self, **form: Any) -> str:
        """Hand in a contact and return the id of its case, once it is there."""
        body = {"channel": "app", "text": "快件还没有到", **form}
        code = self.client.post(f"{self.api}/v1/contacts", json=body).json()["tracking"]
        cases, contacts = self.namespace.database["cases"], self.namespace.database["contacts"]

        def case_id() -> str | None:
            contact = contacts.find_one({"tracking": code})
            found = contact and cases.find_one({"_id": f"default|{contact['case_id']}"})
            return contact["case_id"] if contact and found else None

        return str(eventually(case_id, 40, "the contact is in a case"))

    def act(self, case_id: str, kind: str, **form: Any) -> None:
        """Act on a case as somebody else does."""
        path, body = f"{self.api}/v1/cases/{case_id}/commands", {"kind": kind, **form}
        headers = as_actor("clerk:colleague", self.namespace.settings)
        answer = self.client.post(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text


@contextmanager
def a_site(stack: StackAddresses, folder: Path, names: Sequence[str] = FEW) -> Iterator[Site]:
    """Start the workers ``names``, the API among them, and the console."""
    with ExitStack() as running:
        namespace = running.enter_context(a_namespace(stack))
        workers = {name: WorkerProcess(name, namespace.settings, folder) for name in names}
        for worker in workers.values():
            running.push(worker)
            worker.start(ready_within=None)
        api = workers["api"].api_port
        nobody = a_free_port()
        pages = {name: workers[name].health_port if name in workers else nobody for name in ALL}
        pages["api"] = api
        port = a_free_port()
        console = WorkerProcess(
            "console",
            namespace.settings,
            folder,
            COMPLAINTS_CONSOLE_PORT=str(port),
            COMPLAINTS_API_URL=f"http://127.0.0.1:{api}",
            COMPLAINTS_PUBLIC_URL=f"http://127.0.0.1:{api}",
            COMPLAINTS_WORKERS=",".join(
                f"{name}=http://127.0.0.1:{page}" for name, page in pages.items()
            ),
        )
        console.health_port = port
        running.push(console)
        console.start(ready_within=None)
        for worker in (*workers.values(), console):
            eventually(worker.is_ready, 60, f"{worker.name} is ready")
        client = running.enter_context(httpx.Client(trust_env=False, timeout=90))
        yield Site(namespace, client, f"http://127.0.0.1:{api}", f"http://127.0.0.1:{port}")


@contextmanager
def a_clean_visit(
    browser: Browser,
    site: Site,
    language: str = "en",
    clerk: str | None = None,
    size: tuple[int, int] = WIDE,
    may_refuse: bool = False,
) -> Iterator[Page]:
    """Open a page, signed in as ``clerk``; afterwards nothing bad may have been noted.

    A browser reports an answer like 409 as an error of the page: ``may_refuse`` lets it.
    """
    with a_visit(browser, site.console, language, size) as (page, noted):
        if clerk is not None:
            page.goto("/sign-in?onwards=/cases")
            page.fill("#clerk", clerk)
            page.locator("main button.primary").click()
            page.wait_for_url("**/cases")
        yield page
        refusals = [error for error in noted.errors if "status of 4" in error and may_refuse]
        assert [error for error in noted.errors if error not in refusals] == []
        assert (noted.elsewhere, noted.dialogs) == ([], [])
