"""The account of a case's clocks in words that a clerk understands, Chinese or English. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Final, Literal

from services.domain.calendars.calendar import Kind
from services.domain.calendars.explain import Interval
from services.domain.clocks.account import CaseAccount, ClockAccount, MatterAccount
from services.domain.clocks.book import PolicyBook
from services.domain.clocks.frame_words import basis_words, frame_lines
from services.domain.clocks.limits import WORKING_TIME, Unit
from services.domain.clocks.words_table import (
    ANSWER,
    CLOCKS,
    KINDS,
    STANDINGS,
    UNITS,
    WAITING,
    WEEKDAYS,
    WORKING_LEFT,
    Language,
    Texts,
    texts_of,
)
from services.domain.teams import Teams

MOST_INTERVALS: Final = 40
"""Shown of one clock; the rest is summed."""
_MINUTE: Final = timedelta(minutes=1)
_INDENT: Final = "    "


class Teller:
    """Tells accounts in one language, with times in one zone."""

    def __init__(self, language: Language, zone: tzinfo, teams: Teams, book: PolicyBook) -> None:
        self._say: Texts = texts_of(language)
        self._language: Literal["zh", "en"] = language
        self._zone = zone
        self._teams = teams
        self._book = book

    def lines(self, account: CaseAccount) -> list[str]:
        """Return the whole account, one clock after the other."""
        pinned = account.policies
        told = [
            self._say.at.format(at=self.moment(account.at), zone=self._zone, level=account.level),
            self._say.versions.format(
                sla=pinned.sla, calendars=pinned.calendars, limits=pinned.limits
            ),
        ]
        for one in account.clocks:
            told += ["", *self.clock(one)]
        frame = self.frame(account)
        return [*told, "", *frame] if frame else told

    def frame(self, account: CaseAccount) -> list[str]:
        """Return which legal limits are the case's own, and what each rests on."""
        return frame_lines(account.frame, self._language)

    def matter(self, matter: MatterAccount) -> list[str]:
        """Return the account of a case, and how the limits of those merged into it stand."""
        told = self.lines(matter.own)
        if matter.merged_into is not None:
            told.insert(2, self._say.merged_into.format(case=matter.merged_into))
        for case_id, account in matter.merged:
            running = [one for one in account.clocks if one.stopped_at is None and not one.holder]
            told += ["", self._say.merged.format(case=case_id)]
            told += ["  " + self.headline(one) for one in running]
        return told

    def clock(self, one: ClockAccount) -> Iterator[str]:
        """Yield what is to be said of one clock."""
        yield self.headline(one)
        yield "  " + self._limit(one)
        if one.goes_beyond_known:
            yield "  " + self._say.beyond_known
        for interval in one.intervals[:MOST_INTERVALS]:
            yield _INDENT + self._interval(interval)
        if len(one.intervals) > MOST_INTERVALS:
            yield _INDENT + self._say.more.format(n=len(one.intervals) - MOST_INTERVALS)
        if one.due_at is not None and one.stopped_at is None:
            yield _INDENT + self._say.due_here.format(at=self.moment(one.due_at))
        if one.used:
            yield "  " + self._say.used.format(who=self._shares(one.used))
        if one.overdue:
            yield "  " + self._say.overdue.format(
                total=self._minutes(one.overdue_minutes), who=self._shares(one.overdue)
            )

    def headline(self, one: ClockAccount) -> str:
        """Return which clock it is, and how it stands."""
        return self.name(one) + self._say.colon + self.standing(one)

    def name(self, one: ClockAccount) -> str:
        """Return which clock it is, and whose."""
        known = ANSWER if one.rule is not None and not one.is_law else CLOCKS[one.clock]
        name = known[self._number]
        if one.holder:
            name = self._say.of.format(clock=name, who=self.who(one.holder, one.clock))
        return name

    def standing(self, one: ClockAccount) -> str:
        """Return how it stands, and when it is or was due."""
        values = {
            "due": self.moment(one.due_at) if one.due_at else "",
            "left": self._left(one),
            "done": self.moment(one.stopped_at) if one.stopped_at else "",
            "who": self._waits_for(one),
        }
        return STANDINGS[one.standing][self._number].format(**values)

    def _left(self, one: ClockAccount) -> str:
        """Return how much is left, and of what where nights and holidays do not count: the time
        until it is due is longer."""
        if one.left is None:
            return ""
        length = self._length(one.left)
        if one.limit.unit not in WORKING_TIME or one.due_at is None:
            return length
        return WORKING_LEFT[self._number].format(length=length)

    def moment(self, at: datetime) -> str:
        """Return a time with its weekday, on the clock of the zone."""
        local = at.astimezone(self._zone)
        day = WEEKDAYS[self._number][local.weekday()]
        return f"{local:%Y-%m-%d} {day} {local:%H:%M}"

    def who(self, holder: str, clock: str = "") -> str:
        """Return who ``team:<id>``, ``partner:<id>`` or a team's id is."""
        kind, _, name = holder.rpartition(":")
        if holder == "nobody":
            return self._say.nobody
        if kind == "partner":
            return self._say.partner.format(name=name)
        team = self._teams.teams.get(name)
        if team is None:
            return name
        return team.zh if self._language == "zh" else team.en

    @property
    def _number(self) -> int:
        return 0 if self._language == "zh" else 1

    def _limit(self, one: ClockAccount) -> str:
        say, limit = self._say, one.limit
        amount = limit.amount + one.extended
        length = UNITS[limit.unit][self._number].format(n=amount)
        if limit.unit in (Unit.MINUTES, Unit.SECONDS):
            length = self._length(amount * timedelta(**{str(limit.unit): 1}))
        text = say.limit.format(length=length, calendar=self._calendar(one))
        if limit.unit not in (Unit.SECONDS, Unit.MINUTES, Unit.HOURS, Unit.WORKING_DAYS):
            text = say.limit_of_days.format(length=length)
        if one.extended:
            text += say.extended.format(n=UNITS[limit.unit][self._number].format(n=one.extended))
        if one.rule is None:
            return text + say.own
        return text + say.rests.format(basis=basis_words(one.rule, self._language))

    def _calendar(self, one: ClockAccount) -> str:
        calendars = self._book.today.calendars.calendars
        known = calendars.get(one.limit.calendar)
        name = one.limit.calendar
        if known is not None:
            name = known.zh if self._language == "zh" else known.en
        return self._say.calendar.format(name=name, version=one.calendar_version)

    def _interval(self, interval: Interval) -> str:
        begin = self.moment(interval.begin)
        end = self._say.lasts if interval.end is None else self._until(interval)
        what = KINDS[interval.kind][self._number]
        if interval.kind is Kind.PAUSED:
            what = what.format(who=self._say.comma.join(map(self._waited, interval.paused_by)))
        if interval.kind is Kind.HOLIDAY and interval.name is not None:
            name = interval.name.zh if self._language == "zh" else interval.name.en
            what = self._say.holiday.format(name=name)
        length = f"  {self._length(interval.length)}" if interval.length is not None else ""
        counts = length if interval.kind is Kind.WORKED else ""
        return f"{begin} – {end}  {what}{counts}"

    def _until(self, interval: Interval) -> str:
        begin, end = interval.begin, interval.end or interval.begin
        same_day = begin.astimezone(self._zone).date() == end.astimezone(self._zone).date()
        return f"{end.astimezone(self._zone):%H:%M}" if same_day else self.moment(end)

    def _waited(self, waiting_for: str) -> str:
        kind, _, name = waiting_for.partition(":")
        words = WAITING[kind][self._number]
        return f"{words} {name}" if name else words

    def _waits_for(self, one: ClockAccount) -> str:
        last = [interval for interval in one.intervals if interval.end is None]
        who = last[-1].paused_by if last else ()
        return self._say.comma.join(map(self._waited, who))

    def _shares(self, shares: Mapping[str, int]) -> str:
        told = (
            self._say.share.format(who=self.who(holder), time=self._minutes(minutes))
            for holder, minutes in shares.items()
        )
        return self._say.comma.join(told)

    def _minutes(self, minutes: int) -> str:
        return self._length(minutes * _MINUTE)

    def _length(self, length: timedelta) -> str:
        """Hours and minutes: days would not say whether they are working days."""
        minutes, seconds = divmod(int(length.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        parts = [("h", hours), ("m", minutes), ("s", seconds if not hours else 0)]
        told = [
            UNITS[{"h": Unit.HOURS, "m": Unit.MINUTES, "s": Unit.SECONDS}[unit]][
                self._number
            ].format(n=number)
            for unit, number in parts
            if number
        ]
        return self._say.gap.join(told) or UNITS[Unit.MINUTES][self._number].format(n=0)
