"""The terms of a case: which limit, calendar and ladder each of its clocks has. Pure.

A bundle of one version each of the sla policy, the calendars and the limits; checked against
each other once.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

from schemas.ledger import PolicyVersions
from schemas.places import CasePlace
from schemas.vocabulary import ClockName
from services.domain.calendars.calendar import WorkCalendar
from services.domain.calendars.policy import Calendars
from services.domain.calendars.worktime import deadline
from services.domain.clocks.limits import WORKING_TIME, Limit, LimitRule, Limits, Place, Unit
from services.domain.clocks.policy import (
    LEVELS,
    OWN,
    SPARSEST,
    Ladder,
    SlaPolicy,
    Statutory,
    date_at,
)
from services.domain.errors import SettingsError

_MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
_HOURS_OF_A_WEEK: Final = 168
_MINUTE: Final = timedelta(minutes=1)
_LEAST_DAYS: Final = {Unit.MONTHS: 28, Unit.YEARS: 365}
_MOST_DAYS: Final = {Unit.MONTHS: 31, Unit.YEARS: 366, Unit.WORKING_DAYS: 3}


class Term(NamedTuple):
    """What one clock of a case goes by."""

    limit: Limit
    warn: float
    """The share of the limit after which to warn."""
    rungs: tuple[timedelta, ...]
    """When to escalate, in opening hours after the breach."""
    ladder_calendar: str
    rule: LimitRule | None = None
    """Of a statutory clock: the row it was taken from."""
    source: str = ""
    """What it rests on."""
    least: timedelta = timedelta()
    """Nothing of it is due sooner than this after its start: working time never passes faster
    than time."""


class Terms:
    """See the module.

    Raises:
        SettingsError: they contradict each other; the message names the place.
    """

    def __init__(self, sla: SlaPolicy, calendars: Calendars, limits: Limits) -> None:
        self.sla = sla
        self.calendars = calendars
        self.limits = limits
        self.versions = PolicyVersions(
            sla=sla.version, calendars=calendars.version, limits=limits.version
        )
        self._calendars: dict[str, WorkCalendar] = {}
        self._laws: dict[tuple[date, bool, Place], Term | None] = {}
        self._known: dict[tuple[ClockName, int, str | None], Term | None] = {}
        self._check()

    def calendar(self, name: str) -> WorkCalendar:
        """Return a calendar by its name."""
        known = self._calendars.get(name)
        if known is None:
            known = self._calendars[name] = self.calendars.named(name)
        return known

    @cached_property
    def longest(self) -> timedelta:
        """About how far beyond its start a clock that is never paused can reach, one by law too."""
        own = self.sla.statutory
        if own is None:
            return self.sla.longest
        matters = {own.matter, own.appeal_matter, *own.product_matters}
        laws = [_longest(one) for one in self.limits.limits if one.matter in matters]
        climbed = max(own.escalate.spans, default=timedelta()) * SPARSEST
        return max(self.sla.longest, max(laws, default=timedelta()) + climbed)

    def payer_answers_by(self, requested_at: datetime) -> datetime | None:
        """Return by when the payer should say what became of a payment that was requested then;
        None where these policies do not say."""
        own = self.sla.payment
        if own is None:
            return None
        return deadline(self.calendar(own.calendar), requested_at, own.span)

    def is_on_duty(self, team: str | None, at: datetime) -> bool:
        """Return whether a team works at an instant."""
        return self.calendar(self.sla.calendar_of_team(team)).is_open(at)

    def term(
        self,
        clock: ClockName,
        level: int,
        holder: str | None,
        start: datetime,
        *,
        is_appeal: bool = False,
        place: CasePlace | None = None,
    ) -> Term | None:
        """Return what a clock goes by; None when these policies have no limit for it."""
        if clock in (ClockName.STATUTORY, ClockName.REGULATOR):
            return self._statutory(start, is_appeal or clock is ClockName.REGULATOR, place)
        key = (clock, level, holder)
        if key not in self._known:
            self._known[key] = self._internal(*key)
        return self._known[key]

    def _internal(self, clock: ClockName, level: int, holder: str | None) -> Term | None:
        own = self.sla.levels[level].clocks.get(clock)
        if clock is ClockName.TASK:
            own = self.sla.levels[level].of_task(holder)
        if own is None:
            return None
        return Term(
            limit=Limit(
                id=f"{clock}-{level}",
                # One unit whatever the level and version: an extension means the same in all.
                amount=own.limit.span // _MINUTE,
                unit=Unit.MINUTES,
                calendar=self._named(own.limit.calendar, clock, holder),
                policy=self.sla.version,
                pauses_for=own.pauses_for,
                extension=own.extension // _MINUTE if own.extension else 0,
            ),
            warn=own.warn.share,
            rungs=own.escalate.spans,
            ladder_calendar=self._named(own.escalate.calendar, clock, holder),
            source=own.limit.source,
            least=timedelta(minutes=own.limit.span // _MINUTE) * min(1.0, own.warn.share),
        )

    def _statutory(self, start: datetime, is_appeal: bool, place: CasePlace | None) -> Term | None:
        own = self.sla.statutory
        if own is None:
            return None
        where = own.place(place)
        day = date_at(where, start)
        if (day, is_appeal, where) not in self._laws:
            self._laws[day, is_appeal, where] = self._law(own, day, is_appeal, where)
        return self._laws[day, is_appeal, where]

    def _law(self, own: Statutory, day: date, is_appeal: bool, where: Place) -> Term | None:
        rule = self.answer(where, day, is_appeal)
        if rule is None:
            return None
        limit = self.limits.limit(rule)
        return Term(
            limit,
            rule.warn,
            own.escalate.spans,
            own.escalate.calendar,
            rule,
            rule.basis,
            _shortest(limit) * rule.warn,
        )

    def answer(self, where: Place, day: date, is_appeal: bool) -> LimitRule | None:
        """Return the limit of a legal clock that starts on a day; None where none is known."""
        own = self.sla.statutory
        if own is None:
            return None
        if is_appeal:
            return self.limits.answer(own.appeal_matter, where, day)
        return self.limits.answer(own.matter, where, day, own.product_matters)

    def _named(self, name: str, clock: ClockName, holder: str | None) -> str:
        if name != OWN:
            return name
        if clock is ClockName.TASK:
            kind, _, holder = (holder or "").partition(":")
            clock = ClockName.PARTNER if kind == "partner" else ClockName.TEAM
        if clock is ClockName.PARTNER:
            return self.sla.calendar_of_partner(holder)
        return self.sla.calendar_of_team(holder)

    # ------------------------------------------------------------------ checked once

    def _check(self) -> None:
        names = {*self.sla.team_calendars.values(), *self.sla.partner_calendars.values()}
        for level in self.sla.levels.values():
            for clock in level.clocks.values():
                names |= {clock.limit.calendar, clock.escalate.calendar}
        names |= {self.sla.payment.calendar} if self.sla.payment else set()
        ladders: list[Ladder] = [self.sla.statutory.escalate] if self.sla.statutory else []
        names |= {ladder.calendar for ladder in ladders}
        unknown = sorted(names - {OWN} - self.calendars.calendars.keys())
        if unknown:
            known = ", ".join(self.calendars.calendars)
            raise SettingsError(
                f"sla policy {self.sla.version}: there is no calendar {unknown[0]!r} in "
                f"{self.calendars.version}, only {known}"
            )
        for lower, upper in pairwise(LEVELS):
            for name in self.sla.levels[upper].clocks:
                self._check_order(name, lower, upper)

    def _check_order(self, clock: ClockName, lower: int, upper: int) -> None:
        """A higher level is never due later, at whatever hour of a week it starts."""
        grave, mild = self._internal(clock, upper, None), self._internal(clock, lower, None)
        if grave is None or mild is None or _is_plainly_shorter(grave.limit, mild.limit):
            return
        for hour in range(_HOURS_OF_A_WEEK):
            start = _MONDAY + timedelta(hours=hour)
            if self._due(grave.limit, start) > self._due(mild.limit, start):
                raise SettingsError(
                    f"sla policy {self.sla.version}: levels: {upper}: {clock} is given more time "
                    f"than at level {lower} when it starts at {start:%a %H:%M} UTC"
                )

    def _due(self, limit: Limit, start: datetime) -> datetime:
        budget = timedelta(seconds=limit.amount * WORKING_TIME[limit.unit])
        return deadline(self.calendar(limit.calendar), start, budget) or start


def _shortest(limit: Limit) -> timedelta:
    """Return a time that a limit is never shorter than. Days of the calendar are taken a day too
    few, and months to have 28: clocks are put forward, and months differ."""
    if limit.unit in WORKING_TIME:
        return timedelta(seconds=limit.amount * WORKING_TIME[limit.unit])
    return timedelta(days=limit.amount * _LEAST_DAYS.get(limit.unit, 1) - 1)


def _longest(rule: LimitRule) -> timedelta:
    amount = rule.amount + (rule.extension.amount if rule.extension else 0)
    if rule.unit in WORKING_TIME:
        return timedelta(seconds=amount * WORKING_TIME[rule.unit]) * SPARSEST
    return timedelta(days=amount * _MOST_DAYS.get(rule.unit, 1))


def _is_plainly_shorter(grave: Limit, mild: Limit) -> bool:
    seconds = (grave.amount * WORKING_TIME[grave.unit], mild.amount * WORKING_TIME[mild.unit])
    return grave.calendar == mild.calendar and seconds[0] <= seconds[1]
