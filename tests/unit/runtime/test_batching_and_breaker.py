"""How large batches get, and when so many die that going on would be worse."""

import pytest

from services.runtime.batching import BatchSizer
from services.runtime.breaker import Breaker

# ---------------------------------------------------------------------- batch sizes


def test_full_and_quick_batches_grow_up_to_the_largest() -> None:
    sizer = BatchSizer(smallest=10, largest=300, target_seconds=0.2)
    sizes = [sizer.size]
    for _ in range(6):
        sizer.learn(sizer.size, 0.01)
        sizes.append(sizer.size)
    assert sizes == [80, 121, 182, 274, 300, 300, 300]


def test_batches_that_do_not_fill_do_not_grow() -> None:
    sizer = BatchSizer(10, 300, 0.2)
    sizer.learn(79, 0.01)
    assert sizer.size == 80


def test_a_batch_that_took_too_long_shrinks_in_proportion() -> None:
    sizer = BatchSizer(10, 300, 0.2)
    sizer.learn(80, 0.8)
    assert sizer.size == 20
    sizer.learn(20, 60.0)
    assert sizer.size == 10


def test_a_little_over_the_target_changes_nothing() -> None:
    sizer = BatchSizer(10, 300, 0.2)
    sizer.learn(80, 0.29)
    assert sizer.size == 80


def test_a_short_batch_that_took_long_never_grows_the_size() -> None:
    sizer = BatchSizer(1, 300, 0.2, size=4)
    sizer.learn(100, 0.31)
    assert sizer.size == 4


def test_a_largest_below_the_smallest_gives_way() -> None:
    sizer = BatchSizer(32, 8, 0.2)
    assert (sizer.size, sizer.largest) == (32, 32)


def test_a_backlog_is_worked_off_in_larger_batches_and_then_they_are_small_again() -> None:
    sizer = BatchSizer(10, 2000, 0.2, backlog_seconds=1.0)
    per_record = 0.002
    for _ in range(3):
        sizer.learn(sizer.size, sizer.size * per_record)
    before = sizer.size
    assert before == 182
    for _ in range(20):
        sizer.learn(sizer.size, sizer.size * per_record)
    assert 400 <= sizer.size <= 750
    sizer.learn(17, 17 * per_record)
    assert sizer.size <= before


def test_now_and_then_a_full_batch_is_no_backlog() -> None:
    sizer = BatchSizer(10, 2000, 0.2, backlog_seconds=1.0)
    for _ in range(20):
        sizer.learn(sizer.size, sizer.size * 0.002)
        sizer.learn(3, 0.02)
    assert sizer.size * 0.002 < 0.3


def test_full_batches_whose_records_hardly_waited_are_no_backlog_however_many() -> None:
    sizer = BatchSizer(10, 2000, 0.2, backlog_seconds=1.0)
    for _ in range(20):
        sizer.learn(sizer.size, sizer.size * 0.002, waited=0.4)
    assert sizer.size * 0.002 < 0.3
    for _ in range(20):
        sizer.learn(sizer.size, sizer.size * 0.002, waited=1.5)
    assert sizer.size * 0.002 > 0.8
    sizer.learn(sizer.size, sizer.size * 0.002, waited=0.9)
    assert sizer.size * 0.002 < 0.3


# ---------------------------------------------------------------------- the breaker


def test_a_few_dead_at_the_beginning_are_no_flood() -> None:
    breaker = Breaker(window=200, share=0.5)
    assert breaker.admits(records=10, dead=10, failed=0)
    assert not breaker.is_open


def test_more_than_the_share_of_the_window_is_a_flood() -> None:
    breaker = Breaker(window=200, share=0.5)
    assert breaker.admits(150, 100, 0)
    assert not breaker.admits(150, 101, 0)
    assert breaker.is_open


def test_what_was_accepted_counts_until_it_leaves_the_window() -> None:
    breaker = Breaker(window=10, share=0.5)
    for _ in range(4):
        assert breaker.admits(1, 1, 0)
        breaker.accept(1, 1)
    assert breaker.admits(1, 1, 0)
    assert not breaker.admits(2, 2, 0)
    for _ in range(8):
        breaker.accept(1, 0)
    assert breaker.admits(2, 2, 0)


def test_a_batch_that_is_only_judged_does_not_count() -> None:
    breaker = Breaker(window=10, share=0.5)
    for _ in range(20):
        assert breaker.admits(5, 5, 0)


@pytest.mark.parametrize(
    ("records", "failed", "admitted"),
    [(8, 4, True), (9, 5, False), (10, 5, True), (6, 6, False), (4, 4, True)],
)
def test_most_of_a_batch_failing_by_our_own_errors_is_a_fault_of_ours(
    records: int, failed: int, admitted: bool
) -> None:
    assert Breaker(window=1000, share=1.0).admits(records, failed, failed) is admitted


def test_a_share_above_one_switches_it_off() -> None:
    breaker = Breaker(window=10, share=1.1)
    assert breaker.admits(1000, 1000, 1000)
    assert not breaker.is_open


def test_it_closes_with_the_first_batch_that_may_pass() -> None:
    breaker = Breaker(window=10, share=0.5)
    assert not breaker.admits(10, 10, 0)
    assert breaker.admits(10, 1, 0)
    assert not breaker.is_open


def test_a_batch_larger_than_the_window_is_judged_by_itself() -> None:
    breaker = Breaker(window=10, share=0.5)
    assert breaker.admits(100, 50, 0)
    breaker.accept(100, 50)
    assert not breaker.admits(100, 51, 0)
