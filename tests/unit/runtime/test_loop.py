"""One round of the loop after the other: what each comes to, and what it leaves behind."""

from collections.abc import Callable

import pytest

from services.adapters.memory_broker import BrokerAway
from services.domain.errors import ConflictPersists, OutageError, UnsafeStart
from services.runtime.crashpoints import Point
from services.runtime.loop import LOSSES_AT_ONCE, Step
from services.runtime.records import Handled, Spot
from services.runtime.troubles import Trouble, trouble_of
from tests.unit.runtime.benches import IN, RETRY, Bench


def test_a_round_without_records_is_idle() -> None:
    assert Bench().loop.step() is Step.IDLE


def test_a_batch_is_handled_produced_and_committed() -> None:
    bench = Bench()
    bench.send("a", "b")
    assert bench.loop.step() is Step.COMMITTED
    assert (bench.handler.batches, bench.produced(), bench.committed()) == (
        [["a", "b"]],
        ["a", "b"],
        2,
    )
    assert bench.metrics.told[-1] == "batch of 2, 0 dead"
    assert bench.loop.step() is Step.IDLE


def test_the_handler_is_told_what_is_not_yet_committed() -> None:
    bench = Bench(batch=1)
    bench.send("a", "b")
    bench.loop.step()
    bench.loop.step()
    assert list(bench.handler.positions.values()) == [1]


def test_a_batch_that_produces_nothing_is_committed_as_well() -> None:
    bench = Bench()
    bench.handler.answer = lambda batch: Handled()
    bench.send("a")
    assert bench.loop.step() is Step.COMMITTED
    assert (bench.produced(), bench.committed()) == ([], 1)


# ---------------------------------------------------------------------- outages


def away(batch: list[str]) -> None:
    raise OutageError("mongodb", "no primary")


def test_an_outage_holds_the_worker_until_the_clock_says_otherwise() -> None:
    bench = Bench()
    bench.handler.refuse = away
    bench.send("a")
    assert bench.loop.step() is Step.OUTAGE
    assert bench.loop.trouble == "mongodb: no primary"
    assert bench.metrics.told[-1] == "held: outage"
    bench.handler.refuse = lambda batch: None
    bench.clock.advance(RETRY - 0.01)
    assert bench.loop.step() is Step.PAUSED
    assert not bench.log.is_serving()
    bench.clock.advance(0.02)
    assert bench.loop.step() is Step.COMMITTED
    assert bench.loop.trouble is None
    assert (bench.produced(), bench.committed()) == (["a"], 1)


def test_nothing_is_produced_or_committed_while_the_outage_lasts() -> None:
    bench = Bench()
    bench.handler.refuse = away
    bench.send("a", "b", "c")
    for _ in range(5):
        assert bench.loop.step() is Step.OUTAGE
        bench.send("more")
        assert bench.loop.step() is Step.PAUSED
        bench.clock.advance(RETRY)
    assert (bench.produced(), bench.committed()) == ([], 0)
    assert bench.handler.batches[-1][:3] == ["a", "b", "c"]


def test_the_worker_keeps_its_membership_while_it_holds() -> None:
    bench = Bench()
    bench.handler.refuse = away
    bench.send("a")
    bench.loop.step()
    called: list[str] = []
    bench.broker.before = called.append
    bench.loop.step()
    assert "heartbeat" in called


def test_losing_to_another_writer_is_held_like_an_outage() -> None:
    bench = Bench()

    def lose(batch: list[str]) -> None:
        raise ConflictPersists("mongodb", "lost again and again")

    bench.handler.refuse = lose
    bench.send("a")
    assert bench.loop.step() is Step.OUTAGE


def test_an_outage_in_one_half_of_a_broken_batch_puts_off_the_whole() -> None:
    bench = Bench()

    def refuse(batch: list[str]) -> None:
        if len(batch) > 1:
            raise ValueError("a defect")
        if batch == ["b"]:
            raise OutageError("mongodb", "no primary")

    bench.handler.refuse = refuse
    bench.send("a", "b")
    assert bench.loop.step() is Step.OUTAGE
    assert (bench.produced(), bench.committed()) == ([], 0)


def test_a_quiet_worker_forgets_an_outage_that_is_over() -> None:
    bench = Bench()
    bench.broker.expel("w", bench.log.member_id)
    bench.checkpoints.before = lambda op: away([])
    assert [bench.loop.step() for _ in range(3)] == [Step.IDLE, Step.IDLE, Step.OUTAGE]
    bench.checkpoints.before = lambda op: None
    bench.clock.advance(RETRY)
    assert bench.loop.step() is Step.IDLE
    assert bench.log.is_serving()
    assert bench.loop.trouble is None


# ---------------------------------------------------------------------- lost transactions


def test_a_lost_transaction_is_recovered_and_its_batch_comes_again() -> None:
    bench = Bench()
    bench.send("a", "b")
    bench.broker.before = _failing("commit")
    assert bench.loop.step() is Step.LOST
    assert bench.metrics.told[-1] == "lost"
    assert bench.broker.open_transactions() == ["w-0"]
    bench.broker.before = lambda op: None
    assert bench.loop.step() is Step.COMMITTED
    assert (bench.handler.batches, bench.produced()) == ([["a", "b"]] * 2, ["a", "b"])


def test_a_commit_that_happened_without_an_answer_is_not_repeated() -> None:
    bench = Bench()
    bench.send("a")
    bench.broker.after = _failing("commit")
    assert bench.loop.step() is Step.LOST
    bench.broker.after = lambda op: None
    assert bench.loop.step() is Step.IDLE
    assert (bench.produced(), bench.committed()) == (["a"], 1)


def test_a_cluster_that_is_away_during_recovery_is_waited_for() -> None:
    bench = Bench()
    bench.send("a")
    bench.broker.before = _failing("commit")
    assert bench.loop.step() is Step.LOST
    bench.broker.before = _failing("init_producer")
    assert bench.loop.step() is Step.OUTAGE
    bench.clock.advance(RETRY)
    assert bench.loop.step() is Step.OUTAGE
    bench.broker.before = lambda op: None
    bench.clock.advance(RETRY)
    assert bench.loop.step() is Step.COMMITTED
    assert bench.produced() == ["a"]


def test_transactions_lost_again_and_again_are_tried_at_a_walk_and_said_to_be_in_trouble() -> None:
    bench = Bench()
    bench.send("a")
    bench.broker.before = _failing("commit")
    for _ in range(LOSSES_AT_ONCE):
        assert bench.loop.step() is Step.LOST
        assert bench.loop.trouble is None
    assert bench.loop.step() is Step.LOST
    assert (bench.loop.trouble or "").startswith("transactions are lost again and again")
    assert trouble_of(bench.loop.trouble or "") is Trouble.LOST
    assert bench.loop.step() is Step.PAUSED
    bench.broker.before = lambda op: None
    bench.clock.advance(RETRY)
    assert bench.loop.step() is Step.COMMITTED
    assert (bench.produced(), bench.loop.trouble) == (["a"], None)


def test_a_batch_of_a_partition_that_was_lost_is_not_produced() -> None:
    bench = Bench()
    bench.send("a")

    def expelled(batch: list[str]) -> None:
        bench.broker.expel("w", bench.log.member_id)

    bench.handler.refuse = expelled
    assert bench.loop.step() is Step.LOST
    assert (bench.produced(), bench.committed()) == ([], 0)


def test_an_unsafe_position_ends_the_worker() -> None:
    bench = Bench()
    bench.send("a", "b")
    bench.broker.delete_records(Spot(IN, 0), 2)
    with pytest.raises(UnsafeStart):
        bench.loop.step()


def test_crash_points_come_in_the_order_of_the_decision_record() -> None:
    passed: list[Point] = []
    bench = Bench(crash=passed.append)
    bench.send("a")
    bench.loop.step()
    assert passed == ["after_poll", "before_begin", "after_commit"]


def test_the_batch_size_is_steered_by_how_long_a_batch_took() -> None:
    bench = Bench(batch=8, smallest=2)

    def slow(batch: list[str]) -> None:
        bench.clock.advance(0.8)

    bench.handler.refuse = slow
    bench.send(*"abcdefghij")
    bench.loop.step()
    bench.loop.step()
    assert ["".join(batch) for batch in bench.handler.batches] == ["abcdefgh", "ij"]
    bench.send(*"klmnop")
    bench.loop.step()
    assert bench.handler.batches[-1] == ["k", "l"]


def _failing(op: str) -> Callable[[str], None]:
    def hook(called: str) -> None:
        if called == op:
            raise BrokerAway("no answer")

    return hook
