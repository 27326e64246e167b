"""When the clocks of a ledger are due, and why."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from services.domain.calendars.calendar import Kind, WorkCalendar
from services.domain.calendars.explain import Explanation, Interval, explain
from services.domain.calendars.worktime import HORIZON_YEARS, deadline
from services.domain.clocks.events import ClockId, Extended
from services.domain.clocks.ledger import Ledger, Strand
from services.domain.clocks.limits import WORKING_TIME, Unit
from services.domain.errors import CalendarError, ClockRefused

CalendarOf = Callable[[str], WorkCalendar]
"""Finds a calendar by its name (:meth:`Calendars.named` of the version that is wanted)."""

_MONTHS: Final = {Unit.MONTHS: 1, Unit.YEARS: 12}


class Due(NamedTuple):
    """The strand of a clock that counts, and when it is due; None while a wait lasts."""

    strand: Strand
    at: datetime | None


def due_of(ledger: Ledger, clock: ClockId, calendar_of: CalendarOf) -> Due | None:
    """Return what counts of a clock: the strand that is due first, among equals its own.

    None when the clock does not run.

    Raises:
        CalendarError: the limit cannot be reckoned.
    """
    found = [Due(one, strand_due(ledger, one, calendar_of)) for one in ledger.running(clock)]
    return min(found, key=_order) if found else None


def strand_due(ledger: Ledger, strand: Strand, calendar_of: CalendarOf) -> datetime | None:
    """Return when one strand is due, whether it was stopped or not.

    Raises:
        CalendarError: the limit cannot be reckoned.
    """
    calendar, amount = calendar_of(strand.limit.calendar), _amount(strand)
    start, unit = ledger.start_of(strand), strand.limit.unit
    if unit in WORKING_TIME:
        pauses = ledger.pauses_of(strand)
        return deadline(calendar, start, timedelta(seconds=amount * WORKING_TIME[unit]), pauses)
    local = start.astimezone(calendar.zone)
    if unit is Unit.WORKING_DAYS:
        last = _working_day(calendar, local.date(), amount)
        midnight = datetime.combine(last + timedelta(days=1), time(), calendar.zone)
        return midnight.astimezone(UTC)
    if unit in _MONTHS:
        return _months_later(local, amount * _MONTHS[unit]).astimezone(UTC)
    return (local + timedelta(days=amount)).astimezone(UTC)


def explain_clock(ledger: Ledger, clock: ClockId, calendar_of: CalendarOf) -> Explanation | None:
    """Return the proof of what :func:`due_of` says; None when the clock does not run.

    Raises:
        CalendarError: the limit cannot be reckoned.
    """
    due = due_of(ledger, clock, calendar_of)
    return None if due is None else explain_strand(ledger, due.strand, calendar_of)


def explain_strand(ledger: Ledger, strand: Strand, calendar_of: CalendarOf) -> Explanation:
    """Return the proof of what :func:`strand_due` says. Of a limit in days, which runs through
    everything, it is one interval.

    Raises:
        CalendarError: the limit cannot be reckoned.
    """
    calendar, start = calendar_of(strand.limit.calendar), ledger.start_of(strand)
    if strand.limit.unit in WORKING_TIME:
        return explain(calendar, start, budget_of(strand), ledger.pauses_of(strand))
    due = strand_due(ledger, strand, calendar_of)
    end = due or start
    whole = (Interval(start, end, Kind.WORKED),)
    known = calendar.known_until if strand.limit.unit is Unit.WORKING_DAYS else None
    return Explanation(
        due,
        whole,
        calendar.name,
        calendar.version,
        known is not None and end.astimezone(calendar.zone).date() > known,
    )


def check_extension(ledger: Ledger, event: Extended, calendar_of: CalendarOf) -> None:
    """Refuse to extend what is overdue already: that would hide a breach.

    Raises:
        ClockRefused: rule ``extension_late`` or ``not_running``.
    """
    due = due_of(ledger, event.clock, calendar_of)
    if due is None:
        raise ClockRefused("not_running", f"{event.clock} does not run")
    if due.at is not None and due.at < event.at:
        raise ClockRefused("extension_late", f"{event.clock} was due before it was extended")


def budget_of(strand: Strand) -> timedelta:
    """Return the working time that a strand has; only of a limit in working time."""
    return timedelta(seconds=_amount(strand) * WORKING_TIME[strand.limit.unit])


def _amount(strand: Strand) -> int:
    return strand.limit.amount + strand.extended


def _order(due: Due) -> tuple[bool, datetime, bool]:
    return due.at is None, due.at or due.strand.started_at, bool(due.strand.origin)


def _working_day(calendar: WorkCalendar, day: date, amount: int) -> date:
    for n in range(1, HORIZON_YEARS * 366):
        after = day + timedelta(days=n)
        amount -= calendar.works_on(after)
        if not amount:
            return after
    raise CalendarError("never_opens", f"calendar {calendar.name} has too few working days")


def _months_later(local: datetime, months: int) -> datetime:
    """The same day of a later month, or its last one if it is shorter."""
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return local.replace(year=year, month=month + 1, day=min(local.day, last))
