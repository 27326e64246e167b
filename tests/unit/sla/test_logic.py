"""When what is due: pure arithmetic over the newest state of a case."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.cases import CaseState
from schemas.codec import decode, encode
from schemas.ledger import CaseClocks, ClockRun, Wait
from schemas.vocabulary import ANSWERED, CaseStatus, ClockName, ClockStage
from services.domain.clocks.book import open_book
from services.domain.clocks.stages import Timer, next_stage, stages
from services.sla.logic import TIMED_BY, next_timer
from tests.support.builders import ELAPSED, NOON, at
from tests.unit.sla.states import a_state

POLICY = open_book(sla_file=ELAPSED).today
SHIPPED = open_book().today
ALL_MARKS = [timer.mark for timer in stages(a_state(), POLICY)]
CLOSING = ANSWERED


def due_of(state: CaseState, mark: str) -> datetime:
    return next(timer.due for timer in stages(state, POLICY) if timer.mark == mark)


@pytest.mark.parametrize(
    ("level", "mark", "after"),
    [
        (1, "acknowledgement:warn:0", {"hours": 18}),
        (1, "acknowledgement:breach:0", {"hours": 24}),
        (1, "acknowledgement:escalate1:0", {"hours": 36}),
        (1, "resolution:warn:0", {"hours": 117, "minutes": 36}),
        (1, "resolution:breach:0", {"days": 7}),
        (1, "resolution:escalate3:0", {"days": 10}),
        (2, "acknowledgement:breach:0", {"hours": 8}),
        (2, "resolution:breach:0", {"days": 5}),
        (3, "acknowledgement:warn:0", {"minutes": 90}),
        (3, "resolution:breach:0", {"days": 3}),
        (4, "acknowledgement:warn:0", {"minutes": 15}),
        (4, "acknowledgement:breach:0", {"minutes": 30}),
        (4, "resolution:breach:0", {"hours": 48}),
        (4, "resolution:escalate1:0", {"hours": 50}),
    ],
)
def test_each_stage_is_due_when_the_policy_says(
    level: int, mark: str, after: dict[str, float]
) -> None:
    assert due_of(a_state(level=level), mark) == at(**after)


def test_the_first_timer_of_a_new_case_is_the_warning_of_its_acknowledgement() -> None:
    assert next_timer(a_state(), POLICY) == Timer(
        at(hours=18), ClockName.ACKNOWLEDGEMENT, ClockStage.WARN, None, 0, 1
    )


def test_nothing_is_lost_of_a_microsecond() -> None:
    opened = datetime(2026, 3, 2, 12, 0, 0, 123457, tzinfo=UTC)
    timer = next_timer(a_state(opened_at=opened), POLICY)
    assert timer is not None
    assert timer.due == opened + timedelta(hours=18)


def test_an_acknowledged_case_has_the_clock_of_its_resolution_only() -> None:
    state = a_state(status=CaseStatus.ACKNOWLEDGED, acknowledged_at=at(hours=1))
    assert {timer.clock for timer in stages(state, POLICY)} == {ClockName.RESOLUTION}


@pytest.mark.parametrize(
    "answered",
    [
        {"status": CaseStatus.RESOLVED, "resolved_at": at(hours=1)},
        {"status": CaseStatus.CLOSED, "resolved_at": at(hours=1), "closed_at": at(hours=2)},
        {"status": CaseStatus.CLOSED},
    ],
)
def test_an_answered_case_has_no_timer(answered: dict[str, object]) -> None:
    assert next_timer(a_state(**answered), POLICY) is None
    assert stages(a_state(**answered), POLICY) == []


def test_a_status_of_a_newer_version_keeps_its_clocks() -> None:
    assert next_timer(a_state(status=CaseStatus.UNKNOWN), POLICY) is not None


def test_a_raised_level_shortens_the_time_from_the_same_beginning() -> None:
    dues = [due_of(a_state(level=level), "resolution:breach:0") for level in (1, 2, 3, 4)]
    assert dues == sorted(dues, reverse=True)
    assert len(set(dues)) == 4
    before, after = next_timer(a_state(), POLICY), next_timer(a_state(level=4), POLICY)
    assert before is not None
    assert after is not None
    assert after.due < before.due


def test_an_earlier_first_contact_moves_the_beginning_back() -> None:
    state = a_state(opened_at=at(days=-3), updated_at=NOON)
    assert due_of(state, "resolution:breach:0") == at(days=4)


def test_a_reopening_starts_a_new_run_of_the_resolution_only() -> None:
    state = a_state(
        status=CaseStatus.REOPENED,
        reopened=1,
        reopened_at=at(days=5),
        updated_at=at(days=5),
        acknowledged_at=at(hours=1),
        fired=("resolution:warn:0", "resolution:breach:0"),
    )
    assert [timer.mark for timer in stages(state, POLICY)] == [
        "resolution:warn:1",
        "resolution:breach:1",
        "resolution:escalate1:1",
        "resolution:escalate2:1",
        "resolution:escalate3:1",
    ]
    assert due_of(state, "resolution:breach:1") == at(days=12)


def test_a_case_that_was_never_acknowledged_is_not_asked_for_it_after_an_answer() -> None:
    state = a_state(status=CaseStatus.REOPENED, reopened=1, reopened_at=at(days=2))
    assert {timer.clock for timer in stages(state, POLICY)} == {ClockName.RESOLUTION}


def test_a_reopening_without_its_time_is_never_early() -> None:
    state = a_state(status=CaseStatus.REOPENED, reopened=1, updated_at=at(days=6))
    assert due_of(state, "resolution:breach:1") == at(days=13)


def test_nobody_is_warned_of_what_has_happened() -> None:
    state = a_state(fired=("resolution:breach:0", "acknowledgement:escalate1:0"))
    assert [timer.mark for timer in stages(state, POLICY)] == [
        "acknowledgement:escalate2:0",
        "resolution:escalate1:0",
        "resolution:escalate2:0",
        "resolution:escalate3:0",
    ]


def test_a_mark_of_a_newer_version_disturbs_nobody() -> None:
    assert stages(a_state(fired=("regulator:warn:0",)), POLICY) == stages(a_state(), POLICY)


def test_at_the_end_of_its_ladders_an_open_case_is_watched() -> None:
    state = a_state(fired=tuple(ALL_MARKS), updated_at=at(days=11))
    assert stages(state, POLICY) == []
    timer = next_timer(state, POLICY)
    assert timer is not None
    assert (timer.stage, timer.due) == (None, at(days=12))


def test_all_marks_of_a_case_fit_into_its_state() -> None:
    state = a_state(level=4)
    assert len(stages(state, POLICY)) <= 12
    assert max(map(len, ALL_MARKS)) <= 60


instants = st.integers(0, 20 * 86_400).map(lambda seconds: NOON + timedelta(seconds=seconds))
marks = st.builds(
    lambda clock, stage, run: f"{clock}:{stage}:{run}",
    st.sampled_from(["acknowledgement", "resolution", "other"]),
    st.sampled_from(["warn", "breach", "escalate1", "escalate2", "escalate3", "escalate9"]),
    st.integers(0, 2),
)
states = st.builds(
    lambda opened, later, **fields: a_state(
        opened_at=opened, updated_at=opened + timedelta(seconds=later), **fields
    ),
    instants,
    st.integers(0, 10**6),
    status=st.sampled_from(list(CaseStatus)),
    level=st.integers(1, 4),
    acknowledged_at=st.none() | instants,
    reopened=st.integers(0, 2),
    reopened_at=st.none() | instants,
    fired=st.lists(marks, max_size=12, unique=True).map(tuple),
)


@given(states)
def test_every_open_case_has_exactly_one_next_timer_and_an_answered_one_none(
    state: CaseState,
) -> None:
    timer = next_timer(state, POLICY)
    assert (timer is None) == (state.status in CLOSING)
    if timer is not None and stages(state, POLICY):
        assert timer == stages(state, POLICY)[0]


runs = st.lists(
    st.builds(
        ClockRun,
        clock=st.sampled_from(list(ClockName)),
        run=st.integers(0, 2),
        holder=st.none() | st.just("claims"),
        since=st.none() | instants,
        stopped_at=st.none() | instants,
        extended=st.integers(0, 3000),
    ),
    max_size=6,
    unique_by=lambda one: one.clock,
)
waits = st.none() | st.builds(Wait, waiting_for=st.just("customer"), since=instants)


@given(states, runs, waits)
def test_the_first_that_is_found_early_is_the_first_of_all(
    state: CaseState, some: list[ClockRun], wait: Wait | None
) -> None:
    clocks = CaseClocks(runs=tuple(some), waits=(wait,) if wait else ())
    state = state.model_copy(update={"clocks": clocks})
    for terms in (POLICY, SHIPPED):
        assert next_stage(state, terms) == next(iter(stages(state, terms)), None)


@given(states)
def test_what_is_read_of_a_state_is_all_that_its_timer_follows_from(state: CaseState) -> None:
    read = decode(CaseState, encode(state), TIMED_BY)
    assert next_timer(read, SHIPPED) == next_timer(state, SHIPPED)
    assert not hasattr(read, "contacts")


@given(states)
def test_stages_stand_in_the_order_in_which_they_are_due(state: CaseState) -> None:
    dues = [timer.due for timer in stages(state, POLICY)]
    assert dues == sorted(dues)


@given(states)
def test_what_took_effect_never_fires_again(state: CaseState) -> None:
    left = [timer.mark for timer in stages(state, POLICY)]
    assert not set(left) & set(state.fired)
    assert len(set(left)) == len(left)
    timer = next_timer(state, POLICY)
    assert timer is None or timer.mark not in state.fired


@given(states)
def test_a_case_walks_down_its_ladders_to_the_watch_and_stays_there(state: CaseState) -> None:
    walked: list[str] = []
    while (timer := next_timer(state, POLICY)) is not None and timer.stage is not None:
        walked.append(timer.mark)
        state = state.model_copy(update={"fired": (*state.fired, timer.mark)})
    assert len(set(walked)) == len(walked) <= 10
    assert (timer is None) == (state.status in CLOSING)
