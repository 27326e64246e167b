"""How notices ended, below the change that they tell of."""

from typing import Any

import pytest

from schemas.codec import encode
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.notices import NoticeRequested
from services.console.app import zone_of
from services.console.language import texts_of
from services.console.notice_view import notices_by_change
from services.console.viewing import Viewing
from services.domain.notice_fates import Fate, FateState
from services.domain.notice_store import NoticeRow, Told
from services.domain.send_store import Claim, Outcome, Result
from services.domain.teams import load_teams
from services.runtime.settings import Settings
from tests.support.builders import NOON, at
from tests.support.console_desk import Console

EN = Viewing(NOON, zone_of(Settings()), texts_of("en"), load_teams())


def a_fate(**changes: Any) -> Fate:
    fields: dict[str, Any] = {
        "notice_id": "N1",
        "seq": 1,
        "kind": "acknowledgement",
        "recipient": "contact:c1",
        "channel": "email",
        "state": FateState.SENT,
        "attempts": 1,
        "reason": None,
        "at": NOON,
    }
    return Fate(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ("Acknowledgement to Customer (e-mail)", "Sent", "")),
        (
            {"state": FateState.SUPPRESSED, "channel": "none", "reason": "no_address"},
            ("Acknowledgement to Customer (no channel)", "Not sent", "no address"),
        ),
        (
            {"kind": "breach", "recipient": "team:claims", "channel": "webhook"},
            ("Time limit passed to Claims (SMS or app)", "Sent", ""),
        ),
        (
            {"kind": "enquiry", "recipient": "partner:gb", "channel": "webhook"},
            ("Enquiry to a partner to Partner gb (SMS or app)", "Sent", ""),
        ),
        ({"over": "sms"}, ("Acknowledgement to Customer (SMS)", "Sent", "")),
        (
            {"state": FateState.FAILED, "reason": "given_up:timeout"},
            ("Acknowledgement to Customer (e-mail)", "Failed", "given up after its time"),
        ),
        (
            {"state": FateState.SUPPRESSED, "reason": "throttled:taken_up"},
            ("Acknowledgement to Customer (e-mail)", "Not sent", "told not long ago"),
        ),
        (
            {"state": FateState.FAILED, "reason": "http_410"},
            ("Acknowledgement to Customer (e-mail)", "Failed", "http_410"),
        ),
    ],
    ids=[
        "sent",
        "no-address",
        "team",
        "partner",
        "passed-on",
        "given-up",
        "throttled",
        "a-providers-own-word",
    ],
)
def test_a_notice_is_told_in_words(changes: dict[str, Any], words: tuple[str, str, str]) -> None:
    [line] = notices_by_change([a_fate(**changes)], EN)[1]
    assert (line.text, line.state_name, line.reason) == words


def test_the_same_to_many_complainants_is_one_line() -> None:
    fates = [a_fate(notice_id=f"N{n}", seq=2, at=at(seconds=n)) for n in range(3)]
    fates.append(a_fate(notice_id="N9", seq=2, state=FateState.FAILED, reason="http_410"))
    sent, failed = notices_by_change(fates, EN)[2]
    assert sent.text == "Acknowledgement to Customer × 3 (e-mail)"
    assert failed.text == "Acknowledgement to Customer (e-mail)"


def tell(console: Console, case_id: str) -> None:
    record = NoticeRequested(
        tenant="default",
        case_id=case_id,
        notice_id="N1",
        case_seq=1,
        kind=NoticeKind.ACKNOWLEDGEMENT,
        recipient="contact:c1",
        channel=NoticeChannel.EMAIL,
        template="acknowledgement",
        reason="first_contact",
        requested_at=NOON,
    )
    told = Told("p1", 1, record.kind, NOON, True, "c1", record.channel, "zh")
    key = f"default|{case_id}"
    console.api.pipeline.notices.insert([NoticeRow("N1", key, "t:0:0", told, encode(record))])


@pytest.mark.parametrize(
    ("language", "waiting", "sent"), [("en", "Waiting", "Sent"), ("zh", "待发送", "已发送")]
)
def test_the_case_page_and_the_api_show_how_a_notice_ended(
    console: Console, language: str, waiting: str, sent: str
) -> None:
    case_id = console.case()
    tell(console, case_id)
    assert f'<span class="sending-state">{waiting}</span>' in console.page(
        f"/cases/{case_id}", language
    )
    sends = console.api.pipeline.sends
    sends.claim([Claim("N1", 1, f"default|{case_id}", "email", "me", NOON)])
    sends.record([Result("N1", 1, Outcome.SENT, "sent", NOON)])
    assert f'<span class="sending-state">{sent}</span>' in console.page(
        f"/cases/{case_id}", language
    )
    [shown] = console.api.client.get(f"/v1/cases/{case_id}").json()["notices"]
    assert (shown["seq"], shown["state"], shown["recipient"]) == (1, "sent", "contact:c1")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Please reach them some other way"), ("zh", "请另行告知")]
)
def test_the_case_page_says_on_top_whom_nothing_reached(
    console: Console, language: str, words: str
) -> None:
    case_id = console.case()
    tell(console, case_id)
    assert 'id="unreached"' not in console.page(f"/cases/{case_id}", language)
    sends = console.api.pipeline.sends
    sends.record([Result("N1", 0, Outcome.SUPPRESSED, "address_bounced", NOON)])
    page = console.page(f"/cases/{case_id}", language)
    assert 'id="unreached"' in page
    assert words in page
    [shown] = console.api.client.get(f"/v1/cases/{case_id}").json()["notices"]
    assert shown["unreached"] is True
    [missed] = console.api.client.get("/v1/notices/unreached").json()["notices"]
    assert (missed["case"], missed["reason"], missed["rule"]) == (
        case_id,
        "address_bounced",
        "first_contact",
    )
