"""Who used the time of a clock, and who held the case while it was overdue. Sums are exact."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from services.domain.calendars.calendar import WorkCalendar
from services.domain.calendars.worktime import Pause, worked
from services.domain.clocks.deadlines import CalendarOf, strand_due
from services.domain.clocks.events import ClockKind
from services.domain.clocks.ledger import Ledger, Strand, waiting_kind
from services.domain.clocks.limits import WORKING_TIME, Waiting

NOBODY: Final = "nobody"
"""Who holds a case that no team has: time is never lost from the sum."""


class Attribution(NamedTuple):
    """Time of one strand by holder: ``team:<id>``, ``partner:<id>`` or ``nobody``."""

    used: dict[str, timedelta]
    """All that counted, from the start to the end."""
    overdue: dict[str, timedelta]
    """The part of it after the deadline."""


def attribute(
    ledger: Ledger, strand: Strand, until: datetime, calendar_of: CalendarOf
) -> Attribution:
    """Return who used the time of ``strand`` until it was stopped, or ``until``.

    While the case waits for a partner, or was transferred to one, the time is the partner's (of
    several, the one waited for longest), else the team's that has the case. Time that does not
    count for this strand (closed hours, its pauses) is nobody's. Limits in days count all time
    that passes. The time of a task is its holder's, whoever has the case.

    Raises:
        CalendarError: the limit cannot be reckoned.
    """
    start = ledger.start_of(strand)
    end = max(start, min(strand.stopped_at or until, until))
    due = strand_due(ledger, strand, calendar_of)
    cuts = {start, end, *(at for at, _ in ledger.holders)}
    cuts |= {at for one in ledger.waits for at in (one.begin, one.end) if at is not None}
    cuts |= {due} if due is not None else set()
    counts_all = strand.limit.unit not in WORKING_TIME
    calendar = None if counts_all else calendar_of(strand.limit.calendar)
    pauses = ledger.pauses_of(strand)
    is_task = strand.clock.kind is ClockKind.TASK
    found = Attribution({}, {})
    for begin, stop in pairwise(sorted(cut for cut in cuts if start <= cut <= end)):
        time = _counted(calendar, begin, stop, pauses)
        if not time:
            continue
        holder = strand.clock.holder if is_task else _holder(ledger, begin)
        found.used[holder] = found.used.get(holder, timedelta()) + time
        if due is not None and begin >= due:
            found.overdue[holder] = found.overdue.get(holder, timedelta()) + time
    return found


def whole_minutes(shares: Mapping[str, timedelta]) -> dict[str, int]:
    """Return shares in whole minutes whose sum is the whole minutes of the total: what is cut
    off goes to those with the largest remainders.

    >>> second = timedelta(seconds=1)
    >>> whole_minutes({"team:a": 90 * second, "team:b": 80 * second, "team:c": 15 * second})
    {'team:a': 2, 'team:b': 1, 'team:c': 0}
    """
    minute = timedelta(minutes=1)
    found = {who: time // minute for who, time in shares.items()}
    missing = sum(shares.values(), timedelta()) // minute - sum(found.values())
    by_remainder = sorted(shares, key=lambda who: (-(shares[who] % minute), who))
    for who in by_remainder[:missing]:
        found[who] += 1
    return found


def _counted(
    calendar: WorkCalendar | None, begin: datetime, end: datetime, pauses: list[Pause]
) -> timedelta:
    return end - begin if calendar is None else worked(calendar, begin, end, pauses)


def _holder(ledger: Ledger, at: datetime) -> str:
    partners = [
        one
        for one in ledger.waits
        if one.begin <= at
        and (one.end is None or at < one.end)
        and waiting_kind(one.waiting_for) is Waiting.PARTNER
    ]
    if partners:
        return min(partners, key=lambda one: (one.begin, one.waiting_for)).waiting_for
    team = None
    for since, holder in ledger.holders:
        if since <= at:
            team = holder
    if team is None:
        return NOBODY
    return team if team.startswith("partner:") else f"team:{team}"
