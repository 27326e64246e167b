"""What is learnt of a notice after it was sent: receipts, bounces, a person's word."""

import pytest

from schemas.notices import NoticeRequested
from services.runtime.records import Handled
from services.sender.channels.port import SENT
from tests.support.builders import at
from tests.unit.sender.desk import (
    FAILED,
    UNKNOWN,
    SenderDesk,
    a_notice,
    settlements,
)
from tests.unit.sender.ways import EMAIL, WEBHOOK, ends, receipt, told


def test_a_receipt_says_that_it_was_delivered(desk: SenderDesk) -> None:
    desk.take(a_notice())
    handled = told(desk, a_notice(), "delivered", attempt=1)
    assert ends(handled) == [("email", "delivered", 1, "delivered", 1)]


def test_a_receipt_that_comes_twice_changes_nothing(desk: SenderDesk) -> None:
    desk.take(a_notice())
    first = told(desk, a_notice(), "delivered", attempt=1)
    desk.clock.advance(60)
    assert told(desk, a_notice(), "delivered", attempt=1).outbound == first.outbound
    assert desk.mail.sent == ["N1"]


def test_a_bounce_marks_the_address_and_sends_what_is_mandatory_another_way(
    desk: SenderDesk,
) -> None:
    desk.take(a_notice())
    handled = told(desk, a_notice(), "bounced", attempt=1, reason="5.1.1")
    assert ends(handled) == [("webhook", "sent", 1, None, 1)]
    assert desk.hook.sent == ["N1"]
    assert [mark.reason for mark in desk.store.marks.values()] == ["bounced"]


def test_a_bounce_of_what_is_not_mandatory_is_told(desk: SenderDesk) -> None:
    notice = a_notice(mandatory=False)
    desk.take(notice)
    handled = told(desk, notice, "bounced", attempt=1, reason="5.1.1")
    assert ends(handled) == [("email", "failed", 0, "bounced:5.1.1", 1)]


def test_a_mail_that_comes_back_after_it_was_called_delivered_goes_another_way(
    desk: SenderDesk,
) -> None:
    desk.take(a_notice())
    told(desk, a_notice(), "delivered", attempt=1)
    came_back = told(desk, a_notice(), "bounced", attempt=1, received_at=at(hours=1))
    assert ends(came_back) == [("webhook", "sent", 1, None, 2)]


def test_of_other_channels_that_it_was_delivered_is_the_last_word(desk: SenderDesk) -> None:
    notice = a_notice(channel=WEBHOOK)
    desk.take(notice)
    told(desk, notice, "delivered", attempt=1)
    late = told(desk, notice, "undelivered", attempt=1, received_at=at(hours=1))
    assert ends(late) == [("webhook", "delivered", 1, "delivered", 2)]


def test_a_complaint_marks_the_address_and_sends_nothing(desk: SenderDesk) -> None:
    desk.take(a_notice())
    assert told(desk, a_notice(), "complained", attempt=1).outbound == []
    assert [mark.reason for mark in desk.store.marks.values()] == ["complained"]


@pytest.fixture
def held(desk: SenderDesk) -> NoticeRequested:
    notice = a_notice(mandatory=False)
    desk.mail.plan = [UNKNOWN]
    assert ends(desk.take(notice)) == [("email", "unknown", 1, "held", 0)]
    desk.clock.advance(60)
    return notice


def said_by(desk: SenderDesk, notice: NoticeRequested, event: str) -> Handled:
    now = desk.clock.now()
    return told(desk, notice, event, said_by="clerk:wang", at=now, received_at=now)


def test_what_is_held_is_settled_by_a_person_as_sent(
    desk: SenderDesk, held: NoticeRequested
) -> None:
    handled = said_by(desk, held, "said_sent")
    assert ends(handled) == [("email", "sent", 1, "said_sent:clerk:wang", 1)]
    assert len(desk.mail.sent) == 1


def test_what_is_held_and_was_not_sent_goes_again(desk: SenderDesk, held: NoticeRequested) -> None:
    assert ends(said_by(desk, held, "said_not_sent")) == [("email", "sent", 1, None, 1)]
    assert len(desk.mail.sent) == 2


@pytest.mark.parametrize(
    ("event", "end"),
    [
        ("delivered", ("email", "delivered", 1, "delivered", 1)),
        ("undelivered", ("email", "failed", 0, "undelivered", 1)),
    ],
)
def test_what_is_held_is_settled_by_its_providers_receipt(
    desk: SenderDesk, held: NoticeRequested, event: str, end: tuple[str, str, int, str, int]
) -> None:
    assert ends(told(desk, held, event, attempt=1)) == [end]
    assert len(desk.mail.sent) == 1


def test_what_was_not_sent_and_has_no_address_any_more_ends(
    desk: SenderDesk, held: NoticeRequested
) -> None:
    desk.restart()
    desk.nobody_on = {EMAIL: "address_complained"}
    writes = iter(range(20))
    desk.store.before = lambda _: None if next(writes, None) is not None else pytest.fail("endless")
    first = said_by(desk, held, "said_not_sent")
    assert ends(first) == [("email", "suppressed", 0, "address_complained", 1)]
    assert len(desk.mail.sent) == 1


def test_a_second_doubt_is_held_again(desk: SenderDesk, held: NoticeRequested) -> None:
    desk.mail.plan = [UNKNOWN]
    first = said_by(desk, held, "said_not_sent")
    assert ends(first) == [("email", "unknown", 1, "held", 1)]
    desk.restart()
    assert ends(told(desk, held, "said_not_sent", said_by="clerk:wang")) == ends(first)
    assert len(desk.mail.sent) == 2


def test_a_receipt_of_a_notice_nobody_decided_waits_in_the_dead_letters(desk: SenderDesk) -> None:
    handled = desk.handler.handle([receipt(a_notice("N9"), "delivered")], {})
    assert [letter.rule for letter in handled.dead] == ["known"]


# ------------------------------------------------------------------ nobody reached


def test_a_mandatory_notice_without_any_way_left_is_counted_and_says_so(desk: SenderDesk) -> None:
    desk.mail.usual = desk.hook.usual = FAILED
    handled = desk.take(a_notice(), a_notice("N2", mandatory=False))
    assert handled.unreached == {("contact", "acknowledgement", "no_such_recipient"): 1}
    told = {end.notice_id: end.mandatory for end in settlements(handled)}
    assert told == {"N1": True, "N2": None}


def test_what_no_channel_has_an_address_for_is_counted_too(desk: SenderDesk) -> None:
    desk.nobody_on = {EMAIL: "address_bounced", WEBHOOK: "no_address"}
    handled = desk.take(a_notice())
    assert handled.unreached == {("contact", "acknowledgement", "address_bounced"): 1}


def test_what_arrived_or_may_have_is_not(desk: SenderDesk) -> None:
    desk.mail.plan = [FAILED]
    desk.hook.plan = [SENT]
    assert desk.take(a_notice()).unreached == {}
    desk.mail.usual = desk.hook.usual = UNKNOWN
    assert desk.take(a_notice("N2")).unreached == {}


def test_that_somebody_opted_out_is_taken_in_and_changes_no_notice(desk: SenderDesk) -> None:
    desk.take(a_notice())
    handled = told(desk, a_notice(), "opted_out", said_by="customer", reason="one_click")
    assert (handled.dead, handled.outbound, desk.store.marks) == ([], [], {})
    assert handled.outcomes["receipt_opted_out"] == 1
