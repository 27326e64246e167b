"""Deadlines in working time: the vectors others got wrong, and the edges."""

from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.calendars.calendar import WorkCalendar
from services.domain.calendars.plan import Plan
from services.domain.calendars.policy import load_calendars
from services.domain.calendars.worktime import Pause, deadline, worked
from services.domain.errors import CalendarError

CALENDARS = load_calendars()
OFFICE = CALENDARS.named("cn-office")
ALWAYS = CALENDARS.named("always")
WORKING_WEEK = ("mon", "tue", "wed", "thu", "fri")
HOUR = timedelta(hours=1)


def a_calendar(
    *shifts: str, days: Any = WORKING_WEEK, tz: str = "UTC", **rest: Any
) -> WorkCalendar:
    hours = {day: [shift.split("-") for shift in shifts] for day in days}
    return Plan.model_validate({"tz": tz, "hours": hours, **rest}).compiled()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def test_an_hour_from_friday_half_past_four_ends_on_monday_half_past_nine() -> None:
    """anchors 2.3, chatwoot PR 13392."""
    due = deadline(a_calendar("09:00-17:00"), utc("2026-03-06T16:30"), HOUR)
    assert due == utc("2026-03-09T09:30")


def test_four_hours_from_monday_five_end_on_tuesday_eleven_and_one_less_at_ten() -> None:
    """anchors 2.3, glpi PR 22678: "1 h before" is counted in the calendar too."""
    calendar = a_calendar("08:00-18:00")
    assert deadline(calendar, utc("2026-03-02T17:00"), 4 * HOUR) == utc("2026-03-03T11:00")
    assert deadline(calendar, utc("2026-03-02T17:00"), 3 * HOUR) == utc("2026-03-03T10:00")


def test_a_holiday_is_skipped_once_and_not_counted_twice() -> None:
    """anchors 2.3, zammad #390: 48 h at 12 h a day with holidays on the 11th and 13th."""
    daily = (*WORKING_WEEK, "sat", "sun")
    calendar = a_calendar("09:00-21:00", days=daily, holidays=["2016-11-11", "2016-11-13"])
    assert deadline(calendar, utc("2016-11-09T23:00"), 48 * HOUR) == utc("2016-11-15T21:00")


def test_work_done_at_six_sharp_is_due_at_six_and_not_the_next_morning() -> None:
    due = deadline(OFFICE, china("2026-03-02T09:00"), timedelta(minutes=450))
    assert due == china("2026-03-02T18:00")
    due = deadline(OFFICE, china("2026-03-02T09:00"), 3 * HOUR)
    assert due == china("2026-03-02T12:00")  # the end of a shift likewise


def test_no_budget_is_due_at_the_start_even_when_closed_or_paused() -> None:
    at = china("2026-10-01T03:00")
    assert deadline(OFFICE, at, timedelta(), [Pause(at, None)]) == at


def test_a_moved_working_day_counts_and_the_holiday_around_it_does_not() -> None:
    due = deadline(OFFICE, china("2026-09-30T17:00"), timedelta(minutes=60 + 450 * 3))
    # Thursday 8, Friday 9 and Saturday 10 October
    assert due == china("2026-10-10T18:00")


def test_a_moved_working_day_wins_over_a_holiday() -> None:
    calendar = a_calendar(
        "09:00-17:00", holidays=["2026-10-10", "2026-10-12"], workdays={"2026-10-10": "fri"}
    )
    assert deadline(calendar, utc("2026-10-10T00:00"), 9 * HOUR) == utc("2026-10-13T10:00")


def test_the_day_clocks_go_forward_has_23_hours_and_the_day_they_go_back_25() -> None:
    daily = (*WORKING_WEEK, "sat", "sun")
    new_york = a_calendar("00:00-24:00", days=daily, tz="America/New_York")
    for day, hours in (("2026-03-08", 23), ("2026-11-01", 25), ("2026-03-09", 24)):
        midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("America/New_York"))
        following = (midnight + timedelta(days=1)).astimezone(UTC)
        assert worked(new_york, midnight.astimezone(UTC), following) == hours * HOUR
        assert deadline(new_york, midnight.astimezone(UTC), hours * HOUR) == following


def test_a_shift_within_the_hour_that_never_was_is_not_worked() -> None:
    new_york = a_calendar("02:15-02:45", days=("sun",), tz="America/New_York")
    due = deadline(new_york, utc("2026-03-08T00:00"), timedelta(minutes=30))
    assert due == utc("2026-03-15T06:45")


def test_a_shift_within_the_hour_that_comes_twice_is_worked_twice() -> None:
    new_york = a_calendar("01:00-01:30", days=("sun",), tz="America/New_York")
    due = deadline(new_york, utc("2026-11-01T00:00"), HOUR)
    assert due == utc("2026-11-01T06:30")


def test_a_leap_day_is_a_day() -> None:
    due = deadline(a_calendar("09:00-17:00"), utc("2028-02-28T16:00"), 9 * HOUR)
    assert due == utc("2028-02-29T17:00")


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        ([("2026-03-02T10:00", "2026-03-02T11:00")], "2026-03-02T14:00"),
        # overlapping pauses are not taken twice
        (
            [("2026-03-02T10:00", "2026-03-02T11:00"), ("2026-03-02T10:30", "2026-03-02T11:30")],
            "2026-03-02T14:30",
        ),
        # one that began before the start
        ([("2026-02-20T10:00", "2026-03-02T10:00")], "2026-03-02T14:00"),
        # glpi #10594: over night and weekend only what would have been worked
        ([("2026-03-02T12:00", "2026-03-03T10:00")], "2026-03-03T11:00"),
        ([("2026-02-27T18:00", "2026-03-02T09:00")], "2026-03-02T13:00"),
        # after the budget was used up, and of no length
        ([("2026-03-02T13:00", None)], "2026-03-02T13:00"),
        ([("2026-03-02T10:00", "2026-03-02T10:00")], "2026-03-02T13:00"),
        # one that lasts
        ([("2026-03-02T12:59", None)], None),
        ([("2026-02-01T00:00", None), ("2026-03-02T10:00", "2026-03-02T11:00")], None),
    ],
)
def test_pauses_are_taken_out_as_intervals(
    pauses: list[tuple[str, str | None]], due: str | None
) -> None:
    calendar = a_calendar("09:00-17:00")
    given_pauses = [Pause(utc(a), utc(b) if b else None) for a, b in pauses]
    found = deadline(calendar, utc("2026-03-02T09:00"), 4 * HOUR, given_pauses)
    assert found == (utc(due) if due else None)


@pytest.mark.parametrize(
    ("rule", "calendar", "budget", "pause"),
    [
        ("never_opens", a_calendar(), timedelta(minutes=1), None),
        ("never_opens", a_calendar(workdays={"2026-01-01": "sun"}), timedelta(days=4000), None),
        ("beyond_horizon", a_calendar("09:00-09:01"), timedelta(days=3660), None),
        ("budget_negative", ALWAYS, timedelta(minutes=-1), None),
        ("pause_order", ALWAYS, HOUR, Pause(utc("2026-03-02"), utc("2026-03-01"))),
    ],
)
def test_what_cannot_be_reckoned_stops_with_its_rule(
    rule: str, calendar: WorkCalendar, budget: timedelta, pause: Pause | None
) -> None:
    with pytest.raises(CalendarError) as refused:
        deadline(calendar, utc("2026-03-02"), budget, [pause] if pause else [])
    assert refused.value.rule == rule


@pytest.mark.parametrize("start", ["1899-12-31", "3000-01-01"])
def test_a_start_outside_of_reason_is_refused(start: str) -> None:
    with pytest.raises(CalendarError, match="out_of_range"):
        deadline(ALWAYS, utc(start), HOUR)


def test_a_budget_of_years_is_reckoned() -> None:
    assert deadline(ALWAYS, utc("2026-01-01"), timedelta(days=3652)) == utc("2036-01-01")


instants = st.timedeltas(timedelta(), timedelta(days=330)).map(lambda d: utc("2026-01-05") + d)


@given(instants, st.timedeltas(timedelta(), timedelta(days=5)), instants, instants)
def test_a_deadline_is_the_earliest_instant_to_the_microsecond(
    start: datetime, budget: timedelta, one: datetime, other: datetime
) -> None:
    pauses = [Pause(min(one, other), max(one, other))]
    due = deadline(OFFICE, start, budget, pauses)
    assert due is not None
    assert worked(OFFICE, start, due, pauses) == budget
    just_before = due - timedelta(microseconds=1)
    assert not budget or worked(OFFICE, start, just_before, pauses) < budget


@given(instants, instants, st.timedeltas(timedelta(), timedelta(days=5)))
def test_whoever_starts_earlier_is_never_due_later(
    one: datetime, other: datetime, budget: timedelta
) -> None:
    first = deadline(OFFICE, min(one, other), budget)
    second = deadline(OFFICE, max(one, other), budget)
    assert first is not None
    assert second is not None
    assert first <= second


LEAST_PER_SECOND = 20_000


def test_a_second_of_processor_time_is_enough_for_many_deadlines() -> None:
    begun = utc("2026-01-05T00:00")
    starts = [begun + timedelta(minutes=37 * n) for n in range(5000)]
    pauses = [Pause(begun + timedelta(days=40), begun + timedelta(days=41))]
    best = float("inf")
    for _ in range(4):
        begin = process_time()
        for start in starts:
            deadline(OFFICE, start, timedelta(minutes=480), pauses)
        best = min(best, process_time() - begin)
    assert len(starts) / best > LEAST_PER_SECOND
