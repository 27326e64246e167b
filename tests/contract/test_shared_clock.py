"""The clock that all processes of a demo share: moved on by an offset in MongoDB, never back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from services.adapters.clock import SystemClock
from services.adapters.mongo import Document, connect
from services.adapters.shared_clock import (
    READ_SECONDS,
    SharedClock,
    advance,
    let_stand,
    offset_of,
    open_clock,
)
from services.domain.errors import UnsafeStart
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack
DAY = timedelta(days=1)


class PatientClock(SharedClock):
    """A shared clock whose seconds pass when a test says so."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


def off(clock: SystemClock) -> timedelta:
    """How far the clock is from the machine's, to the minute."""
    moved = clock.now() - datetime.now(UTC)
    return timedelta(minutes=round(moved / timedelta(minutes=1)))


def test_every_process_sees_that_the_clock_was_moved(database: Database[Document]) -> None:
    first, second = open_clock(database, True), open_clock(database, True)
    assert off(first) == off(second) == timedelta()
    assert advance(database, DAY) == DAY
    assert advance(database, 12 * timedelta(hours=1)) == 1.5 * DAY
    eventually(lambda: off(first) == 1.5 * DAY, 5, "the move counts")
    assert off(second) == off(open_clock(database, True)) == 1.5 * DAY


def test_all_are_moved_at_one_moment_whenever_they_read_of_it(
    database: Database[Document],
) -> None:
    before = open_clock(database, True)
    assert off(before) == timedelta()  # and does not look again for a while
    advance(database, DAY)
    after = open_clock(database, True)

    def is_moved() -> bool:
        of_one = off(after)
        assert off(before) >= of_one
        of_the_other = off(before)
        assert off(after) >= of_the_other
        return of_one == DAY

    assert not is_moved()
    eventually(is_moved, 5, "the move counts", every=0.002)


def test_moves_that_follow_each_other_at_once_count_together(
    database: Database[Document],
) -> None:
    clock = open_clock(database, True)
    for _ in range(3):
        advance(database, DAY)
    assert off(open_clock(database, True)) == timedelta()
    eventually(lambda: off(clock) > timedelta(), 5, "the moves count")
    assert off(clock) == 3 * DAY


def test_the_offset_is_not_read_at_every_look(database: Database[Document]) -> None:
    open_clock(database, True)
    clock = PatientClock(database)
    assert off(clock) == timedelta()
    advance(database, DAY)
    moved = open_clock(database, True)
    eventually(lambda: off(moved) == DAY, 5, "the move counts")
    clock.seconds = READ_SECONDS * 0.99
    assert off(clock) == timedelta()
    clock.seconds = READ_SECONDS
    assert off(clock) == DAY


def test_the_clock_never_goes_back_whatever_stands_in_the_database(
    database: Database[Document],
) -> None:
    open_clock(database, True)
    advance(database, DAY)
    clock = PatientClock(database)
    eventually(lambda: off(clock) == DAY, 5, "the move counts")
    shown = clock.now()
    database["clock"].delete_many({})
    clock.seconds = 5.0
    assert clock.now() >= shown
    assert off(clock) == DAY


def test_nobody_moves_it_back(database: Database[Document]) -> None:
    open_clock(database, True)
    with pytest.raises(ValueError, match="never goes back"):
        advance(database, -DAY)


def test_a_clock_that_was_not_opened_for_it_cannot_be_moved(
    database: Database[Document],
) -> None:
    clock = open_clock(database, False)
    assert isinstance(clock, SystemClock)
    assert not isinstance(clock, SharedClock)
    assert offset_of(database) is None
    assert advance(database, DAY) is None
    assert database["clock"].find_one() is None
    assert off(clock) == timedelta()


def test_a_fixed_clock_is_refused_where_time_would_go_back(database: Database[Document]) -> None:
    open_clock(database, True)
    advance(database, 3.5 * DAY)
    with pytest.raises(UnsafeStart, match="moved by 3d12h"):
        open_clock(database, False)
    clock = open_clock(database, True)
    eventually(lambda: off(clock) == 3.5 * DAY, 5, "the move counts")


def test_while_the_database_is_away_the_clock_runs_on(database: Database[Document]) -> None:
    nowhere: Any = connect("mongodb://127.0.0.1:9/", selection_ms=50)
    try:
        clock = PatientClock(nowhere["nothing"])
        assert off(clock) == timedelta()
    finally:
        nowhere.close()


def test_a_clock_that_stands_shows_what_it_was_told_last_to_the_microsecond(
    database: Database[Document],
) -> None:
    moment = datetime(2026, 3, 2, 8, 59, 59, 999_999, tzinfo=UTC)
    open_clock(database, True)
    let_stand(database, moment)
    first, second = open_clock(database, True), open_clock(database, True)
    assert first.now() == second.now() == first.now() == moment
    let_stand(database, moment + timedelta(microseconds=1))
    assert first.now() == second.now() == moment + timedelta(microseconds=1)
    let_stand(database, moment)
    assert first.now() == moment + timedelta(microseconds=1)
