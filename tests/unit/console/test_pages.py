"""The console as a clerk's browser sees it, over the case path in memory."""

import re

import pytest

from schemas.notice_words import NoticeKind
from schemas.vocabulary import CaseStatus
from services.adapters.deadlines import Deadline
from services.domain.errors import OutageError
from tests.support.builders import at
from tests.support.console_desk import Console

HOSTILE = "<img src=x onerror=alert(1)>'\"{{7*7}}"
ESCAPED = "&lt;img src=x onerror=alert(1)&gt;&#39;&#34;{{7*7}}"


def hidden(page: str, name: str, kind: str) -> str:
    """The value of a hidden field in the form of an action."""
    form = page.partition(f'id="action-{kind}"')[2].partition("</form>")[0]
    found = re.search(rf'name="{name}" value="([^"]*)"', form)
    assert found is not None, form
    return found[1]


def status(console: Console, case_id: str) -> str:
    state = console.api.pipeline.queries.case("default", case_id)
    assert state is not None
    return state.status


# ------------------------------------------------------------------------------------- list


def test_an_empty_system_says_what_will_come(console: Console) -> None:
    assert "There are no cases yet" in console.page("/cases")
    assert "还没有案件" in console.page("/cases", "zh")
    assert console.client.get("/").headers["location"] == "/cases"


def test_a_contact_appears_in_the_list_with_its_words(console: Console) -> None:
    case_id = console.case(id="a1", text="快件三天还没有到")
    page = console.page("/cases")
    assert f'href="/cases/{case_id}"' in page
    assert "快件三天还没有到" in page
    assert "Delay" in page.partition("<tbody")[2]
    assert "Front desk" in page.partition("<tbody")[2]


@pytest.mark.parametrize("query", ["", "?q={hostile}", "?team={hostile}", "?after={hostile}"])
def test_hostile_text_stays_text_in_the_list(console: Console, query: str) -> None:
    console.case(id="a1", text=HOSTILE)
    page = console.page("/cases" + query.format(hostile="%22%3E%3Cimg src=x onerror=alert(1)%3E"))
    assert "<img" not in page
    assert "onerror=alert(1)&gt;" in page or "?team" in query


def test_a_case_is_found_by_id_prefix_tracking_code_and_waybill(console: Console) -> None:
    sent = console.api.send(id="a1", waybill="SF1300000000001", customer="c")
    case_id, code = console.api.case_of(sent), sent.json()["tracking"]
    console.case(id="a2", text="另一件事", customer="d")
    for text in (case_id.lower(), code, code.replace("-", " ").lower(), "sf 1300 0000 0000 1"):
        found = console.client.get("/cases", params={"q": text})
        assert (found.status_code, found.headers.get("location")) == (303, f"/cases/{case_id}")
    assert case_id in console.page(f"/cases?q={case_id[:6]}")
    assert "No case is found by this" in console.page("/cases?q=ZZZ")
    assert "不搜索投诉内容" in console.page("/cases?q=另一件事", "zh")


@pytest.mark.parametrize("typed", ["138 0013 8000", "+86 138-0013-8000", "Li@Example.com", "CU-7"])
def test_a_caller_is_found_by_what_he_gives_and_it_stands_in_no_address(
    console: Console, typed: str
) -> None:
    known = {"phone": "13800138000", "email": "li@example.com", "customer": "cu-7"}
    first = console.case(id="a1", text="快件三天没到", waybill="SF1300000000001", **known)
    alone = console.client.get("/cases", params={"q": typed})
    assert alone.headers["location"] == f"/cases/{first}"
    second = console.case(id="a2", text="快递员态度很差", waybill="SF1300000000555", **known)
    other = console.case(id="a3", customer="cu-8", waybill="SF1300000000999", text="包裹压坏了")
    assert len({first, second, other}) == 3
    address = console.client.get("/cases", params={"q": typed}).headers["location"]
    assert not re.search("8000|%40|cu-7", address, re.IGNORECASE)
    link = re.search(r'of-person" href="([^"]+)"', console.page(f"/cases/{first}"))
    assert link is not None
    for one in (address, link[1].replace("&amp;", "&")):
        page = console.page(one)
        assert "Cases of one complainant" in page
        assert [case_id in page for case_id in (first, second, other)] == [True, True, False]


def test_a_number_that_nobody_has_finds_nothing_and_stands_in_no_address(console: Console) -> None:
    console.case(id="a1")
    address = console.client.get("/cases", params={"q": "13900139000"}).headers["location"]
    assert "13900139000" not in address
    assert "No case is found by this" in console.page(address)


def test_all_cases_of_a_waybill_are_found(console: Console) -> None:
    known = {"waybill": "SF1300000000001", "customer": "c"}
    first = console.case(id="a1", **known)
    console.api.act(first, "resolve", note="found")
    console.api.act(first, "close")
    console.api.clock.advance(400 * 86_400)
    second = console.case(id="a2", text="又丢了", **known)
    assert first != second
    page = console.page("/cases?q=SF1300000000001")
    assert first in page
    assert second in page


def test_the_list_is_narrowed_by_status_and_by_who_works_on_it(console: Console) -> None:
    console.sign_in("clerk-101")
    first, second = console.case(id="a1", customer="c"), console.case(id="a2", customer="d")
    console.act(first, "assign", assignee="clerk-101")
    assert first in console.page("/cases?status=assigned")
    assert second not in console.page("/cases?status=assigned")
    assert second not in console.page("/cases?mine=1")
    assert first not in console.page("/cases?status=closed")


def test_pages_follow_each_other(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.console.case_list.PAGE_SIZE", 2)
    cases = {console.case(id=f"a{n}", customer=f"c{n}") for n in range(5)}
    seen: list[str] = []
    address: str | None = "/cases"
    while address:
        page = console.page(address)
        seen += re.findall(r'href="/cases/(C\w+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else None
    assert (len(seen), set(seen)) == (5, cases)


# ------------------------------------------------------------------------------------- case


def test_a_case_shows_what_was_said_and_what_happened(console: Console) -> None:
    case_id = console.case(id="a1", text=HOSTILE, waybill="SF1300000000001")
    page = console.page(f"/cases/{case_id}")
    assert ESCAPED in page
    assert "<img" not in page
    assert "Case opened" in page
    assert "案件建立" in console.page(f"/cases/{case_id}", "zh")


def test_a_case_of_very_many_contacts_shows_the_first_and_says_how_many_there_are(
    console: Console,
) -> None:
    case_id = console.case(id="a0", text="My camera of 8,000 yuan is gone", customer="c")
    for number in range(1, 56):
        console.api.clock.advance(60)
        console.case(id=f"a{number}", text=f"Any news? {number}", customer="c")
    page = console.page(f"/cases/{case_id}")
    assert "56 contacts" in page
    assert "Only 51 of 56 are shown" in page
    assert ("My camera of 8,000 yuan is gone" in page, "Any news? 55" in page) == (True, True)


def test_a_case_tells_how_much_time_is_left(console: Console) -> None:
    case_id = console.case(id="a1")
    console.deadlines.due[case_id] = Deadline("resolution", "breach", at(hours=30))
    for page in (console.page("/cases"), console.page(f"/cases/{case_id}")):
        assert "1 day 6 h left" in page
        assert ">Resolution<" in page


@pytest.mark.parametrize("case_id", ["NOBODY", "a b", "%3Cscript%3E", "x" * 200])
def test_a_case_that_is_not_there_is_said_not_to_be(console: Console, case_id: str) -> None:
    assert "There is no such case" in console.page(f"/cases/{case_id}", status=404)


def test_a_clerk_takes_a_case_through_its_life(console: Console) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1")
    steps = [
        ("acknowledge", {}, CaseStatus.ACKNOWLEDGED),
        ("assign", {"assignee": "clerk-102"}, CaseStatus.ACKNOWLEDGED),
        ("note", {"note": "Called the station."}, CaseStatus.ACKNOWLEDGED),
        ("resolve", {"note": "It was found."}, CaseStatus.RESOLVED),
        ("close", {}, CaseStatus.CLOSED),
        ("reopen", {"note": "Not delivered."}, CaseStatus.REOPENED),
    ]
    for kind, form, after in steps:
        page = console.page(f"/cases/{case_id}")
        key, seq = hidden(page, "key", kind), hidden(page, "expected_seq", kind)
        done = console.act(case_id, kind, key=key, expected_seq=seq, **form)
        assert done.headers.get("location") == f"/cases/{case_id}?done={kind}", done.text
        assert status(console, case_id) == after
    page = console.page(f"/cases/{case_id}?done=reopen")
    assert "The case is reopened." in page
    assert page.count("clerk-101 · #") == len(steps)
    assert "Called the station." in page


def test_a_form_that_is_sent_twice_takes_effect_once(console: Console) -> None:
    console.sign_in()
    case_id = console.case(id="a1")
    for _ in range(2):
        assert console.act(case_id, "note", note="once").status_code == 303
    assert console.page(f"/cases/{case_id}").count("<blockquote>once</blockquote>") == 1


def test_a_stale_form_shows_what_changed_and_keeps_what_was_typed(console: Console) -> None:
    console.sign_in()
    case_id = console.case(id="a1")
    console.api.act(case_id, "note", note="from a colleague")
    refused = console.act(case_id, "resolve", note="my long answer")
    assert refused.status_code == 409
    assert "The case changed after you opened it" in refused.text
    assert "my long answer</textarea>" in refused.text
    assert "is-new" in refused.text.partition("from a colleague")[0]
    assert hidden(refused.text, "expected_seq", "resolve") == "2"
    assert status(console, case_id) == CaseStatus.RECEIVED


def test_what_the_case_does_not_allow_is_said_in_the_language_of_the_page(
    console: Console,
) -> None:
    console.sign_in()
    case_id = console.case(id="a1")
    refused = console.act(case_id, "close")
    assert refused.status_code == 409
    assert "does not allow this in its present status" in refused.text


@pytest.mark.parametrize(
    ("kind", "form"), [("resolve", {}), ("resolve", {"note": "  "}), ("assign", {}), ("x", {})]
)
def test_a_form_that_lacks_something_is_not_sent(
    console: Console, kind: str, form: dict[str, str]
) -> None:
    console.sign_in()
    case_id = console.case(id="a1")
    answer = console.act(case_id, kind, **form)
    assert (answer.status_code, status(console, case_id)) == (422, CaseStatus.RECEIVED)


def test_what_was_not_confirmed_is_sent_again_as_the_same(console: Console) -> None:
    console.sign_in()
    case_id = console.case(id="a1")
    console.api.pipeline.kafka_is_away = True
    failed = console.act(case_id, "note", key="k9", note="keep me")
    assert failed.status_code == 503
    assert "keep me</textarea>" in failed.text
    assert hidden(failed.text, "key", "note") == "k9"
    assert hidden(failed.text, "key", "resolve") != "k9"


def test_an_open_page_can_ask_whether_it_is_behind(console: Console) -> None:
    case_id = console.case(id="a1")
    told = console.client.get(f"/cases/{case_id}/seq").json()
    assert (told["seq"], told["settled"]) == (1, False)
    assert console.client.get("/cases/NOBODY/seq").status_code == 404


def test_nobody_acts_without_saying_who(console: Console) -> None:
    case_id = console.case(id="a1")
    assert "action-acknowledge" not in console.page(f"/cases/{case_id}")
    answer = console.act(case_id, "acknowledge")
    assert answer.headers["location"] == f"/sign-in?onwards=/cases/{case_id}"
    assert status(console, case_id) == CaseStatus.RECEIVED


def test_a_database_that_is_away_is_said_to_be_in_words(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OutageError("mongodb", "gone")

    monkeypatch.setattr(console.api.pipeline.queries, "search", away)
    assert "Nothing was lost" in console.page("/cases", status=503)


def test_a_case_page_explains_each_time_limit(console: Console) -> None:
    case_id = console.case()
    page = console.page(f"/cases/{case_id}")
    assert "Time limits" in page
    assert "<strong>Legal limit</strong><span>due" in page
    assert "by law: 快递暂行条例" in page
    assert "法定时限" in console.page(f"/cases/{case_id}", "zh")


def test_the_texts_of_every_kind_of_notice_are_shown_in_both_languages(console: Console) -> None:
    page = console.page("/notices")
    assert "We have finished looking into the complaint" in page
    assert "反映的事项已经处理完毕" in page
    for kind in (kind for kind in NoticeKind if kind is not NoticeKind.UNKNOWN):
        assert f'id="kind-{kind}"' in page
