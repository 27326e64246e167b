"""An explanation says what each minute was, and by whose doing."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.domain.calendars.calendar import Kind
from services.domain.calendars.explain import Explanation, explain, intervals, open_time
from services.domain.calendars.worktime import Pause
from tests.unit.calendars.test_worktime import HOUR, OFFICE, a_calendar, china, instants, utc


def told(explanation: Explanation) -> list[str]:
    return [
        " ".join(
            [one.kind, f"{one.begin:%d %H:%M}", f"{one.end:%d %H:%M}" if one.end else "…"]
            + ([",".join(one.paused_by)] if one.paused_by else [])
            + ([one.name.en] if one.name else [])
        )
        for one in explanation.intervals
    ]


def test_a_clerk_sees_nights_holidays_and_who_was_waited_for() -> None:
    pause = Pause(china("2026-09-30T16:00"), china("2026-09-30T17:00"), "customer")
    found = explain(OFFICE, china("2026-09-30T15:00"), 4 * HOUR, [pause])
    assert found.due == china("2026-10-08T11:00")
    assert told(found) == [
        "worked 30 07:00 30 08:00",
        "paused 30 08:00 30 09:00 customer",
        "worked 30 09:00 30 10:00",
        "closed 30 10:00 30 16:00",
        "holiday 30 16:00 07 16:00 National Day",
        "closed 07 16:00 08 01:00",
        "worked 08 01:00 08 03:00",
    ]
    assert (found.calendar, found.calendar_version) == ("cn-office", "calendars-2026.1")
    assert not found.goes_beyond_known


def test_where_pauses_overlap_everybody_who_was_waited_for_is_named() -> None:
    pauses = [
        Pause(utc("2026-03-02T10:00"), utc("2026-03-02T12:00"), "customer"),
        Pause(utc("2026-03-02T11:00"), utc("2026-03-02T13:00"), "partner:yto"),
    ]
    found = explain(a_calendar("09:00-17:00"), utc("2026-03-02T10:00"), HOUR, pauses)
    assert told(found) == [
        "paused 02 10:00 02 11:00 customer",
        "paused 02 11:00 02 12:00 customer,partner:yto",
        "paused 02 12:00 02 13:00 partner:yto",
        "worked 02 13:00 02 14:00",
    ]


def test_a_pause_that_lasts_is_told_without_an_end() -> None:
    pauses = [
        Pause(utc("2026-03-02T10:00"), utc("2026-03-02T12:00"), "partner:yto"),
        Pause(utc("2026-03-02T11:00"), None, "customer"),
    ]
    found = explain(a_calendar("09:00-17:00"), utc("2026-03-02T09:00"), 3 * HOUR, pauses)
    assert found.due is None
    assert told(found) == [
        "worked 02 09:00 02 10:00",
        "paused 02 10:00 02 11:00 partner:yto",
        "paused 02 11:00 … customer",
    ]


def test_a_deadline_after_the_last_known_holidays_says_so() -> None:
    assert explain(OFFICE, china("2026-12-31T17:30"), HOUR).goes_beyond_known
    assert not explain(OFFICE, china("2026-12-31T16:00"), HOUR).goes_beyond_known


def test_a_holiday_on_a_weekend_is_a_holiday() -> None:
    calendar = a_calendar("09:00-17:00", holidays=["2026-03-07"])
    found = explain(calendar, utc("2026-03-06T16:30"), HOUR)
    assert told(found)[1:3] == ["closed 06 17:00 07 00:00", "holiday 07 00:00 08 00:00"]


@given(
    instants,
    instants,
    st.lists(
        st.tuples(instants, instants, st.sampled_from(("", "customer", "authority"))), max_size=4
    ),
)
def test_intervals_tile_the_whole_span_and_no_two_neighbours_are_alike(
    start: datetime, end: datetime, spans: list[tuple[datetime, datetime, str]]
) -> None:
    pauses = [Pause(min(a, b), max(a, b), who) for a, b, who in spans]
    found = intervals(OFFICE, start, end, pauses)
    if end <= start:
        assert found == ()
        return
    assert [one.begin for one in found] == [start, *(one.end for one in found)][:-1]
    assert found[-1].end == end
    assert all(a[2:] != b[2:] for a, b in pairwise(found))
    length = sum((one.length or timedelta() for one in found), timedelta())
    assert length == end - start
    assert start.tzinfo is UTC
    for one in found:
        if one.kind is Kind.WORKED:
            assert open_time(OFFICE, one) == one.length
        elif one.kind is not Kind.PAUSED:
            assert open_time(OFFICE, one) == timedelta()
