"""States in, proposals out: never early, in order, and lost nowhere (ADR 0007)."""

from datetime import timedelta

import pytest

from schemas.ledger import CaseClocks, ClockRun, Wait
from schemas.places import CasePlace
from schemas.vocabulary import CaseStatus, ClockName
from services.adapters.memory_timers import MemoryTimerStore
from services.domain.clocks.book import open_book
from services.runtime.records import Inbound
from services.sla.logic import next_timer
from tests.support.builders import NOON, at
from tests.unit.sla.desk import DUE, POLICY, TERMS, Desk, marks
from tests.unit.sla.states import a_state

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


def test_a_case_that_ends_is_remembered_longer_than_its_limit_by_law_in_months() -> None:
    """A registered item from abroad: while the customer is asked, the law's 60 days are next."""
    desk = Desk(book=open_book())
    kept = {"jurisdiction": "CN", "product": "registered", "reach": "international"}
    clocks = CaseClocks(
        place=CasePlace(policy="places-1", **kept),
        runs=(
            ClockRun(clock=ClockName.STATUTORY),
            ClockRun(clock=ClockName.RESOLUTION),
            ClockRun(clock=ClockName.ACKNOWLEDGEMENT, stopped_at=NOON),
        ),
        waits=(Wait(waiting_for="customer", since=NOON),),
    )
    desk.take(a_state(status=CaseStatus.WAITING, waiting_for="customer", clocks=clocks))
    desk.take(a_state(seq=2, status=CaseStatus.RESOLVED, resolved_at=at(hours=1)))
    waiting, ended = desk.store.rows.values()
    assert waiting.due == at(days=48)
    assert desk.store.forgotten_at[ended.row_id] > waiting.due


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
    while (timer := next_timer(state, TERMS)) is not None and timer.stage is not None:
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


# ------------------------------------------------------------------ tombstones


def a_tombstone(desk: Desk) -> Inbound:
    return desk.record(a_state())._replace(value=None)


def test_a_tombstone_takes_the_timers_of_its_case_away_and_no_other(desk: Desk) -> None:
    desk.take(a_state(1), a_state(2))
    handled = desk.handler.handle([a_tombstone(desk)], {})
    assert (handled.dead, handled.outcomes["removed"]) == ([], 1)
    assert {row.case_key for row in desk.store.rows.values()} == {"default|C000002"}
    assert [record.case_id for record in desk.at(DUE)] == ["C000002"]


def test_a_timer_that_is_loaded_already_does_not_outlive_its_case(desk: Desk) -> None:
    desk.take(a_state())
    desk.at(DUE - MICROSECOND)
    desk.handler.handle([a_tombstone(desk)], {})
    assert desk.at(DUE) == []


def test_within_a_batch_only_what_follows_the_tombstone_counts(desk: Desk) -> None:
    old, gone, new = desk.record(a_state(seq=9)), a_tombstone(desk), desk.record(a_state(seq=1))
    desk.handler.handle([old, gone, new], {})
    assert [row.seq for row in desk.store.rows.values()] == [1]
    desk.handler.handle([gone, old], {})
    assert [row.seq for row in desk.store.rows.values()] == [9]
    desk.handler.handle([old, gone], {})
    assert desk.store.rows == {}


def test_a_tombstone_that_comes_again_removes_what_came_again_before_it(desk: Desk) -> None:
    batch = [desk.record(a_state()), a_tombstone(desk)]
    for _ in range(2):
        desk.handler.handle(batch, {})
        assert desk.at(DUE) == []


def test_an_empty_record_without_a_key_is_no_tombstone(desk: Desk) -> None:
    handled = desk.handler.handle([a_tombstone(desk)._replace(key=None)], {})
    assert [letter.rule for letter in handled.dead] == ["missing_value"]
