"""A calendar as people write it: hours by weekday, days off, days with another day's hours."""

import re
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from services.domain.calendars.calendar import DayName, Hours, WorkCalendar
from services.domain.policies import PolicyPart

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME: Final = re.compile(r"(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)")
MOST_DAYS: Final = 5000
"""Days off or moved that one calendar may name: decades of them."""


class Weekday(StrEnum):
    """A day of the week, Monday first as in ISO 8601."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        """0 for Monday."""
        return list(Weekday).index(self)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError(
            "unknown_zone", "not an IANA time zone such as Asia/Shanghai"
        ) from None
    return name


def _only_dates(value: Any) -> Any:
    """Refuse numbers and times of day, which would be guessed at."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise PydanticCustomError("date", "a date is written like 2026-10-01")


def _time_of_day(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise PydanticCustomError("time_of_day", "a time of day is written like 09:00, up to 24:00")
    return text


def minutes_of(time_of_day: str) -> int:
    """Return the minutes from midnight to a wall-clock time.

    >>> minutes_of("13:30"), minutes_of("24:00")
    (810, 1440)
    """
    hours, minutes = time_of_day.split(":")
    return int(hours) * 60 + int(minutes)


def _forward(shift: tuple[str, str]) -> tuple[str, str]:
    if minutes_of(shift[0]) >= minutes_of(shift[1]):
        raise PydanticCustomError(
            "shift_order",
            "a shift ends after it begins; one over midnight is two: up to 24:00, and from 00:00",
        )
    return shift


def _apart(shifts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    if any(earlier[1] > later[0] for earlier, later in pairwise(sorted(shifts))):
        raise PydanticCustomError("shifts_overlap", "the shifts of a day must not overlap")
    return tuple(sorted(shifts))


TimeOfDay = Annotated[
    str,
    AfterValidator(_time_of_day),
    Field(json_schema_extra={"pattern": f"^{_TIME.pattern}$", "examples": ["09:00", "24:00"]}),
]
Shift = Annotated[tuple[TimeOfDay, TimeOfDay], AfterValidator(_forward)]
Shifts = Annotated[tuple[Shift, ...], Field(max_length=48), AfterValidator(_apart)]
Zone = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_known_zone)]
Date = Annotated[date, BeforeValidator(_only_dates)]
Week = Annotated[
    dict[Weekday, Shifts], Field(description="Opening hours by weekday; a missing day is closed.")
]
Swaps = Annotated[
    dict[Date, Weekday],
    Field(
        max_length=MOST_DAYS,
        description="Dates that take the hours of a weekday; they win over holidays.",
    ),
]


class Plan(PolicyPart):
    """One calendar, complete in itself, as it stands in a line of ``complaints deadline``."""

    tz: Annotated[Zone, Field(description="The time zone the hours are written in.")]
    hours: Week
    holidays: Annotated[tuple[Date, ...], Field(max_length=MOST_DAYS)] = ()
    workdays: Swaps = Field(default_factory=dict)

    def compiled(self, name: str = "", version: str = "") -> WorkCalendar:
        """Return the calendar to reckon with."""
        closed: dict[date, DayName | None] = dict.fromkeys(self.holidays)
        return compiled(self.tz, self.hours, closed, self.workdays, name=name, version=version)


def compiled(
    tz: str,
    hours: dict[Weekday, tuple[tuple[str, str], ...]],
    holidays: dict[date, DayName | None],
    workdays: dict[date, Weekday],
    *,
    name: str = "",
    version: str = "",
    known_until: date | None = None,
) -> WorkCalendar:
    """Return the calendar to reckon with, from checked parts.

    Raises:
        ZoneInfoNotFoundError: ``tz`` was not checked.
    """
    week: list[Hours] = [
        tuple((minutes_of(begin), minutes_of(end)) for begin, end in hours.get(day, ()))
        for day in Weekday
    ]
    moved = {day: like.number for day, like in workdays.items()}
    return WorkCalendar(
        ZoneInfo(tz), week, holidays, moved, name=name, version=version, known_until=known_until
    )
