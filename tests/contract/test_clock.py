"""The system's clock: never back, in UTC, and movable by tests."""

from datetime import UTC, datetime, timedelta

from services.adapters.clock import SystemClock


def test_the_clock_shows_the_machines_time_in_utc() -> None:
    before = datetime.now(UTC)
    shown = SystemClock().now()
    assert before <= shown <= datetime.now(UTC)
    assert shown.utcoffset() == timedelta(0)


def test_an_advanced_clock_shows_a_later_time_and_measures_the_same_durations() -> None:
    clock = SystemClock(timedelta(days=1))
    started = clock.monotonic()
    clock.advance(timedelta(days=2))
    assert clock.now() - datetime.now(UTC) > timedelta(days=2, hours=23)
    assert clock.monotonic() - started < 60


def test_a_clock_set_back_stands_still_instead_of_going_back() -> None:
    clock = SystemClock()
    shown = clock.now()
    clock.advance(timedelta(hours=-1))
    assert clock.now() == clock.now() == shown
