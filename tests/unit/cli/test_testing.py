"""``complaints test`` runs its parts side by side and loses no verdict."""

import sys

import pytest

from services.cli.test import Step, run_steps


def python(name: str, code: str) -> Step:
    return Step(name, (sys.executable, "-c", code))


def test_what_ran_at_the_side_is_shown_after_the_last_step(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code = run_steps(
        [python("first", "print('one')"), python("last", "print('two')")],
        beside=python("aside", "print('three')"),
    )

    printed = capfd.readouterr()
    assert code == 0
    assert printed.out.split() == ["one", "two", "three"]
    assert printed.err.index("── aside") > printed.err.index("── last")


@pytest.mark.parametrize("broken", ["first", "last", "aside"])
def test_one_failure_fails_the_whole_and_is_named(
    broken: str, capfd: pytest.CaptureFixture[str]
) -> None:
    codes = {
        name: f"raise SystemExit({int(name == broken)})" for name in ("first", "last", "aside")
    }

    code = run_steps(
        [python("first", codes["first"]), python("last", codes["last"])],
        beside=python("aside", codes["aside"]),
    )

    verdicts = [line for line in capfd.readouterr().err.splitlines() if "FAILED" in line]
    assert code == 1
    assert [line.split()[0] for line in verdicts] == [broken]
