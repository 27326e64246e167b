"""Random calendars, starts, budgets and pauses, on stretches of time where clocks misbehave."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from services.domain.calendars.explain import explain
from services.domain.calendars.plan import Plan
from services.domain.calendars.worktime import Pause, deadline, worked
from tests.unit.calendars.minute_counter import (
    MINUTES,
    WINDOW_DAYS,
    RanOffTheEndError,
    due_minute,
    kinds,
)

WINDOWS = (
    ("Asia/Shanghai", date(2026, 9, 14)),  # National Day, moved Sundays and Saturdays
    ("Asia/Shanghai", date(2026, 2, 1)),
    ("UTC", date(2028, 2, 15)),  # a leap day
    ("America/New_York", date(2024, 2, 20)),  # a leap day, then summer time
    ("America/New_York", date(2026, 10, 15)),  # an hour comes twice
    ("Europe/London", date(2026, 3, 10)),
    ("Europe/London", date(2026, 10, 5)),
    ("Australia/Lord_Howe", date(2026, 3, 20)),  # half an hour comes twice
    ("Australia/Lord_Howe", date(2026, 9, 20)),
    ("America/St_Johns", date(2006, 10, 15)),  # changed at a minute past midnight
    ("Pacific/Apia", date(2011, 12, 15)),  # a day that never was
    ("America/Santiago", date(2026, 8, 25)),  # no midnight
    ("Asia/Kathmandu", date(2026, 1, 1)),
)
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class World(NamedTuple):
    """A calendar in a window of time, and what kind of minute each of them is."""

    calendar: dict[str, Any]
    first_day: date
    kinds: list[str]


class Case(NamedTuple):
    """What is to be reckoned: minutes count from the first minute of the window."""

    world: World
    start: int
    budget: int
    pauses: list[tuple[int, int]]

    def at(self, minute: int) -> datetime:
        begin = datetime.combine(self.world.first_day, datetime.min.time(), UTC)
        return begin + timedelta(minutes=minute)

    def __repr__(self) -> str:
        told = self.world.calendar, self.world.first_day, self.start, self.budget, self.pauses
        return f"Case{told}"


def a_world(chance: Random) -> World:
    """A random calendar in one of the windows; making one takes far longer than a case."""
    zone, first_day = chance.choice(WINDOWS)
    calendar = a_calendar(chance, zone, first_day)
    return World(calendar, first_day, kinds(calendar, first_day))


def a_case(chance: Random, world: World) -> Case:
    """A case that the counter can decide within its window, most of the time."""
    start = chance.randrange(20 * 1440)
    pauses = [_a_pause(chance, start) for _ in range(chance.choice((0, 0, 1, 2, 3)))]
    budget = chance.choice((0, 1, 30, 60, chance.randrange(480), chance.randrange(3000)))
    if chance.random() < 0.3:
        budget = _up_to_a_closing(chance, world.kinds, start, pauses)
    return Case(world, start, budget, pauses)


def a_calendar(chance: Random, zone: str, first_day: date) -> dict[str, Any]:
    days = [(first_day + timedelta(days=n)).isoformat() for n in range(-1, WINDOW_DAYS + 1)]
    return {
        "tz": zone,
        "hours": {name: _shifts(chance) for name in _NAMES if chance.random() < 0.8},
        "holidays": chance.sample(days, chance.randrange(9)),
        "workdays": {
            day: chance.choice(_NAMES) for day in chance.sample(days, chance.randrange(6))
        },
    }


def _shifts(chance: Random) -> list[list[str]]:
    edges = chance.choice(
        (
            (540, 1080),
            (540, 720, 810, 1080),
            (0, 1440),
            (0, 90, 1320, 1440),
            (125, 150),  # within the hour that summer time takes
            tuple(sorted(chance.sample(range(1441), 2 * chance.randrange(4)))),
        )
    )
    times = [f"{edge // 60:02}:{edge % 60:02}" for edge in edges]
    return [list(pair) for pair in zip(times[::2], times[1::2], strict=True)]


def _a_pause(chance: Random, start: int) -> tuple[int, int]:
    begin = max(0, start + chance.randrange(-2000, 4000))
    return begin, begin + chance.choice((0, 1, chance.randrange(600), chance.randrange(6000)))


def _mask(pauses: list[tuple[int, int]]) -> bytearray:
    paused = bytearray(MINUTES)
    for begin, end in pauses:
        end = min(end, MINUTES)
        paused[begin:end] = b"\1" * max(0, end - begin)
    return paused


def _up_to_a_closing(
    chance: Random, shown: list[str], start: int, pauses: list[tuple[int, int]]
) -> int:
    """A budget that is used up in the very minute in which a shift ends."""
    paused = _mask(pauses)
    last = min(start + chance.randrange(10_000), MINUTES)
    counts = [shown[n] == "worked" and not paused[n] for n in range(start, last)]
    while len(counts) > 1 and not counts[-2] > counts[-1]:
        counts.pop()
    return sum(counts)


def judge(case: Case, *, each_minute: bool) -> bool:
    """Compare the reckoning with the counter; False when the counter cannot say.

    ``each_minute`` compares the explanation minute by minute, too.
    """
    shown, paused = case.world.kinds, _mask(case.pauses)
    try:
        expected = due_minute(shown, paused, case.start, case.budget)
    except RanOffTheEndError:
        return False
    calendar = Plan.model_validate(case.world.calendar).compiled()
    start, budget = case.at(case.start), timedelta(minutes=case.budget)
    pauses = [Pause(case.at(begin), case.at(end), "customer") for begin, end in case.pauses]
    due = deadline(calendar, start, budget, pauses)
    assert due == case.at(expected), case
    assert worked(calendar, start, due, pauses) == budget, case
    if each_minute:
        told = explain(calendar, start, budget, pauses)
        assert told.due == due, case
        minutes: list[str] = []
        at = start
        for one in told.intervals:
            assert one.begin == at, case
            assert one.end is not None, case
            assert one.end > one.begin, case
            minutes += [str(one.kind)] * ((one.end - one.begin) // timedelta(minutes=1))
            at = one.end
        assert at == due, case
        real = ["paused" if paused[n] else shown[n] for n in range(case.start, expected)]
        assert minutes == real, case
    return True
