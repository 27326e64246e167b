"""A clerk asks a team of ours or a partner for something: a task beside those of the route."""

from typing import Any

import pytest

from schemas.cases import CommandSettled
from schemas.routes import Partner
from schemas.tasks import TaskEnd
from schemas.vocabulary import Category, CommandKind, Refusal, WayPart
from services.domain.clocks.stages import clocks_of, stages
from tests.support.builders import at
from tests.support.station_teams import HANGZHOU
from tests.unit.cases.desk import FIRST, Desk, another
from tests.unit.cases.district import District
from tests.unit.cases.stations import Stations
from tests.unit.cases.test_tasks import (
    BOOK,
    GB,
    POLICIES,
    SOUTHWEST,
    due,
    finish,
    fire,
    routed,
    task_clocks,
    tasks,
)

LEADER = f"team:{FIRST.destination.team}"
NORTH = "team:desk-north"
WORDS = "请调取 3 月 4 日的监控"


@pytest.fixture
def desk() -> Desk:
    desk = Desk(policies=POLICIES)
    desk.clock.time = at()
    desk.take(FIRST)
    return desk


def ask(desk: Desk, holder: str = NORTH, **more: Any) -> CommandSettled:
    return desk.act(CommandKind.GIVE_TASK, unit=holder, **({"note": WORDS} | more))


def still(desk: Desk) -> list[str]:
    """Return who has an open task."""
    return [one.holder for one in tasks(desk).values() if one.ended_at is None]


def test_a_task_of_a_clerk_says_in_words_what_is_asked_and_moves_nothing_else(desk: Desk) -> None:
    before = desk.case()
    settled = ask(desk)
    told, state = desk.history()[-1], desk.case()
    assert (settled.refusal, settled.status, desk.kinds()) == (None, "received", ["task_given"])
    assert (told.actor, told.note, told.due_at) == ("clerk:7", WORDS, due(state, 1).due)
    assert told.task is not None
    assert (told.task.holder, told.task.part) == (NORTH, WayPart.ASKED)
    assert (state.team, state.assignee, state.unit) == (before.team, before.assignee, None)


@pytest.mark.parametrize(
    ("holder", "limit"),
    [("partner:gb", (24 * 60, "partner-gb")), (NORTH, (28 * 60, "cn-office"))],
)
def test_it_has_the_limit_that_a_task_of_the_route_has(
    desk: Desk, holder: str, limit: tuple[int, str]
) -> None:
    ask(desk, holder)
    own = task_clocks(desk)[1].limit
    assert (own.amount, own.calendar) == limit


def test_it_is_warned_of_and_breached_once_by_a_clock_of_its_own(desk: Desk) -> None:
    ask(desk)
    state = desk.case()
    of_task = [s for s in stages(state, BOOK.terms(clocks_of(state).policies)) if s.clock == "task"]
    assert [one.mark for one in of_task] == ["task:warn:1", "task:breach:1"]
    assert [fire(desk, one) for one in of_task] == [["clock_warned"], ["clock_breached"]]
    assert [fire(desk, one) for one in of_task] == [[], []]


def test_it_is_answered_in_time_like_any_other(desk: Desk) -> None:
    ask(desk)
    desk.clock.time = at(hours=1)
    assert finish(desk, 1).refusal is None
    assert (tasks(desk)[1].end, fire(desk, due(desk.case(), 1))) == (TaskEnd.DONE, [])


@pytest.mark.parametrize(
    ("fields", "refusal", "words"),
    [
        ({"unit": LEADER}, Refusal.INVALID_FIELD, "leads the case"),
        ({"unit": "team:nowhere"}, Refusal.INVALID_FIELD, "no team nowhere"),
        ({"unit": "partner:humen"}, Refusal.INVALID_FIELD, "no partner humen"),
        ({"unit": "partner:default"}, Refusal.INVALID_FIELD, "no partner default"),
        ({"unit": "authority:spb"}, Refusal.INVALID_FIELD, "transferred"),
        ({"unit": None}, Refusal.MISSING_FIELD, "unit"),
        ({"note": None}, Refusal.MISSING_FIELD, "note"),
        ({"actor": "customer"}, Refusal.NOT_PERMITTED, "clerk"),
        ({"actor": "partner:gb"}, Refusal.NOT_PERMITTED, "clerk"),
        ({"actor": "system"}, Refusal.NOT_PERMITTED, "clerk"),
    ],
)
def test_who_has_no_part_in_a_case_is_not_asked_and_nobody_but_a_clerk_asks(
    desk: Desk, fields: dict[str, Any], refusal: Refusal, words: str
) -> None:
    settled = desk.act(CommandKind.GIVE_TASK, **({"unit": NORTH, "note": WORDS} | fields))
    assert settled.refusal is refusal
    assert words in (settled.explanation or "")
    assert tasks(desk) == {}


def test_nobody_is_asked_in_a_case_that_is_answered(desk: Desk) -> None:
    desk.act(CommandKind.RESOLVE, note="找到了")
    assert ask(desk).refusal is Refusal.NOT_ALLOWED_NOW


def test_a_partner_of_the_parcels_way_is_asked_though_no_limits_name_it() -> None:
    desk = Desk(policies=POLICIES)
    humen = (Partner(operator="humen", part=WayPart.CONTRACTOR),)
    destination = FIRST.destination.model_copy(update={"partners": humen})
    desk.take(FIRST.model_copy(update={"destination": destination}))
    assert ask(desk, "partner:humen").refusal is None


def test_who_has_a_clerks_task_to_answer_gets_no_second_one_until_it_is_over(desk: Desk) -> None:
    ask(desk)
    settled = ask(desk)
    assert (settled.refusal, still(desk)) == (Refusal.ALREADY_DECIDED, [NORTH])
    assert "task 1" in (settled.explanation or "")
    desk.act(CommandKind.WITHDRAW_TASK, task=1, note="查到了")
    assert (ask(desk).refusal, still(desk)) == (None, [NORTH])
    assert list(tasks(desk)) == [1, 2]


def test_what_a_clerk_asks_and_what_the_route_gives_are_two_things_in_either_order(
    desk: Desk,
) -> None:
    ask(desk, "partner:gb")
    desk.take(routed(another("more"), GB, SOUTHWEST))
    assert still(desk) == ["partner:gb", "partner:gb", "team:desk-southwest"]
    assert ask(desk, "team:desk-southwest").refusal is None
    desk.take(routed(another("again"), GB, SOUTHWEST))
    assert len(still(desk)) == 4
    assert len(task_clocks(desk)) == 4


def test_a_case_has_at_most_as_many_open_tasks_as_its_state_carries(desk: Desk) -> None:
    holders = [f"team:{name}" for name in POLICIES.teams.teams if f"team:{name}" != LEADER]
    first, last = holders[:16], "partner:gb"
    assert {ask(desk, one).refusal for one in first} == {None}
    assert ask(desk, last).refusal is Refusal.NOT_ALLOWED_NOW
    finish(desk, 3)
    assert (ask(desk, last).refusal, len(still(desk))) == (None, 16)


def test_it_ends_with_the_case_and_is_asked_for_again_by_no_contact(desk: Desk) -> None:
    ask(desk)
    desk.clock.time = at(hours=1)
    desk.act(CommandKind.RESOLVE, note="找到了")
    assert tasks(desk)[1].end is TaskEnd.CASE_ENDED
    desk.clock.time = at(hours=2)
    desk.take(routed(another("back", received_at=at(hours=2)), GB))
    assert still(desk) == ["partner:gb"]


def test_a_merged_case_takes_it_itself_and_its_head_knows_nothing_of_it() -> None:
    district = District(policies=POLICIES)
    head = district.open("first", 0, waybill="SF1")
    child = district.open("second", 60, waybill="SF2")
    district.merge(head, child)
    district.deliver()
    said = {"unit": NORTH, "note": WORDS}
    assert district.act(child, "give_task", **said).refusal is None
    district.deliver()
    assert clocks_of(district.case(head)).tasks is None
    assert [one.holder for one in clocks_of(district.case(child)).tasks or ()] == [NORTH]


def test_a_station_is_asked_for_its_side_of_the_matter_while_another_team_decides() -> None:
    town = Stations()
    case_id = town.hear(None, "a", HANGZHOU, category=Category.ATTITUDE)
    settled = town.act(case_id, "give_task", unit="team:front-desk", note="请说明当天情况")
    state = town.case(case_id)
    assert (settled.refusal, state.team) == (None, "senior-desk")
    assert town.wrongs() == []
