"""Incidents in the console: the list, one incident, what a person says of it; suggestions."""

import re

import pytest

from tests.support.builders import TENANT
from tests.support.console_desk import ORIGIN, Console

FIRE = {"kind": "open", "key": "k1", "hub": "东莞分拨", "category": "delay", "note": "着火了"}


def a_case(console: Console, number: int, **form: str) -> str:
    return console.case(
        id=f"a{number}", hub="东莞分拨", customer=f"c-{number}", waybill=f"SF13000000{number:05}",
        text="快件还没有到", **form
    )  # fmt: skip


def opened(console: Console, language: str = "en") -> str:
    """Open an incident at a place and return its id."""
    console.sign_in("clerk-101")
    said = console.client.post("/incidents", data=FIRE, headers=ORIGIN)
    assert (said.status_code, said.headers["location"]) == (303, "/incidents?done=open")
    return opened_there(console, language)


def opened_there(console: Console, language: str = "en") -> str:
    """Return the id of the incident that lasts."""
    found = re.search(r"/incidents/(I[A-Z2-7]+)", console.page("/incidents", language))
    assert found is not None
    return found.group(1)


def say(console: Console, incident_id: str, kind: str, **form: str) -> int:
    body = {"kind": kind, "key": f"k-{kind}", "note": "so it is"} | form
    address = f"/incidents/{incident_id}/commands"
    return console.client.post(address, data=body, headers=ORIGIN).status_code


def posts_at_the_api(console: Console) -> list[str]:
    """Return what the API counts of what was posted to it."""
    lines = console.api.client.get("/metrics").text.splitlines()
    return [one for one in lines if "requests_total{" in one and 'method="POST"' in one]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("Incidents", "In progress", "Cases joined")), ("zh", ("事件", "进行中", "案件归入"))],
)
def test_an_incident_is_opened_listed_and_shown_with_its_cases(
    console: Console, language: str, words: tuple[str, ...]
) -> None:
    cases = [a_case(console, number) for number in range(3)]
    incident_id = opened(console, language)
    page = console.page(f"/incidents/{incident_id}", language)
    assert all(word in page for word in words)
    assert all(f'href="/cases/{case}"' in page for case in cases)
    assert "着火了" in page
    shown = console.page(f"/cases/{cases[0]}", language)
    assert f'href="/incidents/{incident_id}"' in shown


def test_the_end_of_an_incident_is_shown_though_the_next_one_began_with_it(
    console: Console,
) -> None:
    a_case(console, 1)
    first = opened(console)
    console.api.clock.advance(3 * 86_400)
    console.sign_in("clerk-101")
    # What a person says of a place whose incident is quiet ends that one, and opens the next.
    console.client.post("/incidents", data=FIRE | {"key": "k2"}, headers=ORIGIN)
    second = opened_there(console)
    assert second != first
    assert "Nothing came for too long" in console.page(f"/incidents/{first}")
    assert "Nothing came for too long" not in console.page(f"/incidents/{second}")


def test_cases_are_added_and_taken_out_and_the_end_is_told_with_its_note(console: Console) -> None:
    a_case(console, 1)
    incident_id = opened(console)
    other = console.case(id="b1", customer="d", waybill="SF1300000000777", text="包裹丢了")
    assert say(console, incident_id, "add", case_id=other.lower()) == 303
    assert f'href="/incidents/{incident_id}"' in console.page(f"/cases/{other}")
    assert console.page(f"/cases/{other}").count("Level 3") >= 1
    assert say(console, incident_id, "add", case_id=other, key="again") == 422
    assert say(console, incident_id, "remove", case_id=other) == 303
    assert (
        f'href="/incidents/{incident_id}"'
        not in console.page(f"/cases/{other}").split("timeline-title")[0]
    )
    assert say(console, incident_id, "set_level", level="4") == 303
    console.sign_in("clerk-901")
    assert say(console, incident_id, "end", note="out by noon") == 303
    page = console.page(f"/incidents/{incident_id}")
    assert "out by noon" in page
    assert 'id="action-end"' not in page
    assert say(console, incident_id, "end", key="k-again") == 409
    assert incident_id not in console.page("/incidents")


def test_what_is_unknown_or_incomplete_is_said(console: Console) -> None:
    assert "There is no such incident" in console.page("/incidents/INOTHING", status=404)
    incident_id = opened(console)
    assert say(console, incident_id, "add", case_id="C-NONE") == 422
    assert say(console, incident_id, "nonsense") == 422
    assert console.client.post("/incidents", data=FIRE | {"hub": "*"}, headers=ORIGIN).status_code


@pytest.mark.parametrize(
    "odd", ["%2e%2e", "x%3Fy", "x%23y", "x%0Ay", "x%20y", "%E4%BB%B6", "i" * 81]
)
def test_what_can_be_no_incident_has_no_page_and_asks_the_api_nothing(
    console: Console, odd: str
) -> None:
    console.sign_in("clerk-901")
    before = posts_at_the_api(console)
    body = {"kind": "end", "key": "k1", "note": "so it is"}
    headers = ORIGIN | {"Accept-Language": "en"}
    said = console.client.post(f"/incidents/{odd}/commands", data=body, headers=headers)
    assert (said.status_code, "There is no such incident" in said.text) == (404, True)
    assert posts_at_the_api(console) == before
    console.page(f"/incidents/{odd}", status=404)


@pytest.mark.parametrize(
    ("language", "rank", "note"),
    [("en", "a team higher up", "Please write a note"), ("zh", "上级团队", "请写备注")],
)
def test_who_has_not_the_rank_or_no_reason_is_told_so_in_words(
    console: Console, language: str, rank: str, note: str
) -> None:
    incident_id = opened(console)
    address = f"/incidents/{incident_id}/commands"
    for form, status, words in (
        ({"kind": "end", "key": "k2", "note": "x"}, 409, rank),
        ({"kind": "set_level", "key": "k3", "level": "4"}, 422, note),
    ):
        headers = ORIGIN | {"Accept-Language": language}
        said = console.client.post(address, data=form, headers=headers)
        assert (said.status_code, words in said.text) == (status, True)
    assert incident_id in console.page("/incidents")


@pytest.mark.parametrize(
    ("language", "told", "refused"),
    [
        ("en", ("Customers told", "Customer told how it stands"), "Please take out the number"),
        ("zh", ("告知客户", "告知客户进展"), "请删去个人的电话"),
    ],
)
def test_what_all_customers_are_told_stands_in_the_incident_and_in_each_case(
    console: Console, language: str, told: tuple[str, str], refused: str
) -> None:
    case_id = a_case(console, 1)
    incident_id = opened(console, language)
    console.sign_in("clerk-901")
    address = f"/incidents/{incident_id}/commands"
    body = {"kind": "update", "key": "u1", "note": "联系人 13800001111"}
    headers = ORIGIN | {"Accept-Language": language}
    said = console.client.post(address, data=body, headers=headers)
    assert (said.status_code, refused in said.text) == (422, True)
    words = "火已扑灭,两天内逐一答复。"
    assert say(console, incident_id, "update", note=words) == 303
    for page, title in zip((f"/incidents/{incident_id}", f"/cases/{case_id}"), told, strict=True):
        shown = console.page(page, language)
        assert (title in shown, words in shown) == (True, True)


def test_only_who_said_who_he_is_says_something_of_an_incident(console: Console) -> None:
    said = console.client.post("/incidents", data=FIRE, headers=ORIGIN)
    assert said.headers["location"].startswith("/sign-in")
    assert console.api.pipeline.incidents.rows.get(f"{TENANT}|东莞分拨|delay") is None


def suggested(console: Console) -> tuple[str, str]:
    """Two cases that are nearly alike: the second suggests the first."""
    first = console.case(
        id="s1", customer="p", waybill="SF1300000000001", text="青花茶盘碎成好几块,茶杯也裂缝"
    )
    second = console.case(
        id="s2", customer="p", waybill="SF1300080000001", text="羽绒睡袋拉链坏,枕头发霉"
    )
    assert first != second
    return first, second


def test_a_suggestion_is_merged_with_one_click(console: Console) -> None:
    first, second = suggested(console)
    console.sign_in("clerk-101")
    assert "Perhaps the same as" in console.page(f"/cases/{second}")
    merged = console.act(second, "merge", expected_seq="1", other=first)
    assert merged.status_code == 303, merged.text
    assert "Merged" in console.page(f"/cases/{second}").partition("Perhaps the same as")[2]


def test_a_dismissed_suggestion_stays_dismissed_and_is_told(console: Console) -> None:
    first, second = suggested(console)
    console.sign_in("clerk-101")
    page = console.page(f"/cases/{second}")
    assert "dismiss_suggestion" in page.partition("Perhaps the same as")[2]
    done = console.act(second, "dismiss_suggestion", expected_seq="1", other=first)
    assert done.status_code == 303, done.text
    page = console.page(f"/cases/{second}", "zh")
    assert "已认定为另一件事" in page
    assert f"另一案件：{first}" in page
    assert 'value="dismiss_suggestion"' not in page
