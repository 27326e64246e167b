"""Workers that crash, stop, hang, and a supervisor that is killed; with real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.supervisor import Supervisor, Worker
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[3]
OBEDIENT = """
import signal, sys, threading
print("up", flush=True)
signal.signal(signal.SIGTERM, lambda *_: (print("clean end", flush=True), sys.exit(0)))
threading.Event().wait()
"""
DEAF = OBEDIENT.replace('(print("clean end", flush=True), sys.exit(0))', "None")
CRASHING = "print('up', flush=True); raise SystemExit(3)"
REFUSING = """
print("up", flush=True)
print("refusing: correct the setting", flush=True)
raise SystemExit(70)
"""


class Stage:
    """A supervisor over workers that are written on the spot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.supervisor = Supervisor(self.said.append)

    def worker(self, name: str, source: str) -> Worker:
        (self.folder / f"{name}.py").write_text(source)
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        return Worker(name, name, environment, self.folder / f"{name}.log")

    def starts(self, name: str) -> int:
        log = self.folder / f"{name}.log"
        return log.read_text().count("up\n") if log.exists() else 0

    def steps_until_started(self, name: str, times: int) -> None:
        def started() -> bool:
            self.supervisor.step()
            return self.starts(name) >= times

        eventually(started, describe=lambda: self.said)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.supervisor.stop(seconds=0.1)


def test_a_worker_that_crashes_again_and_again_is_started_again_and_named(stage: Stage) -> None:
    stage.supervisor.start([stage.worker("crashing", CRASHING)])
    stage.steps_until_started("crashing", 3)

    def named() -> list[str]:
        stage.supervisor.step()
        return stage.supervisor.crash_looping()

    eventually(named)
    assert stage.supervisor.crash_looping() == ["crashing"]
    assert stage.said[0] == "crashing ended with code 3; starting it again"
    assert "crashing.log" in stage.said[-1]
    # What it said last stands there, once, and only of the process that just ended.
    assert stage.said[-1].endswith("crashing.log:\n    up")


def test_a_worker_that_says_what_to_do_is_shown_and_not_started_again(stage: Stage) -> None:
    other = stage.worker("other", CRASHING)
    stage.supervisor.start([stage.worker("refusing", REFUSING), other])
    stage.steps_until_started("other", 3)
    assert stage.supervisor.refusing() == ["refusing"]
    assert stage.starts("refusing") == 1
    told = [line for line in stage.said if line.startswith("refusing")]
    log = stage.folder / "refusing.log"
    assert told == [
        "refusing ended with code 70: starting it again would not help, see what it says\n"
        f"  last lines of {log}:\n    up\n    refusing: correct the setting"
    ]
    assert stage.supervisor.age("refusing") is None


def test_the_last_words_are_those_of_the_latest_process_and_not_too_many(stage: Stage) -> None:
    source = "print(*range(20), sep='\\n'); raise SystemExit(70)"
    worker = stage.worker("refusing", source)
    worker.log.write_text("of long ago\n")
    stage.supervisor.start([worker])

    def refused() -> list[str]:
        stage.supervisor.step()
        return stage.supervisor.refusing()

    eventually(refused)
    lines = stage.supervisor.last_words("refusing").splitlines()
    assert lines[2:] == [f"    {number}" for number in range(12, 20)]
    assert stage.supervisor.last_words("nobody") == ""


def test_a_killed_worker_is_started_again_and_its_log_goes_on(stage: Stage) -> None:
    stage.supervisor.start([stage.worker("obedient", OBEDIENT)])
    stage.steps_until_started("obedient", 1)
    child = stage.supervisor._children[0].process
    assert child is not None
    child.kill()
    stage.steps_until_started("obedient", 2)
    assert stage.said == ["obedient was killed by SIGKILL; starting it again"]


def test_workers_stop_cleanly_the_last_started_first(stage: Stage) -> None:
    first, second = stage.worker("first", OBEDIENT), stage.worker("second", OBEDIENT)
    stage.supervisor.start([first, second])
    stage.steps_until_started("first", 1)
    stage.steps_until_started("second", 1)
    stage.supervisor.stop()
    assert "clean end" in first.log.read_text()
    assert second.log.stat().st_mtime_ns <= first.log.stat().st_mtime_ns
    assert stage.said == []


def test_a_worker_that_does_not_listen_is_killed(stage: Stage) -> None:
    stage.supervisor.start([stage.worker("deaf", DEAF)])
    stage.steps_until_started("deaf", 1)
    stage.supervisor.stop(seconds=0.2)
    assert stage.said == ["deaf did not stop within 0 s: killed"]


def test_workers_die_with_a_supervisor_that_is_killed(stage: Stage) -> None:
    worker = stage.worker("obedient", "import os; print(os.getpid(), flush=True)" + OBEDIENT)
    script = (
        "import sys, threading; from pathlib import Path\n"
        "from services.cli.supervisor import Supervisor, Worker\n"
        f"Supervisor(print).start([Worker('obedient', 'obedient', {dict(worker.environment)!r}, "
        f"Path({str(worker.log)!r}))])\n"
        "threading.Event().wait()\n"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    try:
        eventually(lambda: stage.starts("obedient"))
        child = int(worker.log.read_text().split()[0])
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait(60)
        eventually(lambda: not _is_running(child), describe="the worker's end")
    finally:
        supervisor.kill()
        supervisor.wait()


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
