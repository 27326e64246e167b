"""``kill -9`` of every process of a running demo in turn: each comes back, and all is proved."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.adapters.mongo import connect
from services.cli.instance import health_ports
from services.cli.running import CATCHER, WORKERS
from services.cli.watchdog import asks_well
from services.runtime.settings import Settings
from tests.faults.findings import Findings
from tests.support.terminal import Terminal, processes_of
from tests.support.waiting import eventually

MINUTES = 8
"""Of the whole day: the last kill is to come while contacts still do."""
PLAYER = "services.cli.demo"
BACK_SECONDS = 60.0
pytestmark = [pytest.mark.stack, pytest.mark.long_fault]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path, "--demo", "--demo-minutes", str(MINUTES))
    yield made
    made.kill()


@pytest.mark.timeout(900)
def test_a_demo_whose_processes_are_all_killed_in_turn_is_proved(
    terminal: Terminal, findings: Findings
) -> None:
    catcher = int(terminal.address("notices").rpartition(":")[2])
    ports = {**health_ports(terminal.data), CATCHER: catcher}
    for name in (CATCHER, *reversed(WORKERS)):
        findings.recoveries.append(_kill(terminal, name, ports[name]))
        findings.faults += 1
    player = terminal.children().get(PLAYER)
    assert player is not None, f"the day did not go on: {terminal.says()}"
    os.kill(player, signal.SIGKILL)  # the last one; with it no more contacts come

    audit = terminal.run("audit", "--wait", "120")
    assert audit.returncode == 0, audit.stdout + audit.stderr
    verdict = audit.stdout.rstrip().rpartition("\n")[2]
    assert verdict.startswith("proved: ")
    contacts = _contacts_in(terminal.address("mongo"))
    assert contacts > len(findings.recoveries)
    findings.note(verdict)
    findings.count(contacts)
    assert terminal.stop() == 0, terminal.says()
    assert processes_of(terminal.data) == []


def _contacts_in(mongo: str) -> int:
    with connect(mongo) as client:
        return client[Settings().database]["contacts"].count_documents({})


def _kill(terminal: Terminal, name: str, port: int) -> float:
    """Kill the process of ``name``; return after how many seconds another one was ready."""
    module = "infra.catcher" if name == CATCHER else f"services.{name}"
    killed = terminal.children()[module]
    os.kill(killed, signal.SIGKILL)
    begun = time.monotonic()

    def is_back() -> bool:
        return terminal.children().get(module, killed) != killed and asks_well(port, "/readyz")

    eventually(is_back, BACK_SECONDS, terminal.says)
    assert f"{name} was killed by SIGKILL; starting it again" in terminal.says()
    return time.monotonic() - begun
