"""Counts working minutes one by one, by looking at a clock on the wall. Shares no code with what
it judges: it reads the calendar as it stands in JSON, and knows no intervals."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

WINDOW_DAYS = 45
MINUTES = WINDOW_DAYS * 1440
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class RanOffTheEndError(Exception):
    """The budget is not used up within the window."""


@lru_cache(maxsize=64)
def wall_clock(zone: str, first_day: date) -> list[tuple[str, str, str]]:
    """What the wall shows at each minute of the window: date, weekday, time."""
    begin = datetime.combine(first_day, datetime.min.time(), UTC)
    place = ZoneInfo(zone)
    shown = [(begin + timedelta(minutes=n)).astimezone(place) for n in range(MINUTES)]
    return [
        (at.date().isoformat(), _NAMES[at.weekday()], f"{at.hour:02}:{at.minute:02}")
        for at in shown
    ]


def kind_of(calendar: dict[str, Any], shown: tuple[str, str, str]) -> str:
    """``worked``, ``closed`` or ``holiday``."""
    day, weekday, time = shown
    moved = calendar["workdays"].get(day)
    if moved is None and day in calendar["holidays"]:
        return "holiday"
    for begins, ends in calendar["hours"].get(moved or weekday, []):
        if begins <= time < ends:
            return "worked"
    return "closed"


def kinds(calendar: dict[str, Any], first_day: date) -> list[str]:
    """The kind of each minute of the window, whatever is paused."""
    known: dict[tuple[str, str, str], str] = {}
    found = []
    for shown in wall_clock(calendar["tz"], first_day):
        if shown not in known:
            known[shown] = kind_of(calendar, shown)
        found.append(known[shown])
    return found


def due_minute(kinds: list[str], paused: bytearray, start: int, budget: int) -> int:
    """The minute at whose beginning the budget has been used up."""
    minute = start
    while budget:
        if minute >= len(kinds):
            raise RanOffTheEndError
        if kinds[minute] == "worked" and not paused[minute]:
            budget -= 1
        minute += 1
    return minute
