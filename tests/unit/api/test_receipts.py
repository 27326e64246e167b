"""What providers may say, and what follows: signed, fresh, once; replies join their case."""

import json
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.domain.send_store import Claim, Outcome, Result
from services.domain.signing import signed_headers
from tests.support.api_desk import Desk
from tests.support.builders import NOON, TENANT
from tests.unit.api.provider_desk import (
    NEW,
    NOTICE,
    OLD,
    a_provider_desk,
    contacts,
    post,
    receipts,
    said,
)
from tests.unit.sender.desk import a_notice

MAILS = Path(__file__).with_name("mails")


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_provider_desk() as made:
        yield made


# ------------------------------------------------------------------ receipts


@pytest.mark.parametrize("name", [{"notice_id": NOTICE}, {"provider_id": "provider-77"}])
def test_a_receipt_is_handed_to_the_sender(desk: Desk, name: dict[str, str]) -> None:
    answer = receipts(desk, name | {"event": "delivered"})
    assert (answer.status_code, answer.json()) == (202, {"taken": 1})
    (one,) = said(desk)
    assert (one.notice_id, one.attempt, one.event) == (NOTICE, 1, "delivered")
    assert one.said_by == "provider:sms"


def test_both_secrets_are_live_while_one_is_changed(desk: Desk) -> None:
    event = {"notice_id": NOTICE, "event": "delivered"}
    assert receipts(desk, event, key=OLD, message="m1").status_code == 202
    assert receipts(desk, event, key=NEW, message="m2").status_code == 202


@pytest.mark.parametrize(
    "how",
    [
        {"key": "another-secret-of-24-characters"},
        {"late": 301.0},
        {"late": -301.0},
        {"webhook-signature": ""},
        {"webhook-timestamp": "soon"},
        {"webhook-id": "another"},
    ],
)
def test_what_is_not_signed_now_by_this_provider_is_refused(
    desk: Desk, how: dict[str, Any]
) -> None:
    answer = receipts(desk, {"notice_id": NOTICE, "event": "delivered"}, **how)
    assert answer.status_code == 401
    assert said(desk) == []


def test_signatures_are_dated_by_the_time_outside_also_where_a_demo_moved_ours(desk: Desk) -> None:
    desk.clock.advance(timedelta(days=3).total_seconds())
    answer = receipts(desk, {"notice_id": NOTICE, "event": "delivered"})
    assert answer.status_code == 202
    assert said(desk)[0].received_at >= NOON + timedelta(days=3)


def test_a_provider_nobody_agreed_with_is_refused(desk: Desk) -> None:
    body = json.dumps({"receipts": [{"notice_id": NOTICE, "event": "delivered"}]}).encode()
    assert post(desk, "/v1/receipts/pigeon", body).status_code == 401


def test_a_message_taken_before_is_absorbed(desk: Desk) -> None:
    event = {"notice_id": NOTICE, "event": "delivered"}
    receipts(desk, event)
    answer = receipts(desk, event)
    assert (answer.status_code, answer.json()["absorbed"]) == (200, True)
    assert len(said(desk)) == 1


def test_a_receipt_of_a_notice_not_known_yet_is_to_come_again(desk: Desk) -> None:
    event = {"provider_id": "provider-78", "event": "delivered"}
    assert receipts(desk, event).status_code == 404
    desk.pipeline.sends.claim([Claim(NOTICE, 2, "k", "sms", "p1", NOON)])
    desk.pipeline.sends.record([Result(NOTICE, 2, Outcome.SENT, "sent", NOON, "provider-78")])
    assert receipts(desk, event).status_code == 202
    assert [one.attempt for one in said(desk)] == [2]


def test_a_receipt_is_credited_to_what_its_own_provider_took(desk: Desk) -> None:
    sends = desk.pipeline.sends
    sends.decided["N2"] = a_notice("N2", recipient="contact:nobody")
    sends.claim([Claim("N2", 1, "k", "voice", "p1", NOON)])
    call = Result("N2", 1, Outcome.SENT, "sent", NOON + timedelta(hours=1), "79", "voice")
    sends.record([call])
    event = {"provider_id": "79", "event": "undelivered"}
    assert receipts(desk, event).status_code == 404  # the one over sms may be written in a moment
    sends.claim([Claim(NOTICE, 2, "k", "sms", "p1", NOON)])
    sends.record([Result(NOTICE, 2, Outcome.SENT, "sent", NOON, "79", "sms")])
    assert receipts(desk, event).status_code == 202
    assert [(one.notice_id, one.attempt) for one in said(desk)] == [(NOTICE, 2)]


def moved_on(desk: Desk) -> None:
    """The notice went over mail after the short message."""
    sends = desk.pipeline.sends
    sends.record([Result(NOTICE, -12, Outcome.UNDELIVERED, "undelivered", NOON)])
    sends.claim([Claim(NOTICE, 2, "k", "email", "p1", NOON)])
    sends.record([Result(NOTICE, 2, Outcome.SENT, "sent", NOON)])


def test_what_comes_again_is_not_held_against_the_channel_after_it(desk: Desk) -> None:
    moved_on(desk)
    receipts(desk, {"notice_id": NOTICE, "event": "undelivered"})
    sms(desk, "TD", message="m2")
    bounce = (MAILS / "bounce.eml").read_bytes().replace(b"NOTICE", NOTICE.encode())
    post(desk, "/v1/inbound/mail/mail", bounce, message="m3")
    assert [(one.event, one.attempt) for one in said(desk)] == [
        ("undelivered", 1),
        ("complained", 1),
        ("opted_out", 2),
        ("bounced", 2),
    ]


# ------------------------------------------------------------------ what people write


def a_mail(text: str = "还是没有收到。\n\n> 原信", **headers: str) -> bytes:
    mail = EmailMessage()
    known = {"From": "李华 <li.hua@example.com>", "To": "complaints@example.com"}
    for name, value in (known | headers).items():
        mail[name.replace("_", "-")] = value
    mail["Message-ID"] = "<abc@client.example>"
    mail.set_content(text)
    return mail.as_bytes()


@pytest.mark.parametrize(
    "headers",
    [
        {"In_Reply_To": f"<{NOTICE}@example.com>"},
        {"References": f"<x@y> <{NOTICE}@example.com>"},
        {"To": f"complaints+{NOTICE.lower()}@example.com"},
    ],
)
def test_a_reply_becomes_a_contact_of_the_case(desk: Desk, headers: dict[str, str]) -> None:
    answer = post(desk, "/v1/inbound/mail/mail", a_mail(**headers))
    assert answer.json() == {"taken_as": "reply"}
    (contact,) = contacts(desk)
    assert (contact.reply_to, contact.text) == ("case-1", "还是没有收到。")
    assert (contact.channel, contact.tenant) == ("email", TENANT)


def test_any_other_mail_becomes_a_contact_of_its_own(desk: Desk) -> None:
    answer = post(desk, "/v1/inbound/mail/mail", a_mail())
    assert answer.json() == {"taken_as": "contact"}
    assert contacts(desk)[0].reply_to is None


def test_a_mail_that_is_longer_than_a_contact_says_that_it_was_cut(desk: Desk) -> None:
    post(desk, "/v1/inbound/mail/mail", a_mail("长" * 20_001))
    assert len(contacts(desk)[0].text) == 20_000
    assert contacts(desk)[0].text.endswith("the rest of it was not kept.")


def a_mail_with_a_picture(size: int) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "li.hua@example.com", "complaints@example.com"
    mail["Subject"], mail["Message-ID"] = "破损", "<p1@example.com>"
    mail.set_content("杯子碎了一个，见照片。")
    mail.add_attachment(b"\x89PNG" * (size // 4), maintype="image", subtype="png")
    return mail.as_bytes()


def test_a_mail_with_pictures_is_taken_for_what_it_says(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = a_mail_with_a_picture(3_000_000)
    assert post(desk, "/v1/inbound/mail/mail", mail).json() == {"taken_as": "contact"}
    assert contacts(desk)[0].text == "破损\n杯子碎了一个，见照片。"
    forged = post(desk, "/v1/inbound/mail/mail", mail, message="m2", key="x" * 24)
    assert forged.status_code == 401
    monkeypatch.setattr("services.api.inbound.MOST_OF_A_MAIL", 1_000_000)
    assert post(desk, "/v1/inbound/mail/mail", mail, message="m3").status_code == 413


def test_the_end_of_a_long_mail_is_signed_too(desk: Desk) -> None:
    mail = a_mail_with_a_picture(600_000)
    seconds = desk.wall.now().timestamp()
    signed = signed_headers([NEW.encode()], "m1", seconds, mail)
    changed = mail[:-3] + b"XXX"
    for body, status in ((changed, 401), (mail, 202)):
        answer = desk.client.post("/v1/inbound/mail/mail", content=body, headers=signed)
        assert answer.status_code == status


def test_the_same_mail_handed_in_twice_is_the_same_contact(desk: Desk) -> None:
    for message in ("m1", "m2"):
        post(desk, "/v1/inbound/mail/mail", a_mail(), message=message)
    first, second = contacts(desk)
    assert first.contact_id == second.contact_id


@pytest.mark.parametrize(
    "header",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"Return_Path": "<>"},
        {"From": "PostMaster@qq.example"},
        {"From": "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>"},
    ],
)
def test_a_machines_answer_is_nobodys_word(desk: Desk, header: dict[str, str]) -> None:
    mail = a_mail(In_Reply_To=f"<{NOTICE}@example.com>", **header)
    assert post(desk, "/v1/inbound/mail/mail", mail).json() == {"taken_as": "automatic"}
    assert contacts(desk) == []


@pytest.mark.parametrize(
    ("name", "taken_as", "event"),
    [
        ("bounce.eml", "bounce", "bounced"),
        ("headers-only-bounce.eml", "bounce", "bounced"),
        ("delay.eml", "delay", None),
        ("complaint.eml", "complaint", "complained"),
    ],
)
def test_reports_of_mail_servers_are_understood(
    desk: Desk, name: str, taken_as: str, event: str | None
) -> None:
    raw = (MAILS / name).read_bytes().replace(b"NOTICE", NOTICE.encode())
    assert post(desk, "/v1/inbound/mail/mail", raw).json() == {"taken_as": taken_as}
    assert [one.event for one in said(desk)] == ([event] if event else [])
    if event == "bounced":
        assert said(desk)[0].reason == "5.1.1"
    assert contacts(desk) == []


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"From: \r\n\r\n", b"Content-Type: multipart/x"])
def test_what_is_no_mail_is_taken_as_nothing(desk: Desk, raw: bytes) -> None:
    answer = post(desk, "/v1/inbound/mail/mail", raw)
    assert (answer.status_code, answer.json()) == (202, {"taken_as": "nothing"})


def sms(desk: Desk, text: str, sender: str = "+8613800138000", **how: Any) -> httpx.Response:
    body = json.dumps({"id": "in-1", "sender": sender, "text": text}).encode()
    return post(desk, "/v1/inbound/sms/sms", body, **how)


def test_a_short_message_answers_what_was_last_sent_to_its_number(desk: Desk) -> None:
    assert sms(desk, "收到了,谢谢").json() == {"taken_as": "reply"}
    assert contacts(desk)[0].reply_to == "case-1"


def test_a_short_message_from_elsewhere_is_a_contact_of_its_own(desk: Desk) -> None:
    assert sms(desk, "我的快递呢", sender="13900139000").json() == {"taken_as": "contact"}
    assert contacts(desk)[0].reply_to is None


@pytest.mark.parametrize("word", ["TD", " 退订 ", "stop"])
def test_the_word_for_no_more_marks_the_number(desk: Desk, word: str) -> None:
    assert sms(desk, word).json() == {"taken_as": "complaint"}
    assert [(one.event, one.reason) for one in said(desk)] == [
        ("complained", "stop"),
        ("opted_out", "sms"),
    ]
