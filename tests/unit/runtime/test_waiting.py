"""For how long what waits has waited, by what a worker has read and seen."""

import pytest

from services.runtime.records import Inbound, Spot
from services.runtime.waiting import Lag, WaitingSince

A, B = Spot("in", 0), Spot("in", 1)


def record(spot: Spot, offset: int, at: float) -> Inbound:
    return Inbound(spot.topic, spot.partition, offset, "id", None, b"", (), round(at * 1000))


@pytest.fixture
def waiting() -> WaitingSince:
    return WaitingSince()


def test_where_nothing_waits_nothing_has_waited(waiting: WaitingSince) -> None:
    assert waiting.lag({}, 100.0) == Lag(0, 0.0)
    assert waiting.nothing([A, B], 100.0) == Lag(0, 0.0)
    assert waiting.lag({A: (5, 5), B: (7, 7)}, 200.0) == Lag(0, 0.0)


def test_what_is_in_hand_and_tried_again_is_known_to_the_second(waiting: WaitingSince) -> None:
    waiting.read([record(A, 5, 40.0), record(B, 1, 30.0), record(A, 6, 45.0)])
    assert waiting.lag({A: (5, 9), B: (1, 2)}, 100.0) == Lag(5, 70.0)
    # It reads on from there, at the same place, as long as it is held up.
    waiting.read([record(A, 5, 40.0)])
    assert waiting.lag({A: (5, 9), B: (2, 2)}, 160.0) == Lag(4, 120.0)


def test_a_backlog_is_as_old_as_the_record_done_before_it(waiting: WaitingSince) -> None:
    waiting.read([record(A, 5, 40.0), record(A, 6, 45.0)])
    assert waiting.lag({A: (7, 9)}, 100.0) == Lag(2, 55.0)


def test_what_comes_after_a_quiet_hour_has_not_waited_for_an_hour(waiting: WaitingSince) -> None:
    waiting.read([record(A, 5, 40.0)])
    waiting.nothing([A], 3600.0)
    assert waiting.lag({A: (6, 7)}, 3602.0) == Lag(1, 2.0)
    assert waiting.lag({A: (6, 7)}, 3660.0) == Lag(1, 60.0)


def test_who_starts_in_front_of_a_backlog_and_reads_nothing_counts_from_then(
    waiting: WaitingSince,
) -> None:
    assert waiting.lag({A: (0, 9)}, 100.0) == Lag(9, 0.0)
    assert waiting.lag({A: (0, 9)}, 160.0) == Lag(9, 60.0)


def test_a_partition_that_went_to_another_copy_is_forgotten(waiting: WaitingSince) -> None:
    waiting.read([record(A, 5, 40.0)])
    assert waiting.lag({A: (5, 6)}, 100.0).seconds == 60.0
    assert waiting.lag({B: (0, 0)}, 110.0).seconds == 0.0
    assert waiting.lag({A: (5, 6)}, 120.0).seconds == 0.0
