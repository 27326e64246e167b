"""The clocks of a case, from its events alone."""

from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.calendars.calendar import Kind
from services.domain.clocks.deadlines import check_extension, due_of, explain_clock
from services.domain.clocks.events import (
    ClockEvent,
    ClockId,
    ClockKind,
    Contacted,
    Extended,
    Held,
    Merged,
    Paused,
    Restarted,
    Resumed,
    Started,
    Stopped,
    Unmerged,
)
from services.domain.clocks.ledger import fold
from services.domain.clocks.limits import Limit, Unit
from services.domain.errors import ClockRefused
from tests.unit.clocks.desk import (
    ANSWER,
    CALENDAR_OF,
    CLAIMS,
    MONDAY,
    RESOLUTION,
    SEVEN_DAYS,
    WORKING_DAY,
    a_history,
    after,
)

histories = st.tuples(st.randoms(use_true_random=False), st.integers(1, 25))
OPENED: tuple[ClockEvent, ...] = (
    Contacted(MONDAY, MONDAY),
    Started(MONDAY, ANSWER, SEVEN_DAYS, from_contact=True),
    Started(MONDAY, RESOLUTION, WORKING_DAY, from_contact=True),
)


def due(events: tuple[ClockEvent, ...], clock: ClockId) -> datetime | None:
    found = due_of(fold(events), clock, CALENDAR_OF)
    assert found is not None
    return found.at


def test_several_clocks_of_a_case_run_at_once_each_by_its_own_limit() -> None:
    assert due(OPENED, ANSWER) == after(days=7)
    assert due(OPENED, RESOLUTION) == after(hours=9)


def test_waiting_pauses_what_allows_it_and_never_a_statutory_clock() -> None:
    events = (*OPENED, Paused(after(hours=1), "customer"), Resumed(after(hours=2), "customer"))
    assert due(events, RESOLUTION) == after(days=1, hours=1)
    assert due(events, ANSWER) == after(days=7)


def test_the_company_answers_for_a_partner_so_its_own_clock_runs_on() -> None:
    assert due((*OPENED, Paused(after(hours=1), "partner:yto")), RESOLUTION) == after(hours=9)


def test_a_wait_that_lasts_leaves_no_deadline_but_the_statutory_one() -> None:
    events = (*OPENED, Paused(after(hours=1), "authority"))
    assert due(events, RESOLUTION) is None
    assert due(events, ANSWER) == after(days=7)


def test_an_earlier_contact_that_comes_late_moves_the_start_back() -> None:
    events = (*OPENED, Contacted(after(hours=3), after(days=-1)))
    assert due(events, ANSWER) == after(days=6)


def test_a_note_or_another_contact_does_not_restart_anything() -> None:
    """eGov PGR, defect 2: each write restarted the clock."""
    events = (*OPENED, Contacted(after(days=2), after(days=2)), Held(after(days=3), "claims"))
    assert due(events, ANSWER) == due(OPENED, ANSWER)


def test_a_reopened_case_has_a_new_run_and_keeps_the_old_one() -> None:
    events = (
        *OPENED,
        Stopped(after(hours=2), RESOLUTION),
        Restarted(after(days=1), RESOLUTION, WORKING_DAY),
    )
    assert due(events, RESOLUTION) == after(days=1, hours=9)
    runs = [one.run for one in fold(events).strands if one.clock == RESOLUTION]
    assert runs == [0, 1]


def test_a_team_that_takes_over_has_its_own_clock() -> None:
    """zammad #5624: the old group's clock persisted after a handover."""
    events = (
        *OPENED,
        Held(after(hours=3), "claims"),
        Started(after(hours=4.5), CLAIMS, WORKING_DAY),
    )
    assert due(events, CLAIMS) == after(days=1, hours=3)
    stopped = (*events, Stopped(after(hours=5), CLAIMS))
    assert due_of(fold(stopped), CLAIMS, CALENDAR_OF) is None
    assert due(stopped, RESOLUTION) == due(OPENED, RESOLUTION)


def test_an_extension_needs_a_reason_an_interim_reply_and_room_in_the_law() -> None:
    extended = Extended(after(days=6), ANSWER, 3, "awaiting the carrier's search", "notice-7")
    assert due((*OPENED, extended), ANSWER) == after(days=10)
    check_extension(fold(OPENED), extended, CALENDAR_OF)


@pytest.mark.parametrize(
    ("rule", "event"),
    [
        ("already_running", Started(after(days=1), RESOLUTION, WORKING_DAY)),
        ("never_started", Restarted(after(days=1), CLAIMS, WORKING_DAY)),
        ("not_running", Stopped(after(days=1), CLAIMS)),
        ("not_waiting", Resumed(after(days=1), "customer")),
        ("who_unknown", Paused(after(days=1), "godot")),
        ("who_unknown", Paused(after(days=1), "partner:")),
        ("goes_back", Held(after(days=-1), "claims")),
        ("extension_reason", Extended(after(days=1), ANSWER, 1, " ", "notice-7")),
        ("extension_reply", Extended(after(days=1), ANSWER, 1, "search", "")),
        ("extension_limit", Extended(after(days=1), ANSWER, 4, "search", "notice-7")),
        ("extension_limit", Extended(after(days=1), RESOLUTION, 1, "search", "notice-7")),
        ("statutory_pause", Started(after(days=1), ANSWER._replace(holder="x"), WORKING_DAY)),
        ("not_merged", Unmerged(after(days=1), "m1")),
    ],
)
def test_what_contradicts_the_ledger_is_refused_by_a_rule(rule: str, event: ClockEvent) -> None:
    with pytest.raises(ClockRefused) as refused:
        fold((*OPENED, event))
    assert refused.value.rule == rule


def test_an_overdue_clock_is_not_extended_into_time() -> None:
    late = Extended(after(days=8), ANSWER, 3, "search", "notice-7")
    with pytest.raises(ClockRefused, match="extension_late"):
        check_extension(fold(OPENED), late, CALENDAR_OF)


def test_a_merged_case_brings_its_earlier_contact_and_its_shorter_limit() -> None:
    earlier = (
        Contacted(after(days=-2), after(days=-2)),
        Started(after(days=-2), ANSWER, SEVEN_DAYS, from_contact=True),
        Started(after(days=-2), CLAIMS, WORKING_DAY),
    )
    merged = (*OPENED, Merged(after(days=1), "m1", earlier))
    assert due(merged, ANSWER) == after(days=5)
    assert due_of(fold(merged), CLAIMS, CALENDAR_OF) is None
    assert due((*merged, Unmerged(after(days=2), "m1")), ANSWER) == after(days=7)


def test_a_case_that_joins_one_that_waits_does_not_wait_with_it() -> None:
    """Found by the property test below: it would have been given the time of that wait."""
    waiting = (*OPENED, Paused(after(hours=1), "customer"))
    other = (Contacted(MONDAY, MONDAY), Started(MONDAY, RESOLUTION, WORKING_DAY, True))
    merged = (*waiting, Merged(after(hours=1), "m1", other))
    assert due(waiting, RESOLUTION) is None
    assert due(merged, RESOLUTION) == after(hours=9)
    later = (*merged, Paused(after(hours=2), "authority"))
    assert due(later, RESOLUTION) is None


@pytest.mark.parametrize(
    ("limit", "start", "expected"),
    [
        # 28, 29, 30 September, 8, 9 and Saturday 10 October, between and after two holidays
        (
            Limit("x", 6, Unit.WORKING_DAYS, "cn-office", "v"),
            "2026-09-24T02:00",
            "2026-10-10T16:00",
        ),
        (Limit("x", 1, Unit.MONTHS, "cn-office", "v"), "2026-01-31T02:00", "2026-02-28T02:00"),
        (Limit("x", 1, Unit.YEARS, "cn-office", "v"), "2028-02-29T02:00", "2029-02-28T02:00"),
        # the same time of day, over a change of clocks
        (Limit("x", 7, Unit.DAYS, "partner-us", "v"), "2026-03-05T15:00", "2026-03-12T14:00"),
        (Limit("x", 2, Unit.HOURS, "cn-office", "v"), "2026-03-02T09:00", "2026-03-03T02:00"),
    ],
)
def test_each_unit_is_counted_in_its_way(limit: Limit, start: str, expected: str) -> None:
    begin = datetime.fromisoformat(f"{start}+00:00")
    assert due((Started(begin, ANSWER, limit),), ANSWER) == datetime.fromisoformat(
        f"{expected}+00:00"
    )


def test_an_explanation_names_who_was_waited_for() -> None:
    events = (*OPENED, Paused(after(hours=1), "customer"), Resumed(after(hours=2), "customer"))
    told = explain_clock(fold(events), RESOLUTION, CALENDAR_OF)
    assert told is not None
    assert [(one.kind, one.paused_by) for one in told.intervals[:2]] == [
        (Kind.WORKED, ()),
        (Kind.PAUSED, ("customer",)),
    ]


@given(histories)
def test_the_same_events_make_the_same_ledger(given_history: tuple[Random, int]) -> None:
    events = a_history(*given_history)
    assert fold(events) == fold(list(events))


@given(
    st.randoms(use_true_random=False), st.integers(1, 12), st.integers(1, 12), st.integers(0, 12)
)
def test_a_merge_never_extends_and_undoing_it_leaves_no_trace(
    chance: Random, before: int, of_child: int, later: int
) -> None:
    whole = a_history(chance, before + later)
    child = tuple(a_history(chance, of_child, MONDAY - timedelta(days=chance.randrange(9))))
    at = max(whole[before - 1].at, child[-1].at)
    head = [*whole[:before], *(one for one in whole[before:] if one.at >= at)]
    try:
        alone = fold(head)
    except ClockRefused:
        return
    merge = Merged(at, "m1", child)
    merged = fold([*head[:before], merge, *head[before:]])
    for clock in alone.clocks():
        mine, both = (due_of(one, clock, CALENDAR_OF) for one in (alone, merged))
        if mine is not None and mine.at is not None:
            assert both is not None
            assert both.at is not None
            assert both.at <= mine.at
    at_once, of_its_own = fold([*head[:before], merge]), fold(child)
    for clock in of_its_own.clocks():
        its, both = (due_of(one, clock, CALENDAR_OF) for one in (of_its_own, at_once))
        if clock.kind is not ClockKind.TEAM and its is not None and its.at is not None:
            assert both is not None
            assert both.at is not None
            assert both.at <= its.at
    undone = fold([*head[:before], merge, *head[before:], Unmerged(max(at, head[-1].at), "m1")])
    assert undone.strands == alone.strands
    assert (undone.waits, undone.holders, undone.contacts) == (
        alone.waits,
        alone.holders,
        alone.contacts,
    )
