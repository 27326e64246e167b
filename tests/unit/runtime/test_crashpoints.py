"""Dying on command, and not otherwise."""

import subprocess
import sys

import pytest

from services.runtime.crashpoints import POINTS, crash_points, never


def test_without_a_setting_nothing_ever_happens() -> None:
    hook = crash_points("")
    assert hook is never
    for point in POINTS:
        hook(point)


def test_other_points_are_passed_unharmed() -> None:
    hook = crash_points("after_log")
    for point in POINTS:
        if point != "after_log":
            hook(point)


@pytest.mark.parametrize("setting", ["after_lunch", "after_lunch:2", ":3"])
def test_a_setting_that_names_no_point_is_refused_with_what_there_is(setting: str) -> None:
    with pytest.raises(ValueError, match=r"unknown crash point .* known: after_poll, "):
        crash_points(setting)


@pytest.mark.parametrize(("setting", "passed"), [("after_log", 0), ("after_log:3", 2)])
def test_the_process_ends_the_nth_time_without_any_cleaning_up(setting: str, passed: int) -> None:
    code = f"""
import atexit
from services.runtime.crashpoints import crash_points
atexit.register(print, "cleaned up")
hook = crash_points({setting!r})
for number in range(9):
    hook("after_poll")
    hook("after_log")
    print(number, flush=True)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 137
    assert ran.stdout.split() == [str(number) for number in range(passed)]
