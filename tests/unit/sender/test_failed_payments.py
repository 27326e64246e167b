"""Who works on a case reads which payment failed, what is known of why, and what to do."""

from typing import Any

import pytest

from schemas.handling import Compensation, Money, PaymentResult
from schemas.handling_words import CompensationBranch, CompensationStep
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.vocabulary import CaseStatus, ChangeKind
from services.sender.channels.port import Letter
from tests.unit.sender.office import Office

PAYMENT = "pay-0123456789abcdef01234567"
FAILED = Compensation(
    decision=1,
    amount=Money(minor=26_850, currency="CNY"),
    branch=CompensationBranch.UNINSURED,
    guidance="g-1",
    step=CompensationStep.PAYMENT_FAILED,
    proposed_by="clerk:clerk-201",
    payment_id=PAYMENT,
    policy="approval-2026.2",
)


def told(language: str, channel: NoticeChannel, reference: str | None, **fields: Any) -> Letter:
    """Return the letter about the failed payment."""
    office = Office()
    payment = PaymentResult(payment_id=PAYMENT, is_paid=False, reference=reference)
    office.happens(ChangeKind.PAYMENT_SETTLED, payment=payment, compensation=FAILED, **fields)
    said = {"kind": NoticeKind.PAYMENT_FAILED, "recipient": "team:billing"}
    return office.letter(channel=channel, language=language, **said)


@pytest.mark.parametrize("channel", [NoticeChannel.EMAIL, NoticeChannel.CHAT])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("failed", "268.50 CNY", "(account closed <DE>)", "propose", "second person")),
        ("zh", ("付款失败", "268.50 元", "（account closed <DE>）", "重新提出赔偿", "第二人批准")),
    ],
)
def test_it_says_how_much_failed_and_why_and_what_to_do(
    language: str, words: tuple[str, ...], channel: NoticeChannel
) -> None:
    letter = told(language, channel, "account closed <DE>")
    assert all(one in letter.text for one in words)
    assert "<DE>" not in letter.html
    assert (PAYMENT in letter.text) is (channel is NoticeChannel.EMAIL)


def test_a_long_story_of_why_leaves_room_for_what_to_do() -> None:
    letter = told("en", NoticeChannel.CHAT, None, note="The bank says " + "so " * 1000)
    assert len(letter.text) < 400
    assert "…)" in letter.text
    assert "second person" in letter.text


@pytest.mark.parametrize(
    ("fields", "en", "zh"),
    [
        ({"merged_into": "CHEAD"}, "in case CHEAD", "案件 CHEAD"),
        ({"status": CaseStatus.APPEALED}, "in the appeal", "申诉案件中决定"),
        ({"status": CaseStatus.ARCHIVED}, "reopen the case", "重新受理本案"),
    ],
)
@pytest.mark.parametrize("channel", [NoticeChannel.EMAIL, NoticeChannel.CHAT])
def test_it_says_where_the_money_is_decided(
    fields: dict[str, Any], en: str, zh: str, channel: NoticeChannel
) -> None:
    assert en in told("en", channel, None, **fields).text
    assert zh in told("zh", channel, None, **fields).text
