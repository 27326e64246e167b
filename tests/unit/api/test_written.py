"""What comes by mail and short message: by whom, once, and nothing of it refused for its form."""

import json
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from schemas.personal import KeyRing
from services.domain import identity
from services.domain.addresses import address_index
from services.domain.errors import OutageError
from services.domain.send_store import Claim
from tests.support.api_desk import Desk, a_desk
from tests.support.builders import KEYS, NOON, TENANT, VAULT
from tests.unit.api.provider_desk import NEW, NOTICE, a_provider_desk, contacts, post
from tests.unit.sender.desk import a_notice

WAYBILL = "SF1302847561029"
LATER = KeyRing({"k2": b"2" * 32, **KEYS.keys}, "k2")


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_provider_desk() as made:
        made.pipeline.workers_are_away = False
        yield made


def sms(desk: Desk, text: str, name: str = "in-1", **how: Any) -> httpx.Response:
    sender, path = how.pop("sender", "+8613900139000"), how.pop("path", "sms")
    body = json.dumps({"id": name, "sender": sender, "text": text}).encode()
    return post(desk, f"/v1/inbound/sms/{path}", body, **how)


def mail(desk: Desk, text: str, sender: str = "li@example.com", **how: Any) -> httpx.Response:
    written = EmailMessage()
    written["Message-ID"] = "<1@client.example>"
    written.set_content(text)
    raw = f"From: {sender}\n".encode() + written.as_bytes()
    return post(desk, "/v1/inbound/mail/mail", raw, **how)


# ------------------------------------------------------------------ by whom


@pytest.mark.parametrize("sender", ["13900139000", "+8613900139000", "008613900139000"])
def test_a_short_message_is_by_whoever_gave_its_number_on_a_form(desk: Desk, sender: str) -> None:
    form = desk.send(id="a1", waybill=WAYBILL, phone="139 0013 9000")
    sms(desk, f"{WAYBILL}还没有到", sender=sender)
    case = desk.client.get(f"/v1/cases/{desk.case_of(form)}").json()["state"]
    assert (case["contacts"], case["complainants"]) == (2, 1)


@pytest.mark.parametrize("send", [sms, mail])
def test_who_wrote_before_a_rotation_of_keys_is_known_after_it(desk: Desk, send: Any) -> None:
    send(desk, "还没有到")
    (before,) = contacts(desk)
    desk.app.state.context = replace(desk.app.state.context, keys=LATER)
    send(desk, "今天也没有到", message="m2", **({"name": "in-2"} if send is sms else {}))
    after = contacts(desk)[-1]
    assert after.person != before.person
    assert before.person in after.aliases


def test_an_answer_is_by_the_person_under_all_his_names(desk: Desk) -> None:
    form = desk.send(id="a1", customer="c", phone="13900139000")
    notice = a_notice(
        NOTICE,
        tenant="default",
        case_id=desk.case_of(form),
        recipient=f"contact:{form.json()['contact_id']}",
    )
    desk.pipeline.sends.decided[NOTICE] = notice
    sms(desk, "还没有到", sender="13800138000")
    first, answer = contacts(desk)
    assert (answer.person, answer.aliases) == (first.person, first.aliases)


@pytest.mark.parametrize("sender", ['"li wei"@example.com', f"{'x' * 250}@example.com", "李华"])
def test_a_mail_from_no_usual_address_is_a_contact_too(desk: Desk, sender: str) -> None:
    assert mail(desk, "还没有到", sender).json() == {"taken_as": "contact"}
    (contact,) = contacts(desk)
    assert contact.text == "还没有到"
    assert contact.personal is None or VAULT.open(contact.tenant, contact.personal).email is None


# ------------------------------------------------------------------ once, and not for another


def test_two_providers_that_count_their_messages_are_not_taken_for_one() -> None:
    with a_desk(receipt_secrets=f"sms={NEW};north={NEW}") as desk:
        sms(desk, "还没有到")
        sms(desk, "箱子湿了", path="north", sender="13700137000")
        assert len({one.contact_id for one in contacts(desk)}) == 2


@pytest.mark.parametrize("send", [sms, mail])
def test_a_name_that_was_used_before_hides_no_other_words(desk: Desk, send: Any) -> None:
    for number, text in enumerate(("还没有到", "箱子湿了", "还没有到")):
        assert send(desk, text, message=f"m{number}").status_code == 202
    assert len({one.contact_id for one in contacts(desk)}) == 2


def test_what_comes_again_after_a_doubt_is_no_answer_to_what_it_led_to(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = desk.pipeline.publish

    async def doubtful(topic: str, key: bytes, value: bytes) -> None:
        await take(topic, key, value)
        raise OutageError("kafka", "not delivered in time")

    with monkeypatch.context() as patched:
        patched.setattr(desk.pipeline, "publish", doubtful)
        assert sms(desk, "还没有到", message="m1").status_code == 503
    (contact,) = contacts(desk)
    case_id = identity.case_id_of("default", contact.contact_id)
    name = "N4K9PQ2R7M5T8V1WXYZ4ABCDE"
    recipient = f"contact:{contact.contact_id}"
    desk.pipeline.sends.decided[name] = a_notice(
        name, tenant="default", case_id=case_id, recipient=recipient
    )
    to = address_index(KEYS, TENANT, "phone", "13900139000")
    desk.pipeline.sends.claim([Claim(name, 1, "k", "sms", "p1", NOON, to)])
    assert sms(desk, "还没有到", message="m1").status_code == 202
    assert len(contacts(desk)) == 1


# ------------------------------------------------------------------ in whatever form


def test_a_short_message_of_many_parts_is_taken_whole(desk: Desk) -> None:
    text = "还没有到。" * 1000
    assert sms(desk, text).status_code == 202
    assert contacts(desk)[0].text == text


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_short_message_is_nothing_and_does_not_come_again(desk: Desk, text: str) -> None:
    answer = sms(desk, text)
    assert (answer.status_code, answer.json()) == (202, {"taken_as": "nothing"})
    assert contacts(desk) == []


HALVES = [
    ("到了\\ud83d", "到了\ufffd"),
    ("\\udce6到了", "\ufffd到了"),
    ("\\ud83d\\ud83d\\udce6", "\ufffd📦"),
    ("\\\\ud83d", "\\ud83d"),
]


@pytest.mark.parametrize(("sent", "kept"), HALVES)
def test_half_an_emoji_does_not_cost_the_other_words(desk: Desk, sent: str, kept: str) -> None:
    body = f'{{"id":"in-1","sender":"13900139000","text":"{sent}"}}'.encode()
    assert post(desk, "/v1/inbound/sms/sms", body).status_code == 202
    form = f'{{"channel":"web","text":"{sent}"}}'.encode()
    headers = {"Content-Type": "application/json"}
    assert desk.client.post("/v1/contacts", content=form, headers=headers).status_code == 202
    assert [one.text for one in contacts(desk)] == [kept, kept]
