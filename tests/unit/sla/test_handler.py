"""States in, proposals out: never early, in order, and lost nowhere (ADR 0007)."""

import time
from datetime import timedelta

import pytest

from schemas.vocabulary import CaseStatus, ClockStage
from services.adapters.memory_timers import MemoryTimerStore
from services.domain.errors import OutageError
from services.runtime.records import DeadReason
from services.sla.handler import Pace
from services.sla.logic import next_timer
from tests.support.builders import NOON, at
from tests.support.manual_clock import ManualClock
from tests.unit.sla.desk import POLICY, Desk, marks
from tests.unit.sla.states import a_state

DUE = at(hours=18)
"""When a new case of level 1 is warned."""
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_timer_fires_at_its_due_time_and_not_a_microsecond_before(desk: Desk) -> None:
    desk.take(a_state())
    assert desk.at(DUE - MICROSECOND) == []
    (record,) = desk.at(DUE)
    assert (record.due_at, record.fired_at, record.late) == (DUE, DUE, False)
    assert (record.clock, record.stage, record.step) == ("acknowledgement", "warn", None)
    assert (record.level, record.case_seq, record.policy) == (1, 1, POLICY.version)


def test_a_proposal_is_keyed_by_its_case(desk: Desk) -> None:
    desk.take(a_state())
    desk.at(DUE - MICROSECOND)
    desk.clock.advance(1)
    (out,) = desk.handler.tick(desk.clock.now(), {}).outbound
    assert out.key == b"default|C000001"


def test_a_newer_state_replaces_the_timer(desk: Desk) -> None:
    desk.take(a_state())
    desk.take(a_state(seq=2, acknowledged_at=at(hours=1), status=CaseStatus.ACKNOWLEDGED))
    assert desk.at(DUE) == []
    assert marks(desk.at(at(hours=118))) == ["C000001 resolution:warn:0"]


def test_an_older_state_that_comes_again_changes_nothing(desk: Desk) -> None:
    desk.take(a_state(seq=2, status=CaseStatus.CLOSED, closed_at=NOON))
    desk.take(a_state(seq=1))
    assert desk.at(at(days=30)) == []


def test_an_older_state_that_comes_again_does_not_push_out_the_timer_of_the_newer(
    desk: Desk,
) -> None:
    desk.tick()
    desk.take(a_state(seq=2, level=4, opened_at=at(minutes=-10)))
    desk.take(a_state(seq=1, level=4, opened_at=at(minutes=-10)))
    assert [record.case_seq for record in desk.at(at(minutes=5))] == [2]


def test_of_several_states_in_a_batch_the_newest_counts(desk: Desk) -> None:
    handled = desk.take(a_state(seq=3, level=4), a_state(seq=1), a_state(seq=2))
    assert handled.outcomes == {"armed": 1}
    assert list(desk.store.rows) == ["default|C000001#00000003"]
    assert marks(desk.at(at(minutes=15))) == ["C000001 acknowledgement:warn:0"]


def test_a_closed_case_is_disarmed_and_remembered_longer_than_any_timer_of_it(desk: Desk) -> None:
    desk.take(a_state())
    handled = desk.take(a_state(seq=2, status=CaseStatus.CLOSED, closed_at=NOON))
    assert handled.outcomes == {"disarmed": 1}
    row = desk.store.rows["default|C000001#00000002"]
    assert row.due is None
    assert desk.store.forgotten_at[row.row_id] > NOON + POLICY.longest
    assert desk.at(at(days=30)) == []


def test_a_raised_level_fires_what_it_made_overdue_at_once(desk: Desk) -> None:
    desk.take(a_state())
    assert desk.at(at(hours=5)) == []
    desk.take(a_state(seq=2, level=4, updated_at=at(hours=5)))
    (record,) = desk.tick()
    assert (record.due_at, record.level) == (at(minutes=15), 4)
    assert desk.gauges.lateness == [0.0], "nobody was slow"


def test_a_case_walks_down_its_ladders_while_its_state_answers(desk: Desk) -> None:
    state = a_state(level=4)
    desk.take(state)
    seen: list[str] = []
    while (timer := next_timer(state, POLICY)) is not None and timer.stage is not None:
        (record,) = desk.at(timer.due)
        assert (record.due_at, record.late) == (timer.due, False)
        seen.append(timer.mark)
        state = state.model_copy(
            update={
                "seq": state.seq + 1,
                "fired": (*state.fired, timer.mark),
                "updated_at": timer.due,
            }
        )
        desk.take(state)
    assert len(seen) == 10
    assert seen[-1] == "resolution:escalate3:0"


def test_at_the_end_of_its_ladders_a_case_is_watched_and_stays_armed() -> None:
    store = MemoryTimerStore()
    done = tuple(f"resolution:{stage}:0" for stage in ("warn", "breach", "escalate3"))
    state = a_state(acknowledged_at=NOON, fired=done, updated_at=NOON)
    desk = Desk(store)
    desk.take(state)
    for day in (1, 2, 3):
        desk.clock.seconds = 86_400.0 * day
        handled = desk.handler.tick(desk.clock.now(), {})
        assert (handled.outbound, handled.outcomes) == ([], {"watched": 1})
        assert desk.handler.tick(desk.clock.now(), {}).outcomes == {}
    assert [row.due for row in store.rows.values()] == [at(days=1)]


def test_an_unanswered_proposal_comes_again_after_a_minute_then_ever_more_seldom(
    desk: Desk,
) -> None:
    desk.take(a_state())
    desk.at(DUE)
    again = []
    for second in range(1, 8000):
        desk.clock.advance(1)
        if desk.tick():
            again.append(second)
    assert again == [60, 180, 420, 900, 1860, 3780, 7380]


def test_an_answered_proposal_does_not_come_again(desk: Desk) -> None:
    desk.take(a_state())
    desk.at(DUE)
    desk.take(a_state(seq=2, fired=("acknowledgement:warn:0",)))
    assert desk.at(at(hours=23)) == []


def test_a_late_timer_is_marked_late_only_beyond_the_tolerance(desk: Desk) -> None:
    desk.take(a_state(1), a_state(2, opened_at=at(seconds=1)))
    records = desk.at(DUE + timedelta(seconds=31))
    assert [(r.case_id, r.late) for r in records] == [("C000001", True), ("C000002", False)]
    assert desk.gauges.lateness == [31.0, 30.0]
    assert desk.gauges.late == 1


def test_after_an_outage_what_is_overdue_fires_oldest_first_across_partitions(
    desk: Desk,
) -> None:
    order = [5, 3, 8, 1, 9, 2]
    for number in order:
        state = a_state(number, opened_at=at(minutes=number))
        desk.take(state, partition=number % 2)
    records = desk.at(at(days=1))
    assert [record.case_id for record in records] == [f"C{n:06d}" for n in sorted(order)]
    assert all(record.late for record in records)


# ------------------------------------------------------------------ near and far


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
    desk = Desk(pace=Pace(page=7, chunk=5))
    desk.take(*(a_state(number) for number in range(50)))
    restarted = Desk(desk.store, pace=Pace(page=7, chunk=5))
    found = [record.case_id for record in restarted.at(DUE)]
    assert found == [f"C{number:06d}" for number in range(50)]


def test_nothing_beyond_what_is_loaded_fires_before_it() -> None:
    desk = Desk(pace=Pace(page=3, chunk=100))
    desk.take(*(a_state(number, opened_at=at(seconds=number)) for number in range(20)))
    late = Desk(desk.store, pace=Pace(page=3, chunk=100))
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


# ------------------------------------------------------------------ when something fails


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
