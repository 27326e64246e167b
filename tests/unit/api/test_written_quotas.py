"""Quotas of what comes by mail and short message: a mail loop has no door of its own."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from services.api.quotas import QuotaPolicy, Quotas, Rule
from tests.support.api_desk import Desk
from tests.unit.api.provider_desk import (
    NOTICE,
    OURS,
    PARTNER,
    a_provider_desk,
    contacts,
    post,
    staff_book,
)
from tests.unit.sender.desk import a_notice

POLICY = QuotaPolicy(
    version="t", rules=(Rule(rule="person", per="customer", per_minute=1, burst=2),)
)
Send = Callable[..., httpx.Response]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Whoever sends may do so twice at once, and then once a minute."""
    with a_provider_desk(staff=staff_book(tmp_path)) as made:
        state = made.app.state
        state.context = replace(state.context, quotas=Quotas(POLICY))
        yield made


def mail(desk: Desk, number: int, sender: str = "li@example.com", to: str = "") -> httpx.Response:
    written = EmailMessage()
    written["From"], written["Message-ID"] = sender, f"<{number}@client.example>"
    written["To"] = f"complaints+{to}@example.com" if to else "complaints@example.com"
    written.set_content(f"Your mail {number} was received.")
    return post(desk, "/v1/inbound/mail/mail", written.as_bytes(), message=f"mail-{number}")


def sms(desk: Desk, number: int, sender: str = "+8613800138000") -> httpx.Response:
    body = json.dumps({"id": f"in-{number}", "sender": sender, "text": "还没有收到"}).encode()
    return post(desk, "/v1/inbound/sms/sms", body, message=f"sms-{number}")


def told_of(desk: Desk, recipient: str, case_id: str = "case-1") -> None:
    notice = a_notice(NOTICE, tenant="default", case_id=case_id, recipient=recipient)
    desk.pipeline.sends.decided[NOTICE] = notice


@pytest.mark.parametrize("send", [mail, sms])
def test_a_loop_is_refused_while_others_are_heard(desk: Desk, send: Send) -> None:
    assert [send(desk, number).status_code for number in range(5)] == [202, 202, 429, 429, 429]
    late = send(desk, 5)
    assert (late.json()["rule"], late.headers["retry-after"]) == ("person", "60")
    assert send(desk, 6, sender="13900139000@other.example").status_code == 202
    assert len(contacts(desk)) == 3
    assert 'quota_refusals_total{rule="person"} 4.0' in desk.client.get("/metrics").text


@pytest.mark.parametrize("send", [mail, sms])
def test_what_was_refused_is_taken_when_it_comes_again(desk: Desk, send: Send) -> None:
    answers = [send(desk, number).status_code for number in range(3)]
    desk.clock.advance(60)
    assert [*answers, send(desk, 2).status_code] == [202, 202, 429, 202]
    assert len({contact.contact_id for contact in contacts(desk)}) == 3


def test_who_answers_for_another_uses_up_nothing_of_his(desk: Desk) -> None:
    told_of(desk, f"contact:{desk.send(id='a1', customer='c').json()['contact_id']}")
    assert [mail(desk, n, "x@elsewhere.example", NOTICE).status_code for n in range(3)] == [
        202,
        202,
        429,
    ]
    assert mail(desk, 3, "li@example.com", NOTICE).json() == {"taken_as": "reply"}


def test_a_mailbox_of_staff_that_answers_by_itself_is_a_loop_as_well(desk: Desk) -> None:
    desk.pipeline.workers_are_away = False
    told_of(desk, PARTNER, desk.case_of(desk.send(id="a1", customer="c")))
    answers = [mail(desk, number, OURS, NOTICE) for number in range(3)]
    assert [answer.json().get("taken_as") for answer in answers] == ["note", "note", None]
    assert answers[2].status_code == 429
