"""Calendars as data: what ships is whole, and what is wrong is named."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from services.domain.calendars.plan import Plan
from services.domain.calendars.policy import SHIPPED, load_calendars
from services.domain.errors import CalendarError, SettingsError
from tests.unit.calendars.test_worktime import HOUR

CALENDARS = load_calendars()


def test_each_shipped_calendar_can_be_reckoned_with() -> None:
    for name in CALENDARS.calendars:
        calendar = CALENDARS.named(name)
        assert sum(calendar.open(day).total for day in range(20_450, 20_457)) > 0
        assert CALENDARS.named(name) is calendar


@pytest.mark.parametrize(("year", "days_off", "moved"), [(2025, 28, 5), (2026, 33, 6)])
def test_chinas_holidays_and_moved_days_are_those_of_the_notices(
    year: int, days_off: int, moved: int
) -> None:
    cn = CALENDARS.days["cn"]
    holidays = {day for one in cn.holidays for day in one.days() if day.year == year}
    assert len(holidays) == days_off
    in_year = {day for day in cn.workdays if day.year == year}
    assert len(in_year) == moved
    assert all(day.weekday() >= 5 for day in in_year)
    assert not in_year & holidays


def test_the_working_year_of_china_has_as_many_days_as_the_notices_leave() -> None:
    """2026: 261 weekdays, of which 19 are off, and six days of weekends that are worked."""
    office = CALENDARS.named("cn-office")
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    first = (date(2026, 1, 1) - date(1970, 1, 1)).days
    total = sum(office.open(first + n).total for n in range(365))
    cn = CALENDARS.days["cn"]
    off = {day for one in cn.holidays for day in one.days() if day.year == 2026}
    weekdays = sum(day.weekday() < 5 and day not in off for day in days)
    assert weekdays + 6 == 248
    assert timedelta(microseconds=total) == 248 * 7.5 * HOUR


def test_hours_that_are_ours_are_marked_as_such() -> None:
    ours = {name for name, one in CALENDARS.calendars.items() if one.configurable}
    assert ours == set(CALENDARS.calendars) - {"always"}


def test_an_unknown_calendar_is_named_with_those_that_there_are() -> None:
    with pytest.raises(CalendarError, match="cn-office"):
        CALENDARS.named("mars")


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("shift_order", {"hours": {"mon": [["18:00", "09:00"]]}}),
        ("shift_order", {"hours": {"mon": [["09:00", "09:00"]]}}),
        ("shifts_overlap", {"hours": {"mon": [["09:00", "12:00"], ["11:59", "13:00"]]}}),
        ("time_of_day", {"hours": {"mon": [["09:00", "24:01"]]}}),
        ("time_of_day", {"hours": {"mon": [["9:00", "12:00"]]}}),
        ("string_type", {"hours": {"mon": [[540, 720]]}}),
        ("enum", {"hours": {"monday": []}}),
        ("unknown_zone", {"tz": "Asia/Nowhere"}),
        ("unknown_zone", {"tz": "../etc/passwd"}),
        ("unknown_zone", {"tz": "Asia"}),
        ("date", {"holidays": ["1.10.2026"]}),
        ("date", {"holidays": [20261001]}),
        ("enum", {"workdays": {"2026-10-10": "friday"}}),
        ("extra_forbidden", {"holiday": []}),
    ],
)
def test_a_wrong_calendar_is_refused_by_a_rule(rule: str, change: dict[str, Any]) -> None:
    whole = {"tz": "Asia/Shanghai", "hours": {"mon": [["09:00", "18:00"]]}}
    Plan.model_validate(whole)
    with pytest.raises(ValidationError) as refused:
        Plan.model_validate(whole | change)
    assert refused.value.errors()[0]["type"] == rule


def test_shifts_may_touch_and_come_in_any_order() -> None:
    plan = Plan.model_validate(
        {"tz": "UTC", "hours": {"mon": [["12:00", "24:00"], ["00:00", "12:00"]]}}
    )
    monday = (date(2026, 3, 2) - date(1970, 1, 1)).days
    assert len(plan.compiled().open(monday).spans) == 1


@pytest.mark.parametrize(
    ("sentence", "path", "value"),
    [
        ("there are no days 'atlantis'", ("calendars", "cn-office", "days"), "atlantis"),
        ("lies after known_until", ("days", "cn", "known_until"), date(2026, 10, 6)),
        ("calendars.cn-office.tz", ("calendars", "cn-office", "tz"), "Beijing"),
        ("days.cn.holidays", ("days", "cn", "holidays"), 7),
    ],
)
def test_a_policy_file_that_is_wrong_is_refused_whole(
    tmp_path: Path, sentence: str, path: tuple[str, ...], value: Any
) -> None:
    content = yaml.safe_load(SHIPPED.read_text())
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    file = tmp_path / "calendars.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True))
    with pytest.raises(SettingsError, match=sentence):
        load_calendars(file)


def test_each_calendar_with_holidays_says_for_how_long_they_are_known() -> None:
    left = CALENDARS.days_left(date(2026, 12, 1))
    assert left["cn-office"] == 30
    assert CALENDARS.days_left(date(2027, 1, 2))["cn-office"] == -2
    # Without holidays a calendar never ends.
    assert not left.keys() & {"always", "cn-hotline"}
    assert left.keys() == {name for name, one in CALENDARS.calendars.items() if one.days}
