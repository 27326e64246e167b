"""A calendar to reckon with: for each day of UTC, which stretches of it are open.

**A minute is open when a clock on the wall of the calendar's zone shows an opening hour.** So a
shift that a change to summer time cuts short is shorter, and one that the change back repeats
is longer: what counts is time that passes. Days are those of UTC, not of the zone, because a
zone can show a date twice or never (St. John's 2006, Apia 2011).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

from services.domain.calendars.zones import DAY, MINUTE, pieces_of_day, to_micros

Hours = tuple[tuple[int, int], ...]
"""Opening hours of a day: begin and end in minutes after midnight, in order, apart."""

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_THURSDAY: Final = 3
_MOST_CACHED: Final = 40_000
"""Days kept of one calendar: more than a century."""


class Kind(StrEnum):
    """What a stretch of time is to a clock."""

    WORKED = "worked"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    PAUSED = "paused"


class DayName(NamedTuple):
    """What people call a special day."""

    zh: str
    en: str


class Open(NamedTuple):
    """The opening times of a day of UTC, and their sum; microseconds."""

    spans: tuple[tuple[int, int], ...]
    total: int


class Stretch(NamedTuple):
    """A part of a day of UTC, in microseconds since 1970, and what it is."""

    begin: int
    end: int
    kind: Kind
    name: DayName | None


class WorkCalendar:
    """Opening hours with their exceptions. Equal input gives equal answers for ever.

    Args:
        zone: whose wall clock the hours are about.
        week: the hours of Monday to Sunday.
        holidays: dates that are closed, and what they are called.
        workdays: dates that have the hours of a weekday (0 is Monday); they win over holidays.
        name, version: to be told in explanations.
    """

    def __init__(
        self,
        zone: tzinfo,
        week: Sequence[Hours],
        holidays: Mapping[date, DayName | None],
        workdays: Mapping[date, int],
        *,
        name: str = "",
        version: str = "",
        known_until: date | None = None,
    ) -> None:
        self.zone = zone
        self.name = name
        self.version = version
        self.known_until = known_until
        """The last date whose holidays are known; None where none are missing."""
        self.is_ever_open = any(week)
        self._week = [tuple((a * MINUTE, b * MINUTE) for a, b in hours) for hours in week]
        self._workdays = {_number(day): like for day, like in workdays.items()}
        self._holidays = {
            _number(day): name for day, name in holidays.items() if day not in workdays
        }
        self._open: dict[int, Open] = {}
        self._stretches: dict[int, tuple[Stretch, ...]] = {}

    def open(self, day: int) -> Open:
        """Return when the UTC day ``day`` (0 is 1970-01-01) is open."""
        known = self._open.get(day)
        if known is None:
            if len(self._open) >= _MOST_CACHED:
                self._open.clear()
            known = self._open[day] = self._opened(day)
        return known

    def stretches(self, day: int) -> tuple[Stretch, ...]:
        """Return what the UTC day ``day`` consists of: it is tiled, in order."""
        known = self._stretches.get(day)
        if known is None:
            if len(self._stretches) >= _MOST_CACHED:
                self._stretches.clear()
            known = self._stretches[day] = tuple(self._tiled(day))
        return known

    def _tiled(self, day: int) -> Iterator[Stretch]:
        for piece in pieces_of_day(self.zone, day):
            for local, begin, end in _dates(piece.begin, piece.end, piece.offset):
                kind, name = Kind.CLOSED, None
                if local in self._holidays:
                    kind, name = Kind.HOLIDAY, self._holidays[local]
                at = begin
                for opens, closes in self._hours(local):
                    first = max(begin, local * DAY + opens - piece.offset)
                    last = min(end, local * DAY + closes - piece.offset)
                    if first < last:
                        if at < first:
                            yield Stretch(at, first, kind, name)
                        yield Stretch(first, last, Kind.WORKED, None)
                        at = last
                if at < end:
                    yield Stretch(at, end, kind, name)

    def _opened(self, day: int) -> Open:
        spans: list[tuple[int, int]] = []
        for piece in pieces_of_day(self.zone, day):
            for local, begin, end in _dates(piece.begin, piece.end, piece.offset):
                midnight = local * DAY - piece.offset
                for opens, closes in self._hours(local):
                    first, last = max(begin, midnight + opens), min(end, midnight + closes)
                    if first >= last:
                        continue
                    if spans and spans[-1][1] == first:
                        first = spans.pop()[0]
                    spans.append((first, last))
        return Open(tuple(spans), sum(last - first for first, last in spans))

    def is_open(self, at: datetime) -> bool:
        """Return whether an instant lies in opening hours."""
        micros = to_micros(at)
        return any(begin <= micros < end for begin, end in self.open(micros // DAY).spans)

    def works_on(self, day: date) -> bool:
        """Return whether a date of the calendar's zone has opening hours."""
        return bool(self._hours(_number(day)))

    def _hours(self, local: int) -> Hours:
        if local in self._holidays:
            return ()
        like = self._workdays.get(local)
        return self._week[(local + _THURSDAY) % 7 if like is None else like]


def _number(day: date) -> int:
    return day.toordinal() - _EPOCH_ORDINAL


def _dates(begin: int, end: int, offset: int) -> Iterator[tuple[int, int, int]]:
    """Yield the dates that the zone shows in a stretch of equal offset, and how long each."""
    for local in range((begin + offset) // DAY, (end + offset - 1) // DAY + 1):
        yield (
            local,
            max(begin, local * DAY - offset),
            min(end, (local + 1) * DAY - offset),
        )
