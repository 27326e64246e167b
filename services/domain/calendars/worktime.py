"""Adding and counting working time: exact to the microsecond, pauses taken out as intervals.

A pause is *subtracted*, never added to the due date: so pauses may overlap, begin before the
start, lie in closed hours or have no end yet, and working it out anew gives the same
(anchors 2.2; the defects of 3.3).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from services.domain.calendars.calendar import WorkCalendar
from services.domain.calendars.zones import DAY, MICROSECOND, to_instant, to_micros
from services.domain.errors import CalendarError

HORIZON_YEARS: Final = 100
_HORIZON_DAYS: Final = HORIZON_YEARS * 366
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
NEVER: Final = 1 << 62
"""Later than any instant, in microseconds."""
_LATEST: Final = to_micros(datetime(_LAST_YEAR + 1, 1, 1, tzinfo=UTC))


class Pause(NamedTuple):
    """Time that does not count: from ``begin`` up to ``end``, which is None while it lasts;
    ``waiting_for`` says whose turn it is, ``""`` where nobody said."""

    begin: datetime
    end: datetime | None
    waiting_for: str = ""


def deadline(
    calendar: WorkCalendar, start: datetime, budget: timedelta, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """Return the end of the last working minute of ``budget``, from ``start`` on.

    It is the *earliest* instant at which the budget is used up: work of a day that closes at
    18:00 is due at 18:00, not when the next day opens. No budget is due at the start itself.

    Returns:
        None while an open pause keeps the clock from ever getting there.

    Raises:
        CalendarError: rule ``never_opens``, ``budget_negative``, ``beyond_horizon`` (not used
            up within a hundred years of the start and its pauses), ``out_of_range`` (a start
            before 1900 or after 2999), ``pause_order``, ``pause_out_of_range`` (a
            pause that it comes to ends after 2999; who writes that means one that lasts).
    """
    at, left = _checked(start), budget // MICROSECOND
    if left < 0:
        raise CalendarError("budget_negative", "a budget of working time cannot be negative")
    if not left:
        return start
    if not calendar.is_ever_open:
        raise CalendarError("never_opens", f"{_called(calendar)} has no opening hours at all")
    if not pauses:
        return to_instant(_walk_on(calendar, at, left))
    gaps = merged(pauses)
    last_end = max((end for _, end in gaps if end < _LATEST), default=at)
    horizon = max(at, last_end) // DAY + _HORIZON_DAYS
    found = _walk(calendar, at, left, gaps, horizon)
    return None if found is None else to_instant(found)


def _walk_on(calendar: WorkCalendar, at: int, left: int) -> int:
    """As :func:`_walk` without a gap, which nearly every clock is."""
    first = at // DAY
    for day in range(first, first + _HORIZON_DAYS + 1):
        spans, total = calendar.open(day)
        if total < left and day > first:
            left -= total
            continue
        for opens, closes in spans:
            begins = max(opens, at)
            if closes - begins >= left:
                return begins + left
            if closes > begins:
                left -= closes - begins
    raise _beyond_horizon(calendar)


def _walk(
    calendar: WorkCalendar, at: int, left: int, gaps: list[tuple[int, int]], horizon: int
) -> int | None:
    day, gap = at // DAY, 0
    # A gap that never ends stands behind the last one, so that there is always a next.
    gaps = [*gaps, (NEVER, NEVER)]
    while day <= horizon:
        spans, total = calendar.open(day)
        begins, ends = day * DAY, (day + 1) * DAY
        day += 1
        if total < left and begins >= at and gaps[gap][0] >= ends:
            left -= total
            continue
        for opens, closes in spans:
            now = max(opens, at)
            while now < closes:
                pause_begin, pause_end = gaps[gap]
                if pause_end <= now:
                    gap += 1
                elif pause_begin <= now:
                    if pause_end == NEVER:
                        return None
                    if pause_end >= _LATEST:
                        raise _pause_out_of_range()
                    now = pause_end
                else:
                    stop = min(closes, pause_begin)
                    if stop - now >= left:
                        return now + left
                    left -= stop - now
                    now = stop
    raise _beyond_horizon(calendar)


def _beyond_horizon(calendar: WorkCalendar) -> CalendarError:
    return CalendarError(
        "beyond_horizon",
        f"{_called(calendar)}: the budget is not used up within {HORIZON_YEARS} years",
    )


def _pause_out_of_range() -> CalendarError:
    return CalendarError(
        "pause_out_of_range",
        f"a pause ends after {_LAST_YEAR}: leave out the end of one that lasts",
    )


def worked(
    calendar: WorkCalendar, start: datetime, end: datetime, pauses: Sequence[Pause] = ()
) -> timedelta:
    """Return how much working time lies between ``start`` and ``end``, without the pauses.

    Nothing when ``end`` is not after ``start``.

    Raises:
        CalendarError: rule ``out_of_range`` or ``pause_order``.
    """
    first, last = _checked(start), _checked(end)
    total = _open_time(calendar, first, last)
    for begin, stop in merged(pauses):
        total -= _open_time(calendar, max(first, begin), min(last, stop))
    return timedelta(microseconds=total)


def _open_time(calendar: WorkCalendar, first: int, last: int) -> int:
    total = 0
    for day in range(first // DAY, -(-last // DAY)) if first < last else ():
        spans, whole = calendar.open(day)
        if first <= day * DAY and (day + 1) * DAY <= last:
            total += whole
        else:
            for opens, closes in spans:
                total += max(0, min(last, closes) - max(first, opens))
    return total


def merged(pauses: Iterable[Pause]) -> list[tuple[int, int]]:
    """Return the pauses as intervals apart from each other, in microseconds and in order; one
    that has not ended ends at :data:`NEVER`.

    Raises:
        CalendarError: rule ``pause_order``: one ends before it begins.
    """
    spans = sorted(
        (to_micros(one.begin), NEVER if one.end is None else to_micros(one.end)) for one in pauses
    )
    found: list[tuple[int, int]] = []
    for begin, end in spans:
        if end < begin:
            raise CalendarError("pause_order", "a pause cannot end before it begins")
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif begin < end:
            found.append((begin, end))
    return found


def _checked(instant: datetime) -> int:
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        raise CalendarError(
            "out_of_range", f"only the years {_FIRST_YEAR} to {_LAST_YEAR} can be reckoned with"
        )
    return to_micros(instant)


def _called(calendar: WorkCalendar) -> str:
    return f"calendar {calendar.name}" if calendar.name else "the calendar"
