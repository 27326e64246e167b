"""The calendars that have a name: loaded once, checked whole (see ``calendars.yaml``)."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, PrivateAttr, model_validator

from services.domain.calendars.calendar import DayName, WorkCalendar
from services.domain.calendars.plan import Date, Swaps, Week, Zone, compiled
from services.domain.errors import CalendarError
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("calendars.yaml")
_LONGEST: Final = 366

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Text = Annotated[str, Field(min_length=1, max_length=300)]


class Holiday(PolicyPart):
    """One day off or several in a row, and what people call them."""

    first: Annotated[Date, Field(alias="from")]
    last: Annotated[Date, Field(alias="to")]
    zh: Text
    en: Text

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if not 0 <= (self.last - self.first).days < _LONGEST:
            raise ValueError(f"a holiday lasts 1 to {_LONGEST} days, from the first to the last")
        return self

    def days(self) -> Iterator[date]:
        """Yield each day of it."""
        for n in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=n)


class Days(PolicyPart):
    """The holidays and moved working days of a place, shared by its calendars."""

    source: Annotated[Text, Field(description="What it rests on.")]
    known_until: Annotated[
        Date, Field(description="The last date for which they are known; not guessed after it.")
    ]
    holidays: Annotated[tuple[Holiday, ...], Field(max_length=500)]
    workdays: Swaps = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_within_what_is_known(self) -> Self:
        last = max([*(one.last for one in self.holidays), *self.workdays], default=self.known_until)
        if last > self.known_until:
            raise ValueError(f"{last} lies after known_until")
        return self


class NamedCalendar(PolicyPart):
    """Hours in a zone, with the holidays of a place, or with none."""

    zh: Text
    en: Text
    tz: Zone
    hours: Week
    days: Annotated[
        Name | None, Field(description="A set of days; without one no day is a holiday.")
    ]
    configurable: Annotated[
        bool, Field(description="Whether the hours are a default of ours, to be set by the network")
    ]
    source: Text


class Calendars(PolicyPart):
    """See ``calendars.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    days: dict[Name, Days]
    calendars: Annotated[dict[Name, NamedCalendar], Field(min_length=1)]
    _compiled: dict[str, WorkCalendar] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for name, one in self.calendars.items():
            if one.days is not None and one.days not in self.days:
                raise ValueError(f"calendars: {name}: there are no days {one.days!r}")
        return self

    def named(self, name: str) -> WorkCalendar:
        """Return a calendar to reckon with, the same object each time.

        Raises:
            CalendarError: rule ``unknown_calendar``; the message lists those that there are.
        """
        if name not in self.calendars:
            known = ", ".join(self.calendars)
            raise CalendarError("unknown_calendar", f"there is no calendar {name!r}, only {known}")
        if name not in self._compiled:
            self._compiled[name] = self._compile(name)
        return self._compiled[name]

    def days_left(self, today: date) -> dict[str, int]:
        """Return for how many days after ``today`` the holidays are known, by calendar; below 0
        when they no longer are. A calendar without holidays never ends, and is not among them."""
        return {
            name: (self.days[one.days].known_until - today).days
            for name, one in self.calendars.items()
            if one.days is not None
        }

    def _compile(self, name: str) -> WorkCalendar:
        one = self.calendars[name]
        days = self.days[one.days] if one.days is not None else None
        holidays: dict[date, DayName | None] = {
            day: DayName(holiday.zh, holiday.en)
            for holiday in (days.holidays if days else ())
            for day in holiday.days()
        }
        return compiled(
            one.tz,
            one.hours,
            holidays,
            days.workdays if days else {},
            name=name,
            version=self.version,
            known_until=days.known_until if days else None,
        )


def load_calendars(path: Path | None = None) -> Calendars:
    """Read and check a file of calendars; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Calendars, "calendars", path or SHIPPED)
