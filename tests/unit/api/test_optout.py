"""The way out of messages that nobody has to get: by link, by one click, by a word sent back."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from schemas.notice_words import NoticeKind
from schemas.personal import KeyRing
from services.api.quotas import QuotaPolicy, Quotas, Rule
from services.domain.optout import notice_of_token, optout_token
from tests.support.api_desk import a_desk
from tests.support.builders import KEYS
from tests.unit.api.matter import OTHER, PHONE, PROGRESS, SECRET, SURVEY, Matter


@pytest.fixture
def matter() -> Iterator[Matter]:
    with a_desk(receipt_secrets=f"sms={SECRET}") as desk:
        yield Matter(desk)


TOKEN = optout_token(KEYS, PROGRESS)


def test_a_token_names_its_notice_and_cannot_be_made_up() -> None:
    assert notice_of_token(KEYS, TOKEN) == PROGRESS
    mac = TOKEN.partition("-")[2]
    assert notice_of_token(KEYS, f"{SURVEY}-{mac}") is None
    assert notice_of_token(KEYS, f"{PROGRESS}-{'A' * 16}") is None
    assert notice_of_token(KEYS, "") is None


@pytest.mark.parametrize(("language", "words"), [("en", "Yes, stop them"), ("zh", "确认退订")])
def test_looking_at_the_link_asks_and_changes_nothing(
    matter: Matter, language: str, words: str
) -> None:
    page = matter.look(TOKEN, language)
    assert page.status_code == 200
    assert words in page.text
    assert "<script" not in page.text
    assert not matter.is_out
    assert matter.events == []


def test_a_person_presses_the_button_and_can_take_it_back(matter: Matter) -> None:
    assert "Done" in matter.press(TOKEN, messages="off").text
    assert matter.is_out
    assert "I want them again" in matter.look(TOKEN).text
    assert "progress updates again" in matter.press(TOKEN, messages="on").text
    assert not matter.is_out
    assert matter.events == [("opted_out", "link"), ("opted_in", "link")]


def test_a_mail_program_needs_one_click_and_no_page(matter: Matter) -> None:
    answer = matter.press(TOKEN, **{"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, matter.is_out) == (200, True)
    assert matter.events == [("opted_out", "one_click")]


def test_one_click_may_come_as_multipart_too(matter: Matter) -> None:
    files = {"List-Unsubscribe": (None, "One-Click")}
    answer = matter.desk.client.post(f"/o/{TOKEN}", files=files)
    assert (answer.status_code, matter.is_out) == (200, True)


def test_any_other_post_is_asked_about(matter: Matter) -> None:
    answer = matter.press(TOKEN, hello="there")
    assert (answer.status_code, matter.is_out) == (400, False)


def test_a_link_that_is_not_ours_opens_nothing(matter: Matter) -> None:
    forged = f"{PROGRESS}-{'A' * 16}"
    assert matter.look(forged).status_code == 404
    assert matter.press(forged, messages="off").status_code == 404
    assert not matter.is_out


@pytest.mark.parametrize(("language", "words"), [("en", "asked too often"), ("zh", "过于频繁")])
def test_the_link_is_no_door_past_the_quotas(matter: Matter, language: str, words: str) -> None:
    desk = matter.desk
    slow = Rule(rule="person", per="customer", per_minute=0.001, burst=2)
    quotas = Quotas(QuotaPolicy(version="t", rules=(slow,)))
    desk.app.state.context = replace(desk.app.state.context, quotas=quotas)
    assert [matter.press(TOKEN, messages=said).status_code for said in ("off", "on")] == [200, 200]
    late = matter.press(TOKEN, language, messages="off")
    assert (late.status_code, words in late.text, "<script" in late.text) == (429, True, False)
    assert int(late.headers["retry-after"]) >= 1
    assert matter.events == [("opted_out", "link"), ("opted_in", "link")]
    code = matter.contact.json()["tracking"]
    same = desk.client.put(f"/v1/track/{code}/preferences", json={"opt_out": True})
    assert same.status_code == 429
    assert matter.look(TOKEN).status_code == 200


def test_when_and_how_it_was_chosen_is_kept(matter: Matter) -> None:
    matter.press(TOKEN, **{"List-Unsubscribe": "One-Click"})
    matter.press(TOKEN, **{"List-Unsubscribe": "One-Click"})
    assert matter.events == [("opted_out", "one_click")]
    code = matter.contact.json()["tracking"]
    found = matter.desk.client.get(f"/v1/track/{code}/preferences/history").json()["choices"]
    assert [(one["by"], one["opt_out"], one["notice_id"]) for one in found] == [
        ("one_click", True, PROGRESS)
    ]


def test_an_opt_out_outlives_a_rotation_of_keys(matter: Matter) -> None:
    matter.press(TOKEN, messages="off")
    desk, later = matter.desk, KeyRing({"k2": bytes(32), "k1": bytes(range(32))}, "k2")
    desk.app.state.context = replace(desk.app.state.context, keys=later)
    path = f"/v1/track/{desk.send(id='a2', customer='c').json()['tracking']}/preferences"
    assert desk.client.get(path).json()["opt_out"]
    assert matter.press(optout_token(later, PROGRESS), messages="off").status_code == 200
    assert len(matter.events) == 1
    desk.client.put(path, json={"opt_out": False})
    assert not matter.is_out


# ------------------------------------------------------------------ by short message


@pytest.mark.parametrize("word", ["TD", "回T退订", "Stop.", "ＳＴＯＰ"])
def test_a_word_sent_back_stops_what_is_not_mandatory(matter: Matter, word: str) -> None:
    assert matter.sms(word) == "opt_out"
    assert matter.is_out
    assert matter.events == [("opted_out", "sms")]


def test_the_word_after_the_result_stops_the_news_before_it_and_not_the_number(
    matter: Matter,
) -> None:
    matter.sent("N6", NoticeKind.RESULT, mandatory=True)
    assert matter.sms("T") == "opt_out"
    assert matter.is_out
    assert matter.events == [("opted_out", "sms")]


def test_the_same_word_again_to_what_still_comes_marks_the_number(matter: Matter) -> None:
    matter.sent("N6", NoticeKind.RESULT, mandatory=True)
    assert (matter.sms("TD"), matter.sms("TD")) == ("opt_out", "opt_out")  # it may be the same one
    matter.sent("N7", NoticeKind.RESULT, mandatory=True)
    assert matter.sms("stop") == "complaint"
    assert matter.events == [("opted_out", "sms"), ("complained", "stop")]


def test_the_word_of_who_opted_out_by_the_link_before_marks_the_number(matter: Matter) -> None:
    matter.press(TOKEN, messages="off")
    matter.sent("N6", NoticeKind.RESULT, mandatory=True)
    assert matter.sms("stop") == "complaint"


def test_the_word_to_nothing_that_can_be_refused_opts_out_and_marks_the_number(
    matter: Matter,
) -> None:
    for number in range(10):
        for _ in range(2):  # each was tried twice
            matter.sent(f"R{number}", NoticeKind.RESULT, mandatory=True)
    assert matter.sms("stop") == "complaint"
    assert matter.is_out
    assert matter.events == [("complained", "stop"), ("opted_out", "sms")]


def test_news_among_the_newest_ten_is_what_the_word_refuses(matter: Matter) -> None:
    for number in range(9):
        for _ in range(2):
            matter.sent(f"R{number}", NoticeKind.RESULT, mandatory=True)
    assert matter.sms("stop") == "opt_out"


@pytest.mark.parametrize("text", ["N", "n", "R", "取消", "拒收"])
def test_what_may_answer_a_proposal_is_no_word_to_stop(matter: Matter, text: str) -> None:
    matter.sent("N6", NoticeKind.PROGRESS, mandatory=True, reason="proposed")
    assert matter.sms(text) == "reply"
    assert not matter.is_out
    assert matter.replies == [text]


def test_a_word_to_stop_after_a_proposal_is_read_by_a_person_too(matter: Matter) -> None:
    matter.sent("N6", NoticeKind.PROGRESS, mandatory=True, reason="proposed")
    assert matter.sms("T") == "opt_out"
    assert matter.is_out
    assert matter.replies == ["T"]


def test_a_rating_whose_end_is_not_known_is_to_come_again(matter: Matter) -> None:
    matter.sent(SURVEY, NoticeKind.SURVEY)
    matter.desk.pipeline.workers_are_away = True
    assert matter.post_sms("5", "in-5").status_code == 503
    matter.desk.pipeline.workers_are_away = False
    assert matter.post_sms("5", "in-5").json() == {"taken_as": "rating"}
    assert matter.rating == 5


@pytest.mark.parametrize(("text", "stars"), [("5", 5), ("４分", 4), ("给三星", 3), ("2 stars!", 2)])
def test_a_digit_that_answers_a_survey_rates_its_case(
    matter: Matter, text: str, stars: int
) -> None:
    matter.sent(SURVEY, NoticeKind.SURVEY)
    assert matter.sms(text) == "rating"
    assert matter.rating == stars


@pytest.mark.parametrize("text", ["6", "0", "1-5", "5分钟后再打给我", "4，但是还没赔钱", "12"])
def test_what_is_no_clear_rating_is_read_by_a_person(matter: Matter, text: str) -> None:
    matter.sent(SURVEY, NoticeKind.SURVEY)
    assert matter.sms(text) == "reply"
    assert matter.rating is None


def test_a_digit_that_answers_something_else_is_read_by_a_person(matter: Matter) -> None:
    matter.sent(SURVEY, NoticeKind.SURVEY)
    matter.sent("N6", NoticeKind.PROGRESS)
    assert matter.sms("5") == "reply"
    assert matter.rating is None


def test_a_digit_that_may_mean_one_of_two_cases_is_read_by_a_person(matter: Matter) -> None:
    other = matter.desk.send(id="a2", customer="d", phone=PHONE, waybill="SF1300000000009")
    matter.sent(OTHER, NoticeKind.SURVEY, case_id=matter.desk.case_of(other))
    matter.sent(SURVEY, NoticeKind.SURVEY)
    assert matter.sms("5") == "reply"
    assert matter.rating is None


def test_a_digit_that_comes_after_the_rating_is_read_by_a_person(matter: Matter) -> None:
    matter.sent(SURVEY, NoticeKind.SURVEY)
    assert (matter.sms("5"), matter.sms("1")) == ("rating", "reply")
    assert matter.rating == 5


def test_a_link_in_a_strangers_mailbox_refuses_nothing_for_who_owns_the_phone_beside_it(
    matter: Matter,
) -> None:
    """Somebody gave the phone of a label and a mailbox of his own, and got a letter there."""
    desk, mail = matter.desk, "stranger@example.com"
    own = desk.send(channel="web", phone="13900139000", text="里面是我的药").json()["tracking"]
    desk.clock.advance(60)
    form: dict[str, Any] = {
        "channel": "web",
        "phone": "13900139000",
        "email": mail,
        "text": "杯子碎了",
    }
    other = desk.send(**form, waybill="SF1300000000009")
    matter.contact_id, matter.case_id = other.json()["contact_id"], desk.case_of(other)
    matter.sent(OTHER, NoticeKind.PROGRESS)
    assert matter.press(optout_token(KEYS, OTHER), messages="off").status_code == 200
    assert "No more" not in matter.look(optout_token(KEYS, OTHER)).text  # done, as he sees it
    assert not desk.client.get(f"/v1/track/{own}/preferences").json()["opt_out"]
    again = desk.send(channel="web", email=mail, text="还有一件没有到").json()["tracking"]
    assert desk.client.get(f"/v1/track/{again}/preferences").json()["opt_out"]


def test_the_word_from_the_own_number_refuses_for_all_that_is_known_by_it(matter: Matter) -> None:
    desk = matter.desk
    desk.clock.advance(60)
    parcel = "SF1300000000009"
    later = desk.send(channel="web", phone=PHONE, text="杯子碎了", waybill=parcel)
    matter.contact_id, matter.case_id = later.json()["contact_id"], desk.case_of(later)
    matter.sent(OTHER, NoticeKind.PROGRESS)
    assert matter.sms("TD") == "opt_out"
    code = matter.contact.json()["tracking"]
    assert desk.client.get(f"/v1/track/{code}/preferences").json()["opt_out"]
