"""What a customer sees, and above all what not."""

import base64
import hashlib
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.topics import SCORED
from tests.support.api_desk import Desk

WAYBILL = "SF1300000000001"


def words(seen: dict[str, Any]) -> list[str]:
    return [step["what"] for step in seen["steps"]]


def test_progress_is_told_in_dated_steps(desk: Desk) -> None:
    contact = desk.send(id="a1", waybill=WAYBILL, customer="c")
    case_id = desk.case_of(contact)
    desk.act(case_id, "acknowledge")
    desk.act(case_id, "resolve", note="It arrived on Monday.")
    seen = desk.track(contact)
    assert (seen["state"], seen["summary"]) == ("resolved", "We have answered your complaint.")
    assert words(seen) == [
        "Your complaint reached us",
        "We started to work on it",
        "We answered: It arrived on Monday.",
    ]


def test_a_customer_sees_until_when_we_answer_and_no_more_of_it_once_we_have(desk: Desk) -> None:
    """Seven days (快递暂行条例, article 29), which end at the same time of day."""
    contact = desk.send(id="a1", waybill=WAYBILL, customer="c")
    received = datetime.fromisoformat(desk.track(contact)["steps"][0]["at"])
    seen = desk.track(contact)
    due = datetime.fromisoformat(seen["answer_by"])
    assert (due - received, seen["is_late"]) == (timedelta(days=7), False)
    page = f"/track/{contact.json()['tracking']}"
    told = desk.client.get(page, headers={"Accept-Language": "en"}).text
    assert f'We will answer by <time datetime="{due.isoformat()}">' in told
    assert re.search(r"我们将于 <time.*</time> 前答复您。</p>", desk.client.get(page).text)
    desk.act(desk.case_of(contact), "resolve", note="It arrived on Monday.")
    assert desk.track(contact)["answer_by"] is None
    assert "我们将于" not in desk.client.get(page).text


def test_who_waits_beyond_that_is_told_that_we_are_late(desk: Desk) -> None:
    contact = desk.send(id="a1", waybill=WAYBILL, customer="c")
    desk.clock.advance(8 * 86_400)
    assert desk.track(contact)["is_late"]
    page = desk.client.get(
        f"/track/{contact.json()['tracking']}", headers={"Accept-Language": "en"}
    )
    assert "We are late" in page.text


def test_of_several_complainants_none_sees_a_time_that_may_be_anothers(desk: Desk) -> None:
    first = desk.send(id="a1", waybill=WAYBILL, customer="sender", role="sender", text="寄的样布")
    second = desk.send(id="a2", waybill=WAYBILL, customer="neighbour", text="也没收到")
    assert desk.case_of(second) == desk.case_of(first)
    assert desk.track(first)["answer_by"] is desk.track(second)["answer_by"] is None


def test_the_language_follows_the_reader(desk: Desk) -> None:
    contact = desk.send(id="a1")
    assert desk.track(contact, "zh-CN,zh;q=0.9")["summary"] == "我们已收到您的投诉，正在安排处理。"
    assert desk.track(contact, "")["summary"].startswith("我们")


def test_what_a_clerk_tells_the_customer_is_shown(desk: Desk) -> None:
    contact = desk.send(id="a1")
    desk.act(desk.case_of(contact), "update", note="It is at customs.")
    assert words(desk.track(contact))[-1] == "How the matter stands: It is at customs."
    assert words(desk.track(contact, "zh"))[-1] == "处理进展：It is at customs."


def test_clerks_notes_and_names_are_not_shown(desk: Desk) -> None:
    contact = desk.send(id="a1")
    case_id = desk.case_of(contact)
    desk.act(case_id, "assign", assignee="clerk:wang")
    desk.act(case_id, "note", note="customer sounds annoyed")
    seen = str(desk.track(contact))
    assert "wang" not in seen
    assert "annoyed" not in seen


def test_who_is_waited_for_is_told_so_and_what_for(desk: Desk) -> None:
    contact = desk.send(id="a1", waybill=WAYBILL, customer="c")
    case_id = desk.case_of(contact)
    desk.act(case_id, "acknowledge")
    desk.act(case_id, "wait", waiting_for="partner:p1", note="their scan")
    assert desk.track(contact)["summary"] == "We are waiting for something we need to go on."
    assert "their scan" not in str(desk.track(contact))
    desk.act(case_id, "resume")
    desk.act(case_id, "wait", waiting_for="customer", note="A photo of the box.")
    seen = desk.track(contact)
    assert (seen["waits_for_you"], seen["summary"][:28]) == (True, "We are waiting for informati")
    assert words(seen)[-1] == "We wait for information from you: A photo of the box."
    assert words(desk.track(contact, "zh"))[-1] == "等待您补充信息：A photo of the box."
    desk.act(case_id, "resume")
    assert not desk.track(contact)["waits_for_you"]


def test_of_several_complainants_none_sees_what_another_is_asked_for(desk: Desk) -> None:
    first = desk.send(id="a1", waybill=WAYBILL, customer="sender", role="sender", text="寄的样布")
    second = desk.send(id="a2", waybill=WAYBILL, customer="neighbour", text="也没收到")
    case_id = desk.case_of(first)
    desk.act(case_id, "acknowledge")
    desk.act(case_id, "wait", waiting_for="customer", note="PRIVATE of the sender")
    for contact in (first, second):
        seen = desk.track(contact)
        assert "PRIVATE" not in str(seen)
        assert not seen["waits_for_you"]


def test_a_second_complainant_sees_only_their_own_part(desk: Desk) -> None:
    first = desk.send(id="a1", waybill=WAYBILL, customer="sender", role="sender", text="寄的样布")
    desk.act(desk.case_of(first), "acknowledge")
    desk.clock.advance(60)
    second = desk.send(id="a2", waybill=WAYBILL, customer="neighbour", text="也没收到")
    assert desk.case_of(second) == desk.case_of(first)
    desk.act(desk.case_of(first), "resolve", note="Sender Li gets 500 CNY.")
    seen = desk.track(second)
    assert [contact["text"] for contact in seen["contacts"]] == ["也没收到"]
    assert words(seen) == ["Your complaint reached us", "We answered"]
    assert [contact["text"] for contact in desk.track(first)["contacts"]] == ["寄的样布"]


def test_all_contacts_of_one_person_are_theirs(desk: Desk) -> None:
    first = desk.send(id="a1", waybill=WAYBILL, customer="c")
    desk.clock.advance(60)
    second = desk.send(id="a2", waybill=WAYBILL, customer="c", text="两天了,还没有到")
    assert len(desk.track(first)["contacts"]) == len(desk.track(second)["contacts"]) == 2
    assert words(desk.track(first))[1] == "Another message from you reached us"


def test_anonymous_contacts_of_one_case_stay_strangers(desk: Desk) -> None:
    first = desk.send(id="a1", waybill=WAYBILL)
    second = desk.send(id="a2", waybill=WAYBILL, text="也没收到")
    assert desk.case_of(first) == desk.case_of(second)
    assert len(desk.track(first)["contacts"]) == 1


def test_a_code_is_read_however_a_person_types_it(desk: Desk) -> None:
    code = desk.send(id="a1").json()["tracking"]
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert desk.client.get(f"/v1/track/{typed}").json()["tracking"] == code


def test_a_code_nobody_has_yet_is_not_found_but_may_come(desk: Desk) -> None:
    answer = desk.client.get("/v1/track/00000-00000-00000-00000", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["rule"]) == (404, "unknown")
    assert "within seconds" in answer.json()["message"]


def test_what_cannot_be_a_code_is_told_so(desk: Desk) -> None:
    assert desk.client.get("/v1/track/abc").json()["rule"] == "tracking_code"


def test_the_page_escapes_hostile_text_and_runs_no_script(desk: Desk) -> None:
    contact = desk.send(id="a1", text="<script>alert(1)</script>")
    page = desk.client.get(f"/track/{contact.json()['tracking']}")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_the_policy_names_the_style_that_is_on_the_page(desk: Desk) -> None:
    page = desk.client.get("/track")
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["content-security-policy"]


def test_the_form_leads_to_the_page_and_explains_a_wrong_code(desk: Desk) -> None:
    code = desk.send(id="a1").json()["tracking"]
    led = desk.client.get("/track", params={"code": code.lower()})
    assert (led.status_code, led.headers["location"]) == (303, f"/track/{code}")
    wrong = desk.client.get("/track", params={"code": "abc"}, headers={"Accept-Language": "en"})
    assert wrong.status_code == 404
    assert "20 letters and digits" in wrong.text


def test_what_was_typed_stays_in_the_form_and_stays_text(desk: Desk) -> None:
    wrong = desk.client.get("/track", params={"code": '"><img src=x>'})
    assert "&#34;&gt;&lt;img src=x&gt;" in wrong.text
    assert "<img" not in wrong.text


def test_the_address_says_the_language_where_somebody_chose_one(desk: Desk) -> None:
    code = desk.send(id="a1").json()["tracking"]
    page = desk.client.get(f"/track/{code}?lang=en", headers={"Accept-Language": "zh-CN"})
    assert page.headers["content-language"] == "en"
    assert "All times are China time" in page.text
    assert f'href="/track/{code}?lang=zh"' in page.text
    assert f'action="/track/{code}/preferences?lang=en"' in page.text
    unknown = desk.client.get(f"/track/{code}?lang=tlh", headers={"Accept-Language": "en"})
    assert unknown.headers["content-language"] == "en"
    kept = desk.client.post(f"/track/{code}/preferences?lang=en", data={"language": "en"})
    assert kept.headers["location"] == f"/track/{code}?done=preferences&lang=en"
    assert "Your choice is saved." in desk.client.get(kept.headers["location"]).text


def test_the_bare_address_leads_to_the_form(desk: Desk) -> None:
    led = desk.client.get("/")
    assert (led.status_code, led.headers["location"]) == (303, "/track")


def test_answers_are_not_stored_framed_or_referred_to(desk: Desk) -> None:
    headers = desk.client.get("/track").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


def test_who_only_knows_the_waybill_is_not_told_what_another_is(desk: Desk) -> None:
    """It stands on the parcel, and on those beside it the next ones."""
    own = desk.send(id="a1", waybill=WAYBILL, customer="c")
    desk.clock.advance(60)
    stranger = desk.send(id="a2", waybill=WAYBILL, text="到哪里了")
    case_id = desk.case_of(own)
    assert desk.case_of(stranger) == case_id
    assert desk.track(stranger)["answer_by"] is None
    desk.act(case_id, "update", note="It is with Li Hua of Main Street 5.")
    entry = {"measure": {"text": "Courier Wang was warned."}}
    desk.act(case_id, "record", entry=entry)
    desk.act(case_id, "resolve", note="Li Hua gets 500 CNY.")
    seen = desk.track(stranger)
    assert (seen["state"], words(seen)[-1]) == ("resolved", "We answered")
    assert "Li Hua" not in str(seen)
    assert "Wang" not in str(seen)
    assert "Li Hua gets 500 CNY" in str(desk.track(own))
    assert "Wang" in str(desk.track(own))


def test_who_told_first_and_no_name_is_told_the_answer_however_often_he_pressed(
    desk: Desk,
) -> None:
    first, again = (desk.send(waybill=WAYBILL) for _ in range(2))
    desk.act(desk.case_of(first), "resolve", note="It arrived on Monday.")
    for contact in (first, again):
        assert words(desk.track(contact))[-1] == "We answered: It arrived on Monday."


def test_a_second_complainant_is_one_before_the_case_has_counted_him(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.send(id="a1", waybill=WAYBILL, customer="sender")
    desk.act(desk.case_of(first), "resolve", note="Sender Li gets 500 CNY.")
    monkeypatch.delitem(desk.pipeline._handlers, SCORED.name)  # far behind
    second = desk.send(id="a2", waybill=WAYBILL, customer="neighbour", text="也没收到")
    assert desk.case_of(second) == desk.case_of(first)
    assert "Sender Li" not in str(desk.track(second))
