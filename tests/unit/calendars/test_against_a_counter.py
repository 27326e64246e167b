"""The reckoning against a counter of minutes that shares no code with it."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.calendars.random_cases import WINDOWS, a_case, a_world, judge

_CASES_PER_WORLD = 25


@settings(max_examples=50)
@given(st.randoms(use_true_random=False))
def test_any_deadline_is_the_one_that_counting_minutes_gives(chance: Random) -> None:
    judge(a_case(chance, a_world(chance)), each_minute=True)


def test_no_random_case_is_off_by_a_minute(pytestconfig: pytest.Config) -> None:
    """By default a few; ``--calendar-cases 100000`` for the whole proof."""
    wanted: int = pytestconfig.getoption("--calendar-cases")
    chance, judged = Random(20260302), 0
    windows = set()
    while judged < wanted:
        world = a_world(chance)
        windows.add((world.calendar["tz"], world.first_day))
        for n in range(_CASES_PER_WORLD):
            judged += judge(a_case(chance, world), each_minute=n % 5 == 0)
    assert windows == set(WINDOWS)
