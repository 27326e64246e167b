"""Who works on a case reads which payment is not answered, since when, and what to do."""

import pytest

from schemas.handling_words import CompensationStep
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.vocabulary import ChangeKind
from services.sender.channels.port import Letter
from tests.support.builders import at
from tests.unit.sender.office import Office
from tests.unit.sender.test_failed_payments import FAILED, PAYMENT

ASKED = FAILED.model_copy(
    update={"step": CompensationStep.REQUESTED, "answer_by": at(hours=70), "is_unanswered": True}
)


def told(language: str, channel: NoticeChannel) -> Letter:
    """Return the letter about the payment that was not answered."""
    office = Office()
    office.happens(ChangeKind.PAYMENT_UNANSWERED, compensation=ASKED)
    said = {"kind": NoticeKind.PAYMENT_UNANSWERED, "recipient": "team:billing"}
    return office.letter(channel=channel, language=language, **said)


@pytest.mark.parametrize("channel", [NoticeChannel.EMAIL, NoticeChannel.CHAT])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("not answered", "268.50 CNY", "5 March 2026", "ask the payer", "do not propose")),
        ("zh", ("付款方", "268.50 元", "3月5日", "向付款方查询", "请勿再次提出")),
    ],
)
def test_it_says_how_much_is_open_since_when_and_what_to_do(
    language: str, words: tuple[str, ...], channel: NoticeChannel
) -> None:
    letter = told(language, channel)
    assert [one for one in words if one not in f"{letter.subject} {letter.text}"] == []
    assert (PAYMENT in letter.text) is (channel is NoticeChannel.EMAIL)
