"""A queue of steps: several at once, in order, and no verdict is lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.cli.instance import ROOT
from services.cli.pool import run_pool
from services.cli.steps import Step
from tests.support.waiting import eventually

MEETS = """
import sys, time
from pathlib import Path
own, other = map(Path, sys.argv[1:])
own.touch()
until = time.monotonic() + 30
while not other.exists():
    if time.monotonic() > until:
        sys.exit("nobody came")
    time.sleep(0.02)
"""
WAITS = "import sys, time; print('waits'); open(sys.argv[1], 'w').close(); time.sleep(60)"


def python(name: str, code: str, *arguments: object) -> Step:
    return Step(name, (sys.executable, "-c", code, *map(str, arguments)))


def test_as_many_steps_as_asked_run_at_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    meeting = [python("one", MEETS, one, other), python("other", MEETS, other, one)]

    assert run_pool([], [*meeting, python("last", "")], at_once=2) == 0

    begun = [line.split()[-2] for line in capfd.readouterr().err.splitlines() if "begins" in line]
    assert begun == ["one", "other", "last"]


def test_what_wants_to_be_alone_has_ended_before_the_others_begin(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = run_pool([python("alone", "")], [python("a", ""), python("b", "")], at_once=2)

    told = [line for line in capfd.readouterr().err.splitlines() if line.startswith("──")]
    assert code == 0
    assert "alone ended (1 of 3)" in told[1]
    assert {line.split()[2] for line in told[2:4]} == {"a", "b"}


def test_what_only_computes_begins_beside_who_is_alone_and_gives_way(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    one, other, seen = tmp_path / "one", tmp_path / "other", tmp_path / "seen"
    look = f"import os\nopen({str(seen)!r}, 'w').write(str(os.sched_getscheduler(0)))"
    idle = [python("idle", MEETS + look, other, one), python("later", "")]
    code = run_pool([python("alone", MEETS, one, other)], [python("a", "")], at_once=2, idle=idle)
    told = [line.split() for line in capfd.readouterr().err.splitlines() if "──" in line]
    assert code == 0
    assert {words[2] for words in told[:2]} == {"alone", "idle"}
    assert sorted(words[2] for words in told if "ended" in words) == ["a", "alone", "idle", "later"]
    assert int(seen.read_text()) in (os.SCHED_IDLE, os.SCHED_OTHER)


def test_what_stands_behind_runs_beside_the_others_gives_way_and_is_waited_for(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    one, other, seen = tmp_path / "one", tmp_path / "other", tmp_path / "seen"
    look = f"import os\nopen({str(seen)!r}, 'w').write(str(os.getpriority(os.PRIO_PROCESS, 0)))"
    own = os.getpriority(os.PRIO_PROCESS, 0)
    behind = [python("behind", look + MEETS, other, one), python("later", "")]
    code = run_pool([], [python("a", MEETS, one, other)], at_once=1, behind=behind)
    told = [line.split() for line in capfd.readouterr().err.splitlines() if "──" in line]
    assert code == 0
    assert {words[2] for words in told[:2]} == {"a", "behind"}
    assert sorted(words[2] for words in told if "ended" in words) == ["a", "behind", "later"]
    assert int(seen.read_text()) >= own


def test_who_gives_way_does_so_under_nice_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(os, "getpriority", lambda *_: 10)
    monkeypatch.setattr(os, "setpriority", lambda which, pid, weight: given.append(weight))
    assert run_pool([], [python("a", "")], at_once=1, behind=[python("behind", "")]) == 0
    # It begins behind us, and once nobody else runs it has as much as we have.
    assert given in ([15, 10], [15])


@pytest.mark.parametrize("broken", ["alone", "first", "second"])
def test_one_failure_is_shown_and_fails_the_whole(
    broken: str, capfd: pytest.CaptureFixture[str]
) -> None:
    def step(name: str) -> Step:
        return python(name, f"print('said by {name}'); raise SystemExit({int(name == broken)})")

    code = run_pool([step("alone")], [step("first"), step("second")], at_once=2)

    printed = capfd.readouterr()
    assert code == 1
    assert printed.out.split() == ["said", "by", broken]
    assert [line.split()[0] for line in printed.err.splitlines() if "FAILED" in line] == [broken]


def test_ctrl_c_ends_what_runs_and_tells_what_was_seen(tmp_path: Path) -> None:
    began = tmp_path / "began"
    program = (
        "import sys; from services.cli.pool import run_pool; from services.cli.steps import Step\n"
        f"waits = Step('waits', (sys.executable, '-c', {WAITS!r}, {str(began)!r}))\n"
        "run_pool([Step('quick', (sys.executable, '-c', ''))], [waits, waits], at_once=1)"
    )
    command = (sys.executable, "-c", program)
    running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    eventually(began.exists, 30, "the second step runs")
    asked = time.monotonic()

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)

    assert running.returncode != 0
    assert time.monotonic() - asked < 20
    assert "quick" in said.partition("results")[2]
    assert said.count("begins") == 2
