"""The console's list of what the cases of others ask of a team."""

import re
from datetime import timedelta

import pytest

from tests.support.console_desk import Console, a_console

KEY = "a-key-of-sixteen-or-more"
NORTH, CLAIMS = "team:desk-north", "team:claims"


def member_of(console: Console, unit: str) -> str:
    """Return somebody who works in a team."""
    teams = console.client.app.state.context.teams.teams  # type: ignore[attr-defined]
    return str(teams[unit.removeprefix("team:")].members[0])


def asked(console: Console, number: int, unit: str) -> str:
    """Open a case, and ask a team something in it; return the case."""
    case_id = console.case(
        id=f"a{number}", customer=f"c-{number}", text=f"快件三天没有更新 {number}"
    )
    console.sign_in("clerk-101")
    seq = re.search(r'name="expected_seq" value="(\d+)"', console.page(f"/cases/{case_id}"))
    assert seq is not None
    form = {"key": f"k{number}", "expected_seq": seq[1], "unit": unit, "note": "请查监控"}
    assert console.act(case_id, "give_task", **form).status_code == 303
    return case_id


def listed(page: str) -> list[str]:
    """Return the cases of the list, as they stand there."""
    return re.findall(r'href="/cases/([^"#]+)#task-1"', page)


def test_a_team_finds_its_open_tasks_with_limit_and_time_left(console: Console) -> None:
    case_id = asked(console, 1, NORTH)
    asked(console, 2, CLAIMS)
    console.sign_in(member_of(console, NORTH))
    page = console.page("/tasks")
    assert listed(page) == [case_id]
    assert "Asked by a clerk" in page
    assert re.search(r"time-(calm|soon)\">\d+ \w+.* left", page)
    zh = console.page("/tasks", "zh")
    assert ("经办人要求协办" in zh, "剩 " in zh, "1 项未完成" in zh) == (True, True, True)


def test_what_is_longest_overdue_comes_first_and_says_so(console: Console) -> None:
    first = asked(console, 1, NORTH)
    console.api.clock.advance(timedelta(days=1).total_seconds())
    second = asked(console, 2, NORTH)
    console.api.clock.advance(timedelta(days=20).total_seconds())
    third = asked(console, 3, NORTH)
    console.sign_in(member_of(console, NORTH))
    page = console.page("/tasks")
    assert listed(page) == [first, second, third]
    assert re.findall(r"time time-(\w+)", page)[:2] == ["late", "late"]
    assert re.findall(r"time time-(\w+)", page)[2] != "late"


def test_a_task_leaves_the_list_when_it_is_answered_or_its_case_is(console: Console) -> None:
    answered, resolved = asked(console, 1, NORTH), asked(console, 2, NORTH)
    assert set(listed(console.page("/tasks?team=desk-north"))) == {answered, resolved}
    seq = re.search(r'name="expected_seq" value="(\d+)"', console.page(f"/cases/{answered}"))
    assert seq is not None
    form = {"key": "k9", "expected_seq": seq[1], "task": "1", "note": "画面已附上"}
    assert console.act(answered, "finish_task", **form).status_code == 303
    assert listed(console.page("/tasks?team=desk-north")) == [resolved]
    assert console.api.act(resolved, "resolve", note="It was found.").status_code == 200
    page = console.page("/tasks?team=desk-north")
    assert (listed(page), "No open tasks" in page) == ([], True)


def test_another_team_is_chosen_and_who_is_in_none_sees_those_of_all(console: Console) -> None:
    north, claims = asked(console, 1, NORTH), asked(console, 2, CLAIMS)
    console.sign_in(member_of(console, NORTH))
    assert listed(console.page("/tasks?team=claims")) == [claims]
    assert listed(console.page("/tasks?team=no-such-team")) == [north]
    console.sign_in("clerk-of-no-team")
    page = console.page("/tasks")
    assert set(listed(page)) == {north, claims}
    assert "North region desk" in page


@pytest.mark.parametrize("path", ["/tasks", "/cases"])
def test_who_may_see_no_cases_sees_no_tasks(path: str) -> None:
    with a_console(api_key=KEY, host="0.0.0.0") as console:
        answer = console.client.get(path, headers={"Accept": "text/html"})
        assert (answer.status_code, "/sign-in" in answer.headers["location"]) == (303, True)
