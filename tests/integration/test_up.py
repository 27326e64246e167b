"""``./complaints up`` from nothing to nothing, as a person at a terminal sees it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
COMPLAINTS = [sys.executable, "-m", "services.cli"]
CONTACT = {"channel": "phone", "customer": "c", "text": "快件还没有到"}


class Terminal:
    """A terminal in which ``up`` runs."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.output = folder / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*COMPLAINTS, "up", "--data", str(self.data)],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "COMPLAINTS_API_PORT": "0"},
                start_new_session=True,
            )

    def says(self) -> str:
        return self.output.read_text()

    def api(self) -> str:
        """Wait for the ready line and return the API's address in it."""
        eventually(
            lambda: "\nready " in self.says() or self.process.poll() is not None, 50, self.says
        )
        found = re.search(r"^ready .*api=(\S+)", self.says(), re.MULTILINE)
        assert found is not None, self.says()
        return found[1]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command in another terminal."""
        command = [*COMPLAINTS, *arguments, "--data", str(self.data)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=150)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.process.kill()
    made.process.wait()


def processes_of(data: Path) -> list[str]:
    """Return the command lines of all processes that were started on the folder."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            words = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if str(data).encode() in words:
            found.append(folder.name)
    return found


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_an_instance_comes_up_takes_contacts_and_goes_down_without_a_trace(
    terminal: Terminal, tmp_path: Path
) -> None:
    api = terminal.api()
    assert httpx.get(f"{api}/readyz", trust_env=False, timeout=60).status_code == 200

    console = re.search(r"^ready .*console=(\S+)", terminal.says(), re.MULTILINE)
    assert console is not None
    assert httpx.get(f"{console[1]}/cases", trust_env=False, timeout=60).status_code == 200

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

    terminal.process.send_signal(signal.SIGINT)
    assert terminal.process.wait(120) == 0, terminal.says()
    assert "stopped; data stay" in terminal.says()
    assert processes_of(terminal.data) == []


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_nothing_outlives_an_instance_that_is_killed(terminal: Terminal) -> None:
    terminal.api()
    assert len(processes_of(terminal.data)) > 2
    terminal.process.kill()
    eventually(lambda: not processes_of(terminal.data), 10, lambda: processes_of(terminal.data))
