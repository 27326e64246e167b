"""After the answer: what a customer sees of it, and what he can say about it."""

import re
from datetime import timedelta
from typing import Any

import pytest

from services.cases.payer import payment_id_of
from services.domain.errors import OutageError
from tests.support.api_desk import Desk

WAYBILL = "SF1300000000001"


class Matter:
    """One contact whose case was answered."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.contact = desk.send(id="a1", waybill=WAYBILL, customer="c")
        self.case_id = desk.case_of(self.contact)
        self.code = self.contact.json()["tracking"]

    def answered(self) -> "Matter":
        self.desk.act(self.case_id, "resolve", note="It was found.")
        return self

    def seen(self) -> dict:  # type: ignore[type-arg]
        return self.desk.track(self.contact)

    def say(self, **form: object):  # type: ignore[no-untyped-def]
        return self.desk.client.post(f"/v1/track/{self.code}", json=form)

    def press(self, **form: object):  # type: ignore[no-untyped-def]
        headers = {"Accept-Language": "en"}
        return self.desk.client.post(f"/track/{self.code}", data=form, headers=headers)

    def page(self) -> str:
        headers = {"Accept-Language": "en"}
        return self.desk.client.get(f"/track/{self.code}", headers=headers).text


@pytest.fixture
def matter(desk: Desk) -> Matter:
    return Matter(desk)


def test_before_the_answer_there_is_nothing_to_rate(matter: Matter) -> None:
    assert matter.seen()["result"]["may"] == []
    assert matter.say(kind="rate", rating=5).json()["refusal"] == "not_allowed_now"


def test_a_final_answer_states_the_way_to_the_regulator(matter: Matter) -> None:
    assert matter.seen()["result"]["redress"] == []
    redress = matter.answered().seen()["result"]["redress"]
    assert "12305" in redress[0]
    assert "12305" in matter.page()


def test_measures_apology_and_compensation_are_shown_and_findings_are_not(matter: Matter) -> None:
    act, case_id = matter.desk.act, matter.case_id
    act(case_id, "acknowledge")
    act(case_id, "record", entry={"measure": {"text": "We searched the depot."}})
    act(case_id, "record", entry={"apology": {"channel": "phone", "text": "We are sorry."}})
    found = {"outcome": "valid", "party": "contractor", "text": "SECRET cause"}
    act(case_id, "record", entry={"finding": found})
    order = {"amount": {"minor": 12_350, "currency": "CNY"}, "branch": "uninsured", "guidance": "g"}
    act(case_id, "compensate", compensation=order)
    seen = matter.answered().seen()
    result = seen["result"]
    assert "Compensation was approved" in [step["what"] for step in seen["steps"]]
    assert result["measures"] == ["We searched the depot."]
    assert result["apologies"] == ["We are sorry."]
    assert result["compensation"] == {"amount": "123.50", "currency": "CNY", "state": "approved"}
    assert "SECRET" not in matter.page()
    assert "123.50 CNY" in matter.page()


def test_a_compensation_that_waits_for_approval_is_no_promise(matter: Matter) -> None:
    matter.desk.act(matter.case_id, "acknowledge")
    order = {"amount": {"minor": 50_000, "currency": "CNY"}, "branch": "uninsured", "guidance": "g"}
    assert matter.desk.act(matter.case_id, "compensate", compensation=order).status_code == 200
    assert matter.seen()["result"]["compensation"] is None


def test_a_supplement_is_told_with_what_was_paid_and_one_taken_back_hides_nothing(
    matter: Matter,
) -> None:
    act, case_id = matter.desk.act, matter.case_id
    act(case_id, "acknowledge")
    order = {"amount": {"minor": 10_000, "currency": "CNY"}, "branch": "uninsured", "guidance": "g"}
    act(case_id, "compensate", compensation=order)
    more = order | {"supplements": payment_id_of("default", case_id, 1)}
    act(case_id, "compensate", compensation=more)
    told = matter.seen()["result"]["compensation"]
    assert told == {"amount": "200.00", "currency": "CNY", "state": "approved"}
    act(case_id, "compensate", compensation=more)
    assert matter.seen()["result"]["compensation"] == told
    act(case_id, "refuse_compensation", decision=3, note="a slip")
    assert matter.seen()["result"]["compensation"] == told


def test_a_second_complainant_sees_nothing_of_the_others_money(matter: Matter) -> None:
    desk = matter.desk
    desk.act(matter.case_id, "acknowledge")
    second = desk.send(id="a2", waybill=WAYBILL, customer="neighbour", text="也没收到")
    order = {"amount": {"minor": 900, "currency": "CNY"}, "branch": "goodwill", "guidance": "g"}
    desk.act(matter.case_id, "compensate", compensation=order)
    matter.answered()
    for contact in (second, matter.contact):
        seen = desk.track(contact)
        assert seen["result"]["compensation"] is None
        assert "Compensation was approved" not in str(seen)


def test_a_rating_of_the_page_needs_no_script_and_counts_once(matter: Matter) -> None:
    seq = matter.answered().seen()["result"]["seq"]
    assert '<input type="radio" name="rating" value="5" required>' in matter.page()
    assert "<script" not in matter.page()
    first = matter.press(kind="rate", rating="5", seq=seq)
    again = matter.press(kind="rate", rating="5", seq=seq)
    assert (first.status_code, again.status_code) == (303, 303)
    seen = matter.seen()
    assert (seen["result"]["rating"], seen["state"]) == (5, "closed")
    assert 'name="rating"' not in matter.page()


def test_a_second_rating_is_refused_in_words(matter: Matter) -> None:
    matter.answered().say(kind="rate", rating=3)
    answer = matter.press(kind="rate", rating="1", seq="99")
    assert answer.status_code == 409
    assert "This answer was rated before." in answer.text


def test_a_form_without_what_it_needs_is_told_so_on_the_page(matter: Matter) -> None:
    answer = matter.answered().press(kind="appeal", note="   ", seq="1")
    assert answer.status_code == 422
    assert "or write why" in answer.text
    assert matter.press(kind="dance").status_code == 422


def test_what_was_typed_is_still_there_when_it_was_not_taken(matter: Matter) -> None:
    page = matter.answered().press(kind="appeal", note="长" * 4001, seq="2").text
    assert "At most 4,000 characters" in page
    form = page.partition('id="appeal"')[2].partition("</form>")[0]
    assert "长长</textarea>" in form
    assert "<details open><summary>You disagree" in page
    assert page.count("长长<") == 1  # in no other form
    matter.desk.clock.advance(timedelta(days=31).total_seconds())
    late = matter.press(kind="reopen", note="<b>Not</b> solved", seq="2").text
    assert "What you wrote was not sent" in late
    assert "<blockquote>&lt;b&gt;Not&lt;/b&gt; solved</blockquote>" in late


def test_what_was_typed_while_the_system_was_away_is_sent_again_by_a_button(
    matter: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    seq = str(matter.answered().seen()["result"]["seq"])

    def away(*_: object) -> None:
        raise OutageError("mongodb", "gone")

    with monkeypatch.context() as gone:
        gone.setattr(matter.desk.pipeline.queries, "by_tracking", away)
        page = matter.press(kind="appeal", note="A long appeal.", seq=seq)
    assert page.status_code == 503
    form = page.text.partition('id="again"')[2].partition("</form>")[0]
    again = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    words = re.search(r"<textarea[^>]*>([^<]*)", form)
    assert words is not None
    assert matter.press(**again, note=words[1]).status_code == 303
    assert "Your appeal reached us" in [step["what"] for step in matter.seen()["steps"]]


def test_a_poor_rating_has_the_case_looked_into_again(matter: Matter) -> None:
    assert matter.answered().say(kind="rate", rating=1, note="Not solved.").status_code == 200
    assert matter.seen()["state"] == "reopened"


def test_within_the_window_the_customer_has_it_reopened_and_after_it_not(matter: Matter) -> None:
    matter.answered()
    matter.desk.clock.advance(timedelta(days=31).total_seconds())
    assert matter.seen()["result"]["may"] == ["rate", "appeal"]
    late = matter.say(kind="reopen", note="Again.")
    assert (late.status_code, late.json()["refusal"]) == (409, "window_over")
    assert "You may still turn to" in matter.press(kind="reopen", note="x", seq="2").text


def test_an_appeal_goes_on_under_the_same_code(matter: Matter) -> None:
    assert matter.answered().say(kind="appeal", note="The sum is too small.").status_code == 200
    seen = matter.seen()
    assert seen["state"] == "received"
    assert "Your appeal reached us" in [step["what"] for step in seen["steps"]]
    state = matter.desk.client.get(f"/v1/cases/{matter.case_id}").json()["state"]
    appeal = matter.desk.client.get(f"/v1/cases/{state['appealed_by']}").json()
    assert (appeal["state"]["appeal_of"], appeal["state"]["level"]) == (matter.case_id, 3)
    assert [one["text"] for one in appeal["contacts"]] == ["快件还没有到"]
    matter.desk.act(state["appealed_by"], "resolve", note="We pay the rest.")
    assert matter.seen()["steps"][-1]["what"] == "We answered: We pay the rest."


def test_only_an_appeal_may_say_when_it_was_lodged(matter: Matter) -> None:
    matter.answered()
    lodged = {"note": "again", "lodged_at": "2026-01-01T00:00:00Z"}
    for kind in ("reopen", "note"):
        answer = matter.desk.act(matter.case_id, kind, **lodged)
        assert (answer.status_code, answer.json()["field"]) == (422, "lodged_at")
    early = matter.desk.act(matter.case_id, "appeal", **lodged)
    assert (early.status_code, early.json()["refusal"]) == (409, "invalid_field")


def test_an_appeal_of_one_complainant_is_not_the_others(matter: Matter) -> None:
    desk = matter.desk
    second = desk.send(id="a2", waybill=WAYBILL, customer="neighbour", text="也没收到")
    matter.answered()
    code = second.json()["tracking"]
    desk.client.post(f"/v1/track/{code}", json={"kind": "appeal", "note": "PRIVATE"})
    assert desk.track(second)["state"] == "received"
    seen = desk.track(matter.contact)
    assert seen["state"] == "appealed"
    assert "PRIVATE" not in str(seen)


def test_a_clerk_says_whose_appeal_it_is_where_there_are_several(matter: Matter) -> None:
    desk = matter.desk
    second = desk.send(id="a2", waybill=WAYBILL, customer="neighbour", text="也没收到")
    matter.answered()
    answer = desk.act(matter.case_id, "appeal", note="by phone")
    assert (answer.status_code, answer.json()["field"]) == (422, "contact_id")
    wrong = desk.act(matter.case_id, "appeal", note="by phone", contact_id="nobody")
    assert wrong.json()["rule"] == "unknown"
    contact_id = second.json()["contact_id"]
    taken = desk.act(matter.case_id, "appeal", note="by phone", contact_id=contact_id)
    assert taken.json()["status"] == "appealed"


def test_nobody_opens_an_appeal_from_outside(matter: Matter) -> None:
    answer = matter.desk.act(matter.case_id, "open_appeal", actor="system", note="x")
    assert (answer.status_code, answer.json()["rule"]) == (422, "not_for_clients")


def test_fault_is_a_finding_and_no_field_of_the_intake(desk: Desk) -> None:
    for field in ("finding", "valid", "liable", "party", "outcome"):
        form: dict[str, Any] = {field: "contractor"}
        assert desk.send(**form).json()["rule"] == "unknown_field"
    taken = desk.send(earlier_result="50 CNY offered", remedy_sought="full value", postage_cny=12)
    assert taken.status_code == 202


def test_a_stale_command_is_refused_with_what_changed_since(matter: Matter) -> None:
    matter.desk.act(matter.case_id, "acknowledge", actor="clerk:clerk-101")
    answer = matter.desk.act(matter.case_id, "resolve", note="done", expected_seq=1)
    assert answer.status_code == 409
    assert [(one["seq"], one["kind"], one["actor"]) for one in answer.json()["since"]] == [
        (2, "acknowledged", "clerk:clerk-101")
    ]


def test_openapi_names_what_a_customer_may_say(desk: Desk) -> None:
    paths = desk.client.get("/openapi.json").json()["paths"]
    body = paths["/v1/track/{code}"]["post"]["requestBody"]["content"]["application/json"]
    assert set(body["schema"]["properties"]) == {"kind", "id", "rating", "note"}
    command = paths["/v1/cases/{case_id}/commands"]["post"]["requestBody"]["content"]
    assert "compensation" in command["application/json"]["schema"]["properties"]


def rating_page(matter: Matter, stars: str = "") -> str:
    headers = {"Accept-Language": "en"}
    answer = matter.desk.client.get(
        f"/rate/{matter.code}", params={"stars": stars}, headers=headers
    )
    return answer.text


def test_the_surveys_link_asks_with_a_button_for_each_answer(matter: Matter) -> None:
    page = rating_page(matter.answered(), "4")
    assert [f'value="{n}"' in page for n in range(1, 6)] == [True] * 5
    assert 'value="4" class="chosen"' in page
    assert page.index("Choosing one sends it.") < page.index('value="5"')
    assert "<script" not in page
    assert matter.seen()["result"]["rating"] is None  # whoever follows a link has not rated


def test_one_click_there_rates_the_answer(matter: Matter) -> None:
    seq = matter.answered().seen()["result"]["seq"]
    assert matter.press(kind="rate", rating="4", seq=str(seq)).status_code == 303
    assert matter.seen()["result"]["rating"] == 4
    assert "You gave us 4/5" in rating_page(matter)


def test_what_cannot_be_rated_says_so(matter: Matter) -> None:
    assert "cannot be rated now" in rating_page(matter)
    matter.code = "ABCDEFGHJKMNPQRSTVWX"
    assert "nothing under this code" in rating_page(matter)
