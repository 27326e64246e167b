"""Who has a part in a case beside the team that leads has a task, with a limit of its own."""

from datetime import timedelta

import pytest

from schemas.cases import CaseState, CommandSettled
from schemas.clocks import ClockFired
from schemas.routes import ContactRouted
from schemas.tasks import Task, TaskEnd, TaskWanted
from schemas.vocabulary import ClockName, ClockStage, CommandKind, Refusal, Relation, WayPart
from services.cases.policies import load_policies
from services.domain.clocks.account import CaseAccount, ClockAccount, Standing, account_of
from services.domain.clocks.book import open_book
from services.domain.clocks.stages import Clocks, Timer, clocks_of, stages
from services.sla.logic import next_timer
from tests.support.builders import a_contact, a_deduplicated, a_routed, at
from tests.unit.cases.desk import FIRST, Desk, another, changes
from tests.unit.cases.district import District

BOOK = open_book()
POLICIES = load_policies(BOOK)
GB = TaskWanted(holder="partner:gb", part=WayPart.DESTINATION)
SOUTHWEST = TaskWanted(holder="team:desk-southwest", part=WayPart.DESTINATION)


def routed(contact: ContactRouted, *tasks: TaskWanted) -> ContactRouted:
    destination = contact.destination.model_copy(update={"tasks": tasks})
    return contact.model_copy(update={"destination": destination})


@pytest.fixture
def desk() -> Desk:
    desk = Desk(policies=POLICIES)
    desk.clock.time = at()
    desk.take(routed(FIRST, GB, SOUTHWEST))
    return desk


def tasks(desk: Desk) -> dict[int, Task]:
    return {one.number: one for one in clocks_of(desk.case()).tasks or ()}


def finish(desk: Desk, number: int, **more: object) -> CommandSettled:
    return desk.act(CommandKind.FINISH_TASK, task=number, note="已妥投，见签收照片", **more)


def due(state: CaseState, number: int) -> Timer:
    """Return when the limit of a task is reached."""
    clocks = Clocks(state, BOOK.terms(clocks_of(state).policies))
    one = clocks.of(ClockName.TASK, number)
    assert one is not None
    return next(t for t in clocks.ladder(one) if t.stage is ClockStage.BREACH)


def fire(desk: Desk, timer: Timer) -> list[str]:
    """Let a stage take effect at its time; return what it led to."""
    desk.clock.time = timer.due
    state = desk.case()
    assert timer.stage is not None
    fired = ClockFired(
        tenant=state.tenant,
        case_id=state.case_id,
        clock=timer.clock,
        stage=timer.stage,
        due_at=timer.due,
        fired_at=timer.due,
        level=state.level,
        step=timer.step,
        run=timer.run,
        case_seq=state.seq,
        policy="test",
    )
    return [str(change.kind) for change in changes(desk.take(fired))]


def account(desk: Desk) -> CaseAccount:
    return account_of(desk.history(), BOOK, desk.clock.time)


def task_clocks(desk: Desk) -> dict[int | None, ClockAccount]:
    return {one.task: one for one in account(desk).clocks if one.task is not None}


def test_each_that_the_route_names_has_a_task_at_once_beside_the_team_that_leads(
    desk: Desk,
) -> None:
    assert tasks(desk) == {
        1: Task(number=1, holder="partner:gb", part="destination", since=at()),
        2: Task(number=2, holder="team:desk-southwest", part="destination", since=at()),
    }
    assert desk.case().team == FIRST.destination.team


def test_a_partner_has_the_limit_of_a_partner_and_a_team_that_of_a_team_in_its_own_hours(
    desk: Desk,
) -> None:
    given = [one for one in desk.history() if one.kind == "task_given"]
    limits = {n: one.limit for n, one in task_clocks(desk).items()}
    assert [one.task.holder for one in given if one.task] == ["partner:gb", "team:desk-southwest"]
    assert (limits[1].amount, limits[1].calendar) == (24 * 60, "partner-gb")
    assert (limits[2].amount, limits[2].calendar) == (28 * 60, "cn-office")
    assert [one.due_at for one in given] == [due(desk.case(), n).due for n in (1, 2)]


def test_the_next_timer_of_the_case_is_that_of_whatever_is_due_first(desk: Desk) -> None:
    desk.act(CommandKind.ACKNOWLEDGE)
    state = desk.case()
    terms = BOOK.terms(clocks_of(state).policies)
    first = stages(state, terms)
    timers = {(one.clock, one.run) for one in first}
    assert {(ClockName.TASK, 1), (ClockName.TASK, 2)} <= timers
    assert next_timer(state, terms) == first[0]


def test_each_task_is_warned_of_and_breached_once_whatever_the_others_do(desk: Desk) -> None:
    state = desk.case()
    left = stages(state, BOOK.terms(clocks_of(state).policies))
    of_tasks = [one for one in left if one.clock is ClockName.TASK]
    assert [one.mark for one in sorted(of_tasks, key=lambda one: (one.run, one.due))] == [
        "task:warn:1", "task:breach:1", "task:warn:2", "task:breach:2",
    ]  # fmt: skip
    for timer in of_tasks:
        kind = "clock_warned" if timer.stage is ClockStage.WARN else "clock_breached"
        assert fire(desk, timer) == [kind]
        assert fire(desk, timer) == []
    assert {one for one in desk.case().fired if one.startswith("task")} == {
        one.mark for one in of_tasks
    }
    breached = [one.task for one in desk.history() if one.kind == "clock_breached"]
    assert {one.holder for one in breached if one} == {"partner:gb", "team:desk-southwest"}


def test_a_breach_of_a_task_leaves_the_customers_clocks_as_they_were(desk: Desk) -> None:
    before = clocks_of(desk.case()).runs
    dues = {one.clock: one.due_at for one in account(desk).clocks if not one.holder}
    fire(desk, due(desk.case(), 1))
    assert clocks_of(desk.case()).runs == before
    assert {one.clock: one.due_at for one in account(desk).clocks if not one.holder} == dues


def test_waiting_for_the_customer_gives_no_time_for_a_task(desk: Desk) -> None:
    desk.act(CommandKind.ACKNOWLEDGE)
    before = [due(desk.case(), n).due for n in (1, 2)]
    assert desk.act(CommandKind.WAIT, waiting_for="customer", note="照片").refusal is None
    assert [due(desk.case(), n).due for n in (1, 2)] == before


def test_an_answer_in_time_stops_the_clock_of_that_task_alone(desk: Desk) -> None:
    desk.clock.time = at(hours=2)
    assert finish(desk, 1).refusal is None
    assert (tasks(desk)[1].ended_at, tasks(desk)[1].end) == (at(hours=2), TaskEnd.DONE)
    assert tasks(desk)[2].ended_at is None
    assert {n: one.standing for n, one in task_clocks(desk).items()} == {
        1: Standing.MET,
        2: Standing.RUNNING,
    }
    assert fire(desk, due(desk.case(), 1)) == []
    told = desk.history()[-1]
    assert (told.kind, told.note, told.task and told.task.number) == (
        "task_done",
        "已妥投，见签收照片",
        1,
    )


def test_an_answer_after_its_time_is_late_even_where_no_timer_said_so(desk: Desk) -> None:
    desk.clock.time = due(desk.case(), 1).due + timedelta(minutes=1)
    finish(desk, 1)
    assert desk.kinds() == ["task_done", "clock_breached"]
    assert task_clocks(desk)[1].standing is Standing.MISSED


def test_an_answer_given_in_time_but_applied_later_takes_the_breach_back(desk: Desk) -> None:
    limit = due(desk.case(), 1)
    fire(desk, limit)
    finish(desk, 1, issued_at=limit.due - timedelta(minutes=1))
    assert desk.kinds() == ["task_done", "breach_retracted"]
    assert "task:breach:1" not in desk.case().fired


def test_a_task_is_taken_back_with_a_reason(desk: Desk) -> None:
    assert desk.act(CommandKind.WITHDRAW_TASK, task=2).refusal is Refusal.MISSING_FIELD
    assert desk.act(CommandKind.WITHDRAW_TASK, task=2, note="查到了").refusal is None
    assert tasks(desk)[2].end is TaskEnd.WITHDRAWN


def test_the_end_of_the_case_ends_what_is_open_and_a_reopening_asks_for_it_again(
    desk: Desk,
) -> None:
    finish(desk, 1)
    desk.clock.time = at(hours=3)
    desk.act(CommandKind.RESOLVE, note="找到了")
    assert {n: one.end for n, one in tasks(desk).items()} == {
        1: TaskEnd.DONE,
        2: TaskEnd.CASE_ENDED,
    }
    desk.clock.time = at(hours=5)
    desk.take(routed(another("back", received_at=at(hours=5)), GB, SOUTHWEST))
    assert [(n, one.holder) for n, one in tasks(desk).items() if one.ended_at is None] == [
        (3, "team:desk-southwest")
    ]


def test_a_further_contact_gives_nobody_a_second_task(desk: Desk) -> None:
    us = TaskWanted(holder="partner:us", part=WayPart.TRANSIT)
    desk.take(routed(another("more", relation=Relation.NEW_FACT), GB, us))
    assert [one.holder for one in tasks(desk).values()] == [
        "partner:gb",
        "team:desk-southwest",
        "partner:us",
    ]


@pytest.mark.parametrize(
    ("number", "actor", "refusal"),
    [
        (7, "clerk:7", Refusal.INVALID_FIELD),
        (1, "partner:us", Refusal.NOT_PERMITTED),
        (1, "customer", Refusal.NOT_PERMITTED),
        (1, "partner:gb", None),
    ],
)
def test_a_task_is_answered_for_by_a_clerk_or_by_its_holder(
    desk: Desk, number: int, actor: str, refusal: Refusal | None
) -> None:
    assert finish(desk, number, actor=actor).refusal is refusal


def test_what_is_over_is_not_answered_again(desk: Desk) -> None:
    finish(desk, 1)
    assert finish(desk, 1).refusal is Refusal.ALREADY_DECIDED


def test_the_time_of_a_task_is_its_holders(desk: Desk) -> None:
    desk.clock.time = at(days=9)
    assert set(task_clocks(desk)[1].used) == {"partner:gb"}
    assert set(task_clocks(desk)[2].used) == {"team:desk-southwest"}


def test_a_case_carries_few_tasks_however_often_it_comes_back(desk: Desk) -> None:
    for n in range(1, 25):
        desk.clock.time = at(hours=10 * n)
        fire(desk, due(desk.case(), max(tasks(desk))))
        desk.act(CommandKind.RESOLVE, note="好了")
        desk.clock.time += timedelta(hours=1)
        desk.take(routed(another(f"again-{n}", received_at=desk.clock.time), SOUTHWEST))
    carried = tasks(desk)
    assert len(carried) == 16
    assert {int(one.rpartition(":")[2]) for one in desk.case().fired if "task" in one} <= set(
        carried
    )


def test_a_merged_case_keeps_its_tasks_and_takes_the_answers_itself_and_so_it_parts() -> None:
    district = District()
    head = district.open("first", 0, waybill="SF1")
    child = district.open("second", 60, waybill="SF2")
    contact = a_deduplicated(a_contact("third", waybill="SF2"), case_id=child, relation="repeat")
    district.take(routed(a_routed(contact), GB, SOUTHWEST))
    district.merge(head, child)
    district.deliver()
    answer = {"task": 1, "note": "已妥投"}
    assert district.act(child, "finish_task", **answer).refusal is None
    assert clocks_of(district.case(head)).tasks is None
    district.unmerge(head, child)
    district.deliver()
    ends = [one.end for one in clocks_of(district.case(child)).tasks or ()]
    assert ends == [TaskEnd.DONE, None]
