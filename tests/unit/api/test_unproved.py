"""What a code opens that somebody got who only said that he is the person who complained: on the
label of a parcel stand the waybill and the phone for all to read."""

from typing import Any

import httpx
import pytest

from tests.support.api_desk import Desk

WAYBILL = "SF1300000000001"
PHONE = "13800138000"
ENGLISH = {"Accept-Language": "en"}
ORDER = {"amount": {"minor": 12_300, "currency": "CNY"}, "branch": "uninsured", "guidance": "g"}


class Label:
    """A matter of somebody who gave his phone, and a stranger who read it on the parcel."""

    def __init__(self, desk: Desk, **stranger: Any) -> None:
        self.desk = desk
        self.own = desk.send(channel="web", waybill=WAYBILL, phone=PHONE, text="里面是我的药。")
        self.case_id = desk.case_of(self.own)
        desk.act(self.case_id, "acknowledge")
        desk.act(self.case_id, "update", note="It lies at Main Street 5.")
        desk.clock.advance(60)
        said = {"channel": "web", "waybill": WAYBILL, "phone": PHONE, "text": "到哪里了"}
        self.other = desk.send(**(said | stranger))
        assert desk.case_of(self.other) == self.case_id
        self.code = self.other.json()["tracking"]

    def answered(self) -> "Label":
        self.desk.act(self.case_id, "record", entry={"measure": {"text": "Wang was warned."}})
        self.desk.act(self.case_id, "record", entry={"apology": {"channel": "sms", "text": "Oh."}})
        self.desk.act(self.case_id, "compensate", compensation=ORDER)
        self.desk.act(self.case_id, "resolve", note="Li Hua gets it back.")
        return self

    def seen(self) -> dict[str, Any]:
        return self.desk.track(self.other)

    def page(self) -> str:
        return self.desk.client.get(f"/track/{self.code}", headers=ENGLISH).text

    def press(self, **form: str) -> httpx.Response:
        return self.desk.client.post(f"/track/{self.code}", data=form, headers=ENGLISH)

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.desk.client.get(f"/v1/cases/{self.case_id}").json()["state"]
        return state


@pytest.fixture
def label(desk: Desk) -> Label:
    return Label(desk)


SECRETS = ("药", "Main Street", "Wang", "Oh.", "123.00", "Li Hua")


def test_he_sees_where_the_matter_stands_and_what_he_said_himself(label: Label) -> None:
    seen = label.answered().seen()
    assert (seen["state"], seen["in_part"]) == ("resolved", True)
    assert [one["text"] for one in seen["contacts"]] == ["到哪里了"]
    assert [step["what"] for step in seen["steps"]] == ["Your complaint reached us", "We answered"]


def test_he_sees_no_earlier_words_no_answer_and_no_money(label: Label) -> None:
    label.answered()
    seen, page = str(label.seen()), label.page()
    assert not [one for one in SECRETS if one in seen or one in page]
    assert label.seen()["answer_by"] is None


def test_the_first_code_goes_on_opening_all(label: Label) -> None:
    seen = str(label.answered().desk.track(label.own))
    assert not [one for one in SECRETS if one not in seen]
    assert "到哪里了" in seen
    assert not label.desk.track(label.own)["in_part"]


@pytest.mark.parametrize("kind", ["rate", "reopen", "appeal"])
def test_he_does_nothing_about_the_answer(label: Label, kind: str) -> None:
    label.answered()
    form: dict[str, Any] = {"kind": kind, "note": "x", "rating": 1}
    by_program = label.desk.client.post(f"/v1/track/{label.code}", json=form, headers=ENGLISH)
    assert (by_program.status_code, by_program.json()["rule"]) == (403, "unproved_code")
    on_page = label.press(kind=kind, note="x", rating="1", seq="9")
    assert on_page.status_code == 403
    assert "The code in our message to you opens" in on_page.text
    state = label.state()
    assert (state["status"], state.get("rating"), state.get("appealed_by")) == (
        "resolved", None, None
    )  # fmt: skip


def test_his_page_has_no_form(label: Label) -> None:
    assert "<form" not in label.answered().page()
    assert label.seen()["result"]["may"] == []
    rate = label.desk.client.get(f"/rate/{label.code}", headers=ENGLISH).text
    assert 'name="rating"' not in rate


def test_he_adds_nothing_in_the_name_of_the_person(label: Label) -> None:
    assert label.press(kind="add", note="Send it to Back Street 6.", seq="3").status_code == 403
    assert "Back Street" not in str(label.desk.track(label.own))


def test_he_neither_sees_nor_changes_how_the_person_is_told(label: Label) -> None:
    desk, own = label.desk, label.own.json()["tracking"]
    desk.client.put(f"/v1/track/{own}/preferences", json={"language": "en"})
    paths = [f"/v1/track/{label.code}/preferences{more}" for more in ("", "/history")]
    assert [desk.client.get(path).status_code for path in paths] == [403, 403]
    assert desk.client.put(paths[0], json={"opt_out": True}).status_code == 403
    form = {"language": "zh", "channel": "letter"}
    kept = desk.client.post(f"/track/{label.code}/preferences", data=form, headers=ENGLISH)
    assert kept.status_code == 403
    assert label.seen()["preferences"]["language"] is None
    seen = desk.client.get(f"/v1/track/{own}/preferences").json()
    assert (seen["language"], seen["opt_out"], seen["channels"]) == ("en", False, [])


def test_his_page_says_what_opens_the_rest_in_both_languages(label: Label) -> None:
    assert "The code in our message to you opens" in label.page()
    page = label.desk.client.get(f"/track/{label.code}?lang=zh").text
    assert "我们发给您的消息里的查询码" in page


def test_an_account_of_his_own_beside_the_phone_proves_nothing(desk: Desk) -> None:
    label = Label(desk, channel="app", customer="somebody").answered()
    assert not [one for one in SECRETS if one in str(label.seen())]


def test_only_the_waybill_opens_no_more(desk: Desk) -> None:
    label = Label(desk, phone=None).answered()
    assert label.seen()["result"]["may"] == []
    form = {"kind": "rate", "rating": 1}
    assert desk.client.post(f"/v1/track/{label.code}", json=form).status_code == 403


# ------------------------------------------------------------------ who proves it


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ({"phone": PHONE}, {"channel": "sms", "phone": f"+86{PHONE}"}),
        ({"phone": PHONE, "email": "li@example.com"},
         {"channel": "email", "email": "li@example.com"}),
        ({"customer": "c", "phone": PHONE}, {"channel": "app", "customer": "c"}),
    ],
)  # fmt: skip
def test_who_comes_by_the_own_number_mailbox_or_account_is_the_person(
    desk: Desk, first: dict[str, Any], later: dict[str, Any]
) -> None:
    own = desk.send(channel="web", waybill=WAYBILL, **first)
    desk.clock.advance(60)
    again = desk.send(waybill=WAYBILL, text="还是没有到", **later)
    case_id = desk.case_of(own)
    assert desk.case_of(again) == case_id
    desk.act(case_id, "resolve", note="Li Hua gets it back.")
    seen = desk.track(again)
    assert "Li Hua" in str(seen)
    assert seen["result"]["may"] == ["rate", "reopen", "appeal"]
    rated = desk.client.post(
        f"/v1/track/{again.json()['tracking']}", json={"kind": "rate", "rating": 5}
    )
    assert rated.status_code == 200


def test_an_address_that_he_gave_beside_the_phone_makes_him_somebody_else(
    desk: Desk,
) -> None:
    Label(desk, email="stranger@example.com").answered()
    mail: dict[str, Any] = {"channel": "email", "email": "stranger@example.com", "waybill": WAYBILL}
    again = desk.send(text="到哪里了啊", **mail)
    assert not [one for one in SECRETS if one in str(desk.track(again))]


def test_a_second_complainant_keeps_his_own_part(desk: Desk) -> None:
    label = Label(desk, phone="13900139000")
    assert not label.seen()["in_part"]
    assert "<form" in label.page()
