"""When a limit of the law ends, by its unit: worked out from the plain file, with code of its own.

Days, months and years run through everything and end at the same time of day on the wall clock
of the calendar; working days end at the midnight after the last, the day of the start not
counted; hours and minutes are those in which the calendar is open.
"""

from datetime import date, datetime, timedelta
from typing import Final

from services.audit.logic.open_minutes import OpenMinutes, minute_from, minute_of

_MINUTES: Final = {"hours": 60, "minutes": 1}
_MONTHS: Final = {"months": 1, "years": 12}
_DAY: Final = timedelta(days=1)
_MOST_DAYS: Final = 4000
"""Looked at for the end of a limit in working days."""


def end_of(unit: str, amount: int, start: datetime, hours: OpenMinutes) -> int | None:
    """Return the minute at whose beginning a limit has ended; None where the unit is not known or
    the calendar hardly ever opens."""
    if unit in _MINUTES:
        return hours.due(minute_from(start), amount * _MINUTES[unit], ())
    local = start.astimezone(hours.zone)
    if unit == "days":
        return minute_of(local + amount * _DAY) + 1
    if unit in _MONTHS:
        return minute_of(_later(local, amount * _MONTHS[unit])) + 1
    if unit != "working_days":
        return None
    last = _working_day(local.date(), amount, hours)
    if last is None:
        return None
    return minute_of(datetime.combine(last + _DAY, datetime.min.time(), hours.zone))


def _later(local: datetime, months: int) -> datetime:
    """Go on month by month: from the first of one to the first of the next, then to the same day,
    if the month is so long."""
    first = local.replace(day=1)
    for _ in range(months):
        first = (first + 31 * _DAY).replace(day=1)
    same = first + (local.day - 1) * _DAY
    while same.month != first.month:
        same -= _DAY
    return same


def _working_day(day: date, amount: int, hours: OpenMinutes) -> date | None:
    days = (day + n * _DAY for n in range(1, _MOST_DAYS))
    open_days = (one for one in days if hours.opens_on(one))
    return next((one for n, one in enumerate(open_days, 1) if n == amount), None)
