"""An outage, a lost transaction, bad records, a flood: nothing is lost, nothing stops."""

import time
from datetime import timedelta

import pytest

from schemas.vocabulary import ClockStage
from services.adapters.memory_timers import MemoryTimerStore
from services.domain.errors import OutageError
from services.runtime.records import DeadReason
from tests.support.builders import NOON, at
from tests.support.manual_clock import ManualClock
from tests.unit.sla.desk import DUE, Desk, marks
from tests.unit.sla.states import a_state


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("operation", ["due_between", "newest", "delete"])
def test_an_outage_loses_and_doubles_nothing(desk: Desk, operation: str) -> None:
    desk.take(a_state(1), a_state(2))
    desk.at(DUE - timedelta(minutes=1))
    Desk(desk.store, desk.clock).take(a_state(2, seq=2, acknowledged_at=NOON))

    def away(op_name: str) -> None:
        if op_name == operation:
            raise OutageError("mongodb", "taken away by the test")

    desk.store.before = away
    desk.clock.advance(60 * 60)
    with pytest.raises(OutageError):
        desk.tick()
    desk.store.before = lambda op_name: None
    assert marks(desk.all_due()) == ["C000001 acknowledgement:warn:0"]


def test_after_a_lost_transaction_its_proposals_come_again_at_once(desk: Desk) -> None:
    desk.take(a_state())
    lost = desk.at(DUE)
    desk.assign()
    desk.assign(0, 1)
    assert desk.tick() == lost


def test_a_batch_may_come_again(desk: Desk) -> None:
    batch = [desk.record(a_state(1)), desk.record(a_state(2, level=4))]
    for _ in range(2):
        desk.handler.handle(batch, {})
    assert len(desk.store.rows) == 2
    assert len(desk.at(DUE)) == 2


def test_what_is_no_state_goes_to_the_dead_letters_and_the_rest_is_armed(desk: Desk) -> None:
    good = desk.record(a_state())
    bad = good._replace(value=b"{}")
    misplaced = good._replace(key=b"default|other")
    handled = desk.handler.handle([bad, misplaced, good], {})
    assert [(letter.inbound, letter.reason) for letter in handled.dead] == [
        (bad, DeadReason.MALFORMED),
        (misplaced, DeadReason.MALFORMED),
    ]
    assert handled.outcomes == {"armed": 1}


def test_a_word_of_a_newer_version_in_the_store_stops_nobody(desk: Desk) -> None:
    desk.take(a_state())
    (row_id,) = desk.store.rows
    desk.store.rows[row_id] = desk.store.rows[row_id]._replace(clock="regulator", stage="pause")
    (record,) = Desk(desk.store).at(DUE)
    assert record.stage is ClockStage.UNKNOWN


def test_the_oldest_unanswered_timer_is_shown(desk: Desk) -> None:
    desk.take(a_state(1), a_state(2, opened_at=at(minutes=5)))
    desk.at(DUE)
    desk.at(DUE + timedelta(minutes=30))
    desk.clock.advance(2)
    desk.tick()
    assert desk.gauges.overdue == 1802.0
    desk.take(a_state(1, seq=2, acknowledged_at=NOON))
    desk.clock.advance(2)
    desk.tick()
    assert desk.gauges.overdue == 1504.0


def test_a_hundred_thousand_due_at_once_fire_fast_and_in_order() -> None:
    clock, store, wanted = ManualClock(), MemoryTimerStore(), 100_000
    feeder = Desk(store, clock)
    feeder.take(a_state())
    (row,) = store.rows.values()
    store.delete([row.row_id])
    many = [
        row._replace(case_key=f"default|C{n:06d}", partition=n % 2, due=at(milliseconds=n))
        for n in range(wanted)
    ]
    store.insert(many, at(days=100))
    clock.seconds = 86_400.0
    desk, found = Desk(store, clock), []
    began = time.process_time()
    while made := desk.handler.tick(clock.now(), {}).outbound:
        found += [out.key for out in made]
    assert time.process_time() - began < 20, "about 3 s on one processor of a laptop"
    assert found == [b"default|C%06d" % number for number in range(wanted)]
