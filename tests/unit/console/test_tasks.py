"""The console where others have a part in a case: what they were asked, and what they answered."""

import re
from typing import Any

from tests.support.console_desk import Console


def panel(console: Console, case_id: str, language: str = "en") -> str:
    page = console.page(f"/cases/{case_id}", language)
    return page.partition('id="tasks-title"')[2].partition("</section>")[0]


def do(console: Console, case_id: str, kind: str, **form: str) -> int:
    seq = re.search(r'name="expected_seq" value="(\d+)"', console.page(f"/cases/{case_id}"))
    assert seq is not None
    key = f"k{seq[1]}-{kind}-{form['note']}"
    return console.act(case_id, kind, key=key, expected_seq=seq[1], **form).status_code


def test_each_who_has_a_part_stands_on_the_page_with_the_time_he_has_left(
    console: Console,
) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="包裹丢了", origin="深圳", destination="London")
    shown = panel(console, case_id)
    assert "partner gb · Destination" in shown
    assert re.search(r"due \d{4}-\d\d-\d\d \w+ \d\d:\d\d, \d+ h.* left", shown)
    assert "合作方 gb · 派件端" in panel(console, case_id, "zh")
    assert "还剩" in panel(console, case_id, "zh")


def test_two_regions_of_ours_have_a_task_each_which_is_answered_and_taken_back(
    console: Console,
) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="包裹丢了,要求赔偿", origin="深圳", destination="成都")
    shown = panel(console, case_id)
    assert "South region desk · Origin" in shown
    assert "Southwest region desk · Destination" in shown
    assert "西南区客服 · 派件端" in panel(console, case_id, "zh")

    assert do(console, case_id, "finish_task", task="1", note=" ") == 422
    assert do(console, case_id, "finish_task", task="1", note="已装车，封志完好") == 303
    assert do(console, case_id, "finish_task", task="1", note="再来一次") == 409
    assert do(console, case_id, "withdraw_task", task="2", note="找到了") == 303
    shown = panel(console, case_id)
    assert "done in time" in shown
    assert "已装车，封志完好" in shown
    assert "taken back" in shown
    assert "<form" not in shown
    page = console.page(f"/cases/{case_id}")
    assert "Task 1: South region desk" in page
    assert "Task answered" in page


def test_a_case_in_which_nobody_else_has_a_part_shows_no_tasks(console: Console) -> None:
    assert panel(console, console.case(id="a1", text="快件三天没有更新")) == ""


def choices(console: Console, case_id: str, language: str = "en") -> list[str]:
    """Return whom the page lets ask, as it names them."""
    page = console.page(f"/cases/{case_id}", language)
    select = page.partition('id="unit-give_task"')[2].partition("</select>")[0]
    return re.findall(r"<option[^>]*>([^<]*)</option>", select)


def test_a_clerk_asks_one_of_those_who_can_be_asked_and_sees_question_and_answer(
    console: Console,
) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="快件三天没有更新", origin="广州", destination="深圳")
    assert {"North region desk", "Claims", "Partner gb"} <= set(choices(console, case_id))
    assert "Front desk" not in choices(console, case_id)
    assert {"华北区客服", "合作单位 gb"} <= set(choices(console, case_id, "zh"))

    asked = {"unit": "team:desk-north", "note": "请查 3 月 4 日的监控"}
    assert do(console, case_id, "give_task", unit="", note="x") == 422
    assert do(console, case_id, "give_task", unit="team:desk-north", note=" ") == 422
    assert do(console, case_id, "give_task", **asked) == 303
    shown = panel(console, case_id)
    assert "North region desk · Asked by a clerk" in shown
    assert "请查 3 月 4 日的监控" in shown
    assert "华北区客服 · 经办人要求协办" in panel(console, case_id, "zh")
    assert "North region desk" not in choices(console, case_id)
    assert do(console, case_id, "give_task", **asked) == 409

    assert do(console, case_id, "finish_task", task="1", note="画面已附上") == 303
    shown = panel(console, case_id)
    assert shown.index("请查 3 月 4 日的监控") < shown.index("画面已附上")
    assert "North region desk" in choices(console, case_id)


def read(console: Console, code: str) -> dict[str, Any]:
    """Return what the customer is told, but for how many changes there were."""
    told: dict[str, Any] = console.api.client.get(f"/v1/track/{code}").json()
    del told["result"]["seq"]
    return told


def test_what_is_asked_of_others_is_not_the_customers_to_read(console: Console) -> None:
    console.sign_in("clerk-101")
    sent = console.api.send(id="a1", text="快件三天没有更新")
    case_id, code = console.api.case_of(sent), sent.json()["tracking"]
    before = read(console, code)
    assert do(console, case_id, "give_task", unit="partner:gb", note="Who signed for it?") == 303
    assert read(console, code) == before
