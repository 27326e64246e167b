"""``./complaints up`` from nothing to nothing, as a person at a terminal sees it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.terminal import Terminal, processes_of
from tests.support.waiting import eventually

CONTACT = {"channel": "phone", "customer": "c", "text": "快件还没有到"}


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.kill()


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_an_instance_comes_up_takes_contacts_and_goes_down_without_a_trace(
    terminal: Terminal, tmp_path: Path
) -> None:
    api = terminal.address("api")
    assert httpx.get(f"{api}/readyz", trust_env=False, timeout=60).status_code == 200

    console = terminal.address("console")
    assert httpx.get(f"{console}/cases", trust_env=False, timeout=60).status_code == 200

    contacts = tmp_path / "contacts.jsonl"
    contacts.write_text(json.dumps(CONTACT) + "\n{\n")
    sent = terminal.run("send", str(contacts))
    assert sent.returncode == 1
    assert sent.stdout.startswith("1 accepted")
    assert "line 2: not JSON" in sent.stderr

    code = re.search(r"track (\S+)", sent.stdout)
    assert code is not None
    eventually(lambda: terminal.run("track", code[1]).returncode == 0, 40, every=0.5)

    second = terminal.run("up")
    assert second.returncode == 1
    assert "in use by another instance" in second.stderr

    assert terminal.stop() == 0, terminal.says()
    assert "stopped; data stay" in terminal.says()
    assert processes_of(terminal.data) == []


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_nothing_outlives_an_instance_that_is_killed(terminal: Terminal) -> None:
    terminal.address("api")
    assert len(processes_of(terminal.data)) > 2
    terminal.process.kill()
    eventually(lambda: not processes_of(terminal.data), 10, lambda: processes_of(terminal.data))
