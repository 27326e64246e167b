"""Working time counted minute by minute: slower and plainer than the workers', and apart from it.

A minute is open when the wall clock of the calendar's zone shows an opening hour at its
beginning. Good to a minute, which is what the audit's grace allows for.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, chain
from typing import Any, Final
from zoneinfo import ZoneInfo

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = 1440
_BLOCK: Final = 15
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_DAYS: Final = 1500
"""Looked at for one deadline: four years."""

Span = tuple[int, int | None]
"""Minutes since 1970; without an end it lasts."""


def minute_of(at: datetime) -> int:
    """Return the minute in which an instant lies."""
    return (at - _EPOCH) // _MINUTE


def minute_from(at: datetime) -> int:
    """Return the first minute that begins no sooner than an instant. What is counted from there is
    due within a minute of what is counted from the instant itself, also where the calendar closes
    just when the limit would end."""
    return -((_EPOCH - at) // _MINUTE)


def instant_of(minute: int) -> datetime:
    """Return the beginning of a minute."""
    return _EPOCH + minute * _MINUTE


class OpenMinutes:
    """One calendar of the policy, as the file says it."""

    def __init__(self, calendar: Mapping[str, Any], days: Mapping[str, Any] | None) -> None:
        self.zone = ZoneInfo(str(calendar["tz"]))
        self._hours = {
            day: [(_minutes(begin), _minutes(end)) for begin, end in shifts]
            for day, shifts in calendar["hours"].items()
        }
        facts = days or {}
        self._moved = {as_date(day): like for day, like in (facts.get("workdays") or {}).items()}
        self._closed = {
            as_date(one["from"]) + timedelta(days=n)
            for one in facts.get("holidays") or ()
            for n in range((as_date(one["to"]) - as_date(one["from"])).days + 1)
        }
        self._sums: dict[int, list[int]] = {}

    def opens_on(self, day: date) -> bool:
        """Return whether a date of the calendar's zone has an opening hour."""
        like = self._moved.get(day)
        if like is None:
            like = "" if day in self._closed else _WEEKDAYS[day.weekday()]
        return bool(self._hours.get(like))

    def due(self, start: int, budget: int, waits: Sequence[Span]) -> int | None:
        """Return the minute at whose beginning ``budget`` open minutes from ``start`` are used
        up, without those of ``waits``; None while a wait keeps it from that."""
        at = start
        for begin, end in sorted(waits, key=lambda one: one[0]):
            if begin > at:
                found, budget = self._within(at, begin, budget)
                if found is not None:
                    return found
            if end is None:
                return None
            at = max(at, end)
        return self._within(at, at + _MOST_DAYS * _DAY, budget)[0]

    def _within(self, begin: int, end: int, budget: int) -> tuple[int | None, int]:
        """Return where the budget ends before ``end``, else what is left of it there."""
        for day in range(begin // _DAY, -(-end // _DAY)):
            sums = self._day(day)
            first, last = max(begin - day * _DAY, 0), min(end - day * _DAY, _DAY)
            there = sums[last] - sums[first]
            if there >= budget:
                return day * _DAY + bisect_left(sums, sums[first] + budget, first), 0
            budget -= there
        return None, budget

    def _day(self, day: int) -> list[int]:
        """Return how many minutes of a day of UTC are open before each of its minutes."""
        if day not in self._sums:
            blocks = (self._block(day * _DAY + begin) for begin in range(0, _DAY, _BLOCK))
            self._sums[day] = [0, *accumulate(chain.from_iterable(blocks))]
        return self._sums[day]

    def _block(self, begin: int) -> list[bool]:
        """Say of each minute of a quarter of an hour, in which no clock is ever changed, whether
        it is open."""
        local = instant_of(begin).astimezone(self.zone)
        like = self._moved.get(local.date())
        if like is None:
            if local.date() in self._closed:
                return [False] * _BLOCK
            like = _WEEKDAYS[local.weekday()]
        first, shifts = local.hour * 60 + local.minute, self._hours.get(like, ())
        return [
            any(opens <= minute < closes for opens, closes in shifts)
            for minute in range(first, first + _BLOCK)
        ]


def _minutes(written: str) -> int:
    hours, minutes = str(written).split(":")
    return int(hours) * 60 + int(minutes)


def as_date(written: object) -> date:
    """Return a date of a policy file, which YAML may have read already."""
    return written if isinstance(written, date) else date.fromisoformat(str(written))
