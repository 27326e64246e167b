"""``complaints up --demo`` as a newcomer sees it: contacts become cases, and mails arrive."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.embedded import EmbeddedStack
from services.adapters.kafka_admin import admin_of, end_offsets, partitions_of
from services.adapters.mongo import connect
from services.runtime.settings import Settings
from tests.support.terminal import Terminal, processes_of
from tests.support.waiting import eventually


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path, "--demo", "--demo-minutes", "4")
    yield made
    made.kill()


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=60)


def cases_in(mongo: str) -> int:
    with connect(mongo) as client:
        return client[Settings().database]["cases"].count_documents({})


def mails(notices: str) -> set[str]:
    """Return to whom the catcher has a mail."""
    caught = get(f"{notices}/messages").json()["messages"]
    return {one["to"] for one in caught if one["way"] == "smtp"}


def everything_in(data: Path) -> dict[str, Any]:
    """Return where each topic of ours ends, and how much and by which indexes MongoDB holds it."""
    silent = EmbeddedStack(data, progress=lambda line: None)
    with silent, admin_of(silent.addresses.kafka) as admin:
        described = [topic["name"] for topic in admin.describe_topics()]
        names = [name for name in described if not name.startswith("__")]
        ends = end_offsets(admin, partitions_of(admin, names))
        found: dict[str, Any] = {f"{spot.topic}-{spot.partition}": ends[spot] for spot in ends}
        with connect(silent.addresses.mongo) as client:
            database = client[Settings().database]
            for name in database.list_collection_names():
                indexes = sorted(database[name].index_information())
                found[name] = (database[name].count_documents({}), indexes)
    return found


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_a_demo_shows_cases_and_mails_and_never_comes_over_what_it_left(
    terminal: Terminal,
) -> None:
    console, api, notices = (terminal.address(name) for name in ("console", "api", "notices"))
    assert get(f"{api}/readyz").status_code == 200
    mongo = terminal.address("mongo")
    eventually(lambda: cases_in(mongo) >= 3, 30, terminal.says)
    eventually(lambda: "lin@example.com" in mails(notices), 30, terminal.says)
    assert get(f"{console}/cases").status_code == 200
    eventually(lambda: "\ndemo 06:30 " in terminal.says(), 30, terminal.says)

    assert terminal.stop() == 0, terminal.says()
    assert "stopped; data stay" in terminal.says()
    assert processes_of(terminal.data) == []

    before = everything_in(terminal.data)
    assert before["cases"][0] >= 3
    again = terminal.run("up", "--demo")
    assert again.returncode == 1
    assert "already holds data (records on complaints.received.v1" in again.stderr
    assert "making topics" not in again.stderr
    assert everything_in(terminal.data) == before
    assert processes_of(terminal.data) == []
