"""When a time zone changes its offset from UTC. Pure, but for the zone's own data."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple

MICROSECOND: Final = timedelta(microseconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
DAY: Final = 86_400 * SECOND
_STEP: Final = 6 * 3600
"""Seconds between looks for a change: no zone has ever changed there and back within them."""


class Piece(NamedTuple):
    """A stretch of time during which clocks of a zone differ from UTC by ``offset``; all in
    microseconds, ``begin`` and ``end`` since 1970."""

    begin: int
    end: int
    offset: int


def to_micros(instant: datetime) -> int:
    """Return the microseconds from 1970 to ``instant``, exactly.

    >>> to_micros(datetime(1970, 1, 2, tzinfo=UTC)) == DAY
    True
    """
    return (instant - EPOCH) // MICROSECOND


def to_instant(micros: int) -> datetime:
    """Return the aware UTC instant of :func:`to_micros`."""
    return EPOCH + timedelta(microseconds=micros)


@lru_cache(maxsize=4096)
def pieces_of_year(zone: tzinfo, year: int) -> tuple[Piece, ...]:
    """Return the stretches of equal offset that tile one year of UTC, in order."""
    first = to_micros(datetime(year, 1, 1, tzinfo=UTC)) // SECOND
    last = to_micros(datetime(year, 12, 31, tzinfo=UTC)) // SECOND + 86_400
    found: list[Piece] = []
    begin, offset = first, _offset(zone, first)
    for look in range(first + _STEP, last + 1, _STEP):
        here = _offset(zone, min(look, last - 1))
        if here != offset:
            change = _change(zone, look - _STEP, min(look, last - 1))
            found.append(Piece(begin * SECOND, change * SECOND, offset))
            begin, offset = change, here
    found.append(Piece(begin * SECOND, last * SECOND, offset))
    return tuple(found)


def pieces_of_day(zone: tzinfo, day: int) -> tuple[Piece, ...]:
    """Return the stretches of equal offset that tile the UTC day ``day`` (0 is 1970-01-01)."""
    begin, end = day * DAY, (day + 1) * DAY
    return tuple(
        Piece(max(begin, piece.begin), min(end, piece.end), piece.offset)
        for piece in pieces_of_year(zone, to_instant(begin).year)
        if piece.begin < end and begin < piece.end
    )


def _offset(zone: tzinfo, second: int) -> int:
    there = (EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return (there or timedelta()) // MICROSECOND


def _change(zone: tzinfo, before: int, after: int) -> int:
    """Return the first second with another offset than ``before``, which ``after`` has."""
    old = _offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after
