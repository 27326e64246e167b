"""What each minute between a start and a deadline was: worked, closed, holiday or paused."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from services.domain.calendars.calendar import DayName, Kind, Stretch, WorkCalendar
from services.domain.calendars.worktime import NEVER, Pause, deadline, merged, worked
from services.domain.calendars.zones import DAY, to_instant, to_micros


class Interval(NamedTuple):
    """A stretch of one kind. The intervals of an explanation follow each other without gap."""

    begin: datetime
    end: datetime | None
    """None for a pause that lasts."""
    kind: Kind
    paused_by: tuple[str, ...] = ()
    """Who was waited for, on a pause; several where pauses overlap."""
    name: DayName | None = None
    """What the holiday is called, where the calendar says."""

    @property
    def length(self) -> timedelta | None:
        """Time that passed; None for a pause that lasts."""
        return None if self.end is None else self.end - self.begin


class Explanation(NamedTuple):
    """A deadline and the proof of it."""

    due: datetime | None
    """None while a pause that lasts keeps the clock from getting there."""
    intervals: tuple[Interval, ...]
    calendar: str
    calendar_version: str
    goes_beyond_known: bool
    """Whether it reaches past the last date whose holidays the calendar knows."""


def explain(
    calendar: WorkCalendar, start: datetime, budget: timedelta, pauses: Sequence[Pause] = ()
) -> Explanation:
    """Return the deadline of ``budget`` and the intervals that tile the time up to it.

    A pause covers whatever it falls on, open or closed. What is worked sums to the budget. Of
    a clock that is paused for good, the last interval is that pause, without an end.

    Raises:
        CalendarError: as :func:`~services.domain.calendars.worktime.deadline`.
    """
    due = deadline(calendar, start, budget, pauses)
    if due is None:
        lasting = to_instant(next(b for b, end in merged(pauses) if end == NEVER))
        end = max(start, min(p.begin for p in pauses if p.end is None and p.begin >= lasting))
        who = {p.waiting_for for p in pauses if p.end is None and p.begin <= end}
        found = (*intervals(calendar, start, end, pauses), _paused(end, None, who))
    else:
        end, found = due, intervals(calendar, start, due, pauses)
    known = calendar.known_until
    return Explanation(
        due,
        found,
        calendar.name,
        calendar.version,
        known is not None and end.astimezone(calendar.zone).date() > known,
    )


def intervals(
    calendar: WorkCalendar, start: datetime, end: datetime, pauses: Sequence[Pause] = ()
) -> tuple[Interval, ...]:
    """Return what the time from ``start`` up to ``end`` was: tiled, in order, each as long as
    it can be. Nothing when ``end`` is not after ``start``.

    Raises:
        CalendarError: rule ``pause_order``.
    """
    merged(pauses)  # refuses one that ends before it begins
    first, last = to_micros(start), to_micros(end)
    found: list[Interval] = []
    at = first
    for begin, stop, who in _pause_parts(pauses, first, last):
        found += _plain(calendar, at, begin)
        found.append(_paused(to_instant(begin), to_instant(stop), who))
        at = stop
    return (*found, *_plain(calendar, at, last))


def open_time(calendar: WorkCalendar, interval: Interval) -> timedelta:
    """Return how much of an interval that ended was opening time: of a pause, what it gave."""
    end = interval.begin if interval.end is None else interval.end
    return worked(calendar, interval.begin, end)


def _paused(begin: datetime, end: datetime | None, who: set[str]) -> Interval:
    return Interval(begin, end, Kind.PAUSED, tuple(sorted(who - {""})))


def _pause_parts(
    pauses: Sequence[Pause], first: int, last: int
) -> Iterator[tuple[int, int, set[str]]]:
    """Yield the paused parts between ``first`` and ``last``, and who was waited for in each."""
    spans = [
        (max(first, to_micros(p.begin)), min(last, NEVER if p.end is None else to_micros(p.end)), p)
        for p in pauses
    ]
    spans = [span for span in spans if span[0] < span[1]]
    cuts = sorted({cut for begin, end, _ in spans for cut in (begin, end)})
    part: tuple[int, int, set[str]] | None = None
    for begin, end in pairwise(cuts):
        waiting = [p.waiting_for for first_, last_, p in spans if first_ <= begin and end <= last_]
        who = set(waiting) - {""}
        if part is not None and waiting and who == part[2] and part[1] == begin:
            part = (part[0], end, who)
            continue
        if part is not None:
            yield part
        part = (begin, end, who) if waiting else None
    if part is not None:
        yield part


def _plain(calendar: WorkCalendar, first: int, last: int) -> Iterator[Interval]:
    """Yield what the time would be without pauses."""
    whole: Stretch | None = None
    for day in range(first // DAY, -(-last // DAY)) if first < last else ():
        for one in calendar.stretches(day):
            begin, end = max(first, one.begin), min(last, one.end)
            if begin >= end:
                continue
            if whole is not None and whole[2:] == one[2:]:
                whole = whole._replace(end=end)
                continue
            if whole is not None:
                yield _interval(whole)
            whole = Stretch(begin, end, one.kind, one.name)
    if whole is not None:
        yield _interval(whole)


def _interval(one: Stretch) -> Interval:
    return Interval(to_instant(one.begin), to_instant(one.end), one.kind, (), one.name)
