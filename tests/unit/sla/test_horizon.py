"""Near timers in memory, far ones in the store, and what changes hands between workers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.sla.handler import Pace
from tests.support.builders import NOON, at
from tests.unit.sla.desk import AT_ONCE, DUE, Desk, marks
from tests.unit.sla.states import a_state


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_far_timer_waits_in_the_store_and_not_in_memory(desk: Desk) -> None:
    desk.tick()
    desk.take(a_state())
    desk.clock.advance(2)
    desk.tick()
    assert desk.gauges.armed == 0
    desk.at(DUE - timedelta(minutes=4))
    assert desk.gauges.armed == 1
    assert len(desk.at(DUE)) == 1


def test_the_store_is_asked_seldom(desk: Desk) -> None:
    asked: list[str] = []
    desk.store.before = asked.append
    for _ in range(3600):
        desk.clock.advance(1)
        desk.tick()
    assert set(asked) == {"due_between"}
    assert len(asked) <= 2 * 13


def test_a_restarted_worker_fires_what_the_old_one_left(desk: Desk) -> None:
    desk.take(a_state(1), a_state(2, level=4))
    desk.take(a_state(3), partition=1)
    successor = Desk(desk.store)
    assert marks(successor.at(DUE)) == [
        "C000002 acknowledgement:warn:0",
        "C000001 acknowledgement:warn:0",
        "C000003 acknowledgement:warn:0",
    ]


def test_a_restarted_worker_proposes_again_what_was_not_answered(desk: Desk) -> None:
    desk.take(a_state())
    first = desk.at(DUE)
    successor = Desk(desk.store, desk.clock)
    assert successor.tick() == first


def test_a_partition_just_assigned_fires_when_what_waited_there_was_read(desk: Desk) -> None:
    desk.take(a_state(1), a_state(2))
    successor = Desk(desk.store, pace=Pace())
    successor.clock.seconds = 19 * 3600.0
    successor.assign()
    successor.assign(0)
    assert successor.tick() == []
    successor.clock.advance(0.9)
    successor.take(a_state(1, seq=2, acknowledged_at=NOON))
    successor.clock.advance(0.9)
    assert successor.tick() == []
    successor.clock.advance(0.1)
    assert marks(successor.tick()) == ["C000002 acknowledgement:warn:0"]


def test_a_partition_in_which_it_never_gets_quiet_fires_after_half_a_minute(desk: Desk) -> None:
    desk.take(a_state(1))
    successor = Desk(desk.store, pace=Pace())
    successor.clock.seconds = 19 * 3600.0
    successor.assign()
    successor.assign(0)
    for second in range(1, 31):
        assert successor.tick() == []
        successor.clock.advance(1)
        successor.take(a_state(2, seq=second, opened_at=at(days=1)))
    assert marks(successor.tick()) == ["C000001 acknowledgement:warn:0"]


def test_a_partition_that_went_away_does_not_fire_here(desk: Desk) -> None:
    desk.take(a_state(1))
    desk.take(a_state(2), partition=1)
    desk.assign(1)
    assert marks(desk.at(DUE)) == ["C000002 acknowledgement:warn:0"]


def test_a_partition_that_comes_back_is_loaded_anew(desk: Desk) -> None:
    desk.take(a_state(1))
    desk.tick()
    desk.assign()
    other = Desk(desk.store, desk.clock)
    other.take(a_state(2), a_state(1, seq=2, acknowledged_at=NOON))
    desk.assign(0, 1)
    assert marks(desk.at(DUE)) == ["C000002 acknowledgement:warn:0"]


def test_what_stays_through_a_rebalance_is_not_proposed_again(desk: Desk) -> None:
    desk.take(a_state(1))
    desk.at(DUE)
    desk.assign(0)
    assert desk.tick() == []


def test_a_version_that_another_worker_superseded_does_not_fire(desk: Desk) -> None:
    desk.take(a_state())
    desk.at(DUE - timedelta(minutes=1))
    Desk(desk.store, desk.clock).take(a_state(seq=2, acknowledged_at=NOON))
    desk.clock.advance(60)
    assert desk.handler.tick(desk.clock.now(), {}).outcomes == {"superseded": 1}
    assert desk.handler.tick(desk.clock.now(), {}).outcomes == {}
    assert list(desk.store.rows) == ["default|C000001#00000002"], "and is cleared away"


def test_superseded_versions_do_not_pile_up_in_the_store(desk: Desk) -> None:
    for seq in range(1, 30):
        desk.take(a_state(seq=seq, contacts=seq))
    assert len(desk.store.rows) == 29, "far ones are not looked for"
    assert marks(desk.at(DUE)) == ["C000001 acknowledgement:warn:0"]
    assert len(desk.store.rows) == 1


def test_pages_that_end_inside_one_instant_lose_and_double_nothing() -> None:
    desk = Desk(pace=replace(AT_ONCE, page=7, chunk=5))
    desk.take(*(a_state(number) for number in range(50)))
    restarted = Desk(desk.store, pace=replace(AT_ONCE, page=7, chunk=5))
    found = [record.case_id for record in restarted.at(DUE)]
    assert found == [f"C{number:06d}" for number in range(50)]


def test_nothing_beyond_what_is_loaded_fires_before_it() -> None:
    desk = Desk(pace=replace(AT_ONCE, page=3, chunk=100))
    desk.take(*(a_state(number, opened_at=at(seconds=number)) for number in range(20)))
    late = Desk(desk.store, pace=replace(AT_ONCE, page=3, chunk=100))
    late.clock.seconds = 86_400.0
    assert [record.case_id for record in late.tick()] == ["C000000", "C000001", "C000002"]
    late.take(a_state(99, opened_at=at(seconds=100)))
    rest = [record.case_id for record in late.all_due()]
    assert rest == [f"C{number:06d}" for number in (*range(3, 20), 99)]


def test_a_clock_that_jumps_leaves_nothing_behind(desk: Desk) -> None:
    desk.take(*(a_state(number, opened_at=at(hours=number)) for number in range(60)))
    desk.tick()
    records = desk.at(at(days=3, hours=6))
    dues = [record.due_at for record in records]
    assert len(records) == 60
    assert dues == sorted(dues)
