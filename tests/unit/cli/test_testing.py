"""``complaints test`` runs its parts side by side, loses no verdict, and says who ran twice."""

import sys
from pathlib import Path

import httpx
import pytest

from services.cli.steps import MOST_AGAIN, Late, Step, may_run_again, run_steps
from tests.support.second_chance import is_late
from tests.support.waiting import NotInTimeError


def python(name: str, code: str) -> Step:
    return Step(name, (sys.executable, "-c", code))


def test_what_ran_at_the_side_is_shown_after_the_last_step(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code = run_steps(
        [python("first", "print('one')"), python("last", "print('two')")],
        [python("aside", "print('three')"), python("after", "print('four')")],
        [python("beside", "print('five')")],
    )

    printed = capfd.readouterr()
    assert code == 0
    assert sorted(printed.out.split()[2:]) == ["five", "four", "three"]
    assert printed.out.split()[:2] == ["one", "two"]
    assert printed.err.index("── aside") > printed.err.index("── last")


@pytest.mark.parametrize("broken", ["first", "last", "aside", "after"])
def test_one_failure_fails_the_whole_and_is_named(
    broken: str, capfd: pytest.CaptureFixture[str]
) -> None:
    def step(name: str) -> Step:
        return python(name, f"raise SystemExit({int(name == broken)})")

    code = run_steps([step("first"), step("last")], [step("aside"), step("after")])

    verdicts = [line for line in capfd.readouterr().err.splitlines() if "FAILED" in line]
    assert code == 1
    assert [line.split()[0] for line in verdicts] == [broken]


WRITTEN = """
from pathlib import Path
from tests.support.waiting import NotInTimeError

RAN = Path(__file__ + ".ran")

def test_slow_once():
    if not RAN.exists():
        RAN.touch()
        raise NotInTimeError("not within 3 s: the letter is sent")

def test_good():
    pass
"""


def test_a_test_that_was_too_late_once_passes_and_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file, late = tmp_path / "test_written.py", tmp_path / "late"
    file.write_text(WRITTEN)
    pytest_here = (sys.executable, "-m", "pytest", "-q", str(file), "-c", "pyproject.toml")
    command = (*pytest_here, "-p", "tests.conftest", f"--late-to={late}")

    assert run_steps([Step("tests", command, late)]) == 0

    said = capfd.readouterr().err
    assert "test_written.py::test_slow_once" in said.partition("passed on the second run: ")[2]
    assert "not within 3 s: the letter is sent" in said


def a_report(late: int, wrong: int = 0) -> Late:
    names = [f"test_{number}" for number in range(late)]
    return Late(late=dict.fromkeys(names, "late"), wrong=("test_wrong",) * wrong)


def test_nobody_else_gets_a_second_chance() -> None:
    assert may_run_again(a_report(late=MOST_AGAIN))
    assert not may_run_again(a_report(late=1, wrong=1))
    assert not may_run_again(a_report(late=MOST_AGAIN + 1))
    assert not may_run_again(a_report(late=0))


def test_a_deadline_is_no_wrong_outcome() -> None:
    expected = "Locator expected to be visible\nCall log:\n  - Expect with timeout 60000ms\n"
    for late in (NotInTimeError("late"), TimeoutError(), httpx.ReadTimeout("late")):
        assert is_late(late)
    assert is_late(AssertionError(expected))
    for wrong in (AssertionError("2 effects"), KeyError("case"), httpx.ConnectError("away")):
        assert not is_late(wrong)
