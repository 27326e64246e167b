"""What a channel does not reach goes over the next one; what is learnt later is told too."""

from datetime import datetime, timedelta
from itertools import count

import pytest

from schemas.codec import encode
from schemas.keys import case_key
from schemas.notice_words import NoticeChannel, NoticeState
from schemas.notices import NoticeReceipt, NoticeRequested
from schemas.receipts import ReceiptEvent
from services.domain.errors import OutageError
from services.domain.notice_fates import Settle
from services.domain.send_store import Attempt, Claim, Outcome, Result
from services.runtime.records import Handled, Inbound
from services.sender.channels.port import SENT, Answer
from services.sender.logic import Known, Send, next_step
from services.sender.policy import load_policy
from tests.support.builders import NOON, TENANT
from tests.unit.sender.desk import (
    AWAY,
    FAILED,
    REFUSED,
    UNKNOWN,
    SenderDesk,
    a_notice,
    settlements,
)

EMAIL, WEBHOOK = NoticeChannel.EMAIL, NoticeChannel.WEBHOOK
OFFSETS = count(1000)


@pytest.fixture
def desk() -> SenderDesk:
    made = SenderDesk()
    made.policy = load_policy()
    made.restart()
    return made


def ends(handled: Handled) -> list[tuple[str, str, int, str | None, int]]:
    return [
        (one.channel, one.state, one.attempts, one.reason, one.epoch)
        for one in settlements(handled)
    ]


def receipt(notice: NoticeRequested, event: str, **changes: object) -> Inbound:
    said = NoticeReceipt.model_validate(
        {
            "tenant": TENANT,
            "case_id": notice.case_id,
            "notice_id": notice.notice_id,
            "event": ReceiptEvent(event),
            "said_by": "provider:mail",
            "at": NOON,
            "received_at": NOON,
        }
        | changes
    )
    key = case_key(TENANT, notice.case_id)
    return Inbound("receipts", 0, next(OFFSETS), "t", key, encode(said))


def told(desk: SenderDesk, notice: NoticeRequested, event: str, **changes: object) -> Handled:
    desk.store.decided[notice.notice_id] = notice
    return desk.handler.handle([receipt(notice, event, **changes)], {})


# ------------------------------------------------------------------ fail-over


def test_a_mandatory_notice_refused_for_good_goes_over_the_next_channel(desk: SenderDesk) -> None:
    desk.mail.plan = [FAILED]
    assert ends(desk.take(a_notice())) == [("webhook", "sent", 1, None, 0)]
    assert (desk.mail.sent, desk.hook.sent) == (["N1"], ["N1"])


def test_what_is_not_mandatory_does_not(desk: SenderDesk) -> None:
    desk.mail.plan = [FAILED]
    handled = desk.take(a_notice(mandatory=False))
    assert ends(handled) == [("email", "failed", 0, "no_such_recipient", 0)]
    assert desk.hook.sent == []


def test_a_notice_that_allows_nothing_else_fails(desk: SenderDesk) -> None:
    desk.mail.plan = [FAILED]
    handled = desk.take(a_notice(fallback=()))
    assert ends(handled) == [("email", "failed", 0, "no_such_recipient", 0)]


def test_a_notice_names_its_own_way(desk: SenderDesk) -> None:
    desk.hook.plan = [FAILED]
    handled = desk.take(a_notice(channel=WEBHOOK, fallback=(NoticeChannel.LETTER, EMAIL)))
    assert ends(handled) == [("email", "sent", 1, None, 0)]


def test_a_notice_fails_when_the_last_channel_refused_and_stays_so(desk: SenderDesk) -> None:
    desk.mail.usual = desk.hook.usual = FAILED
    first = desk.take(a_notice())
    assert ends(first) == [("webhook", "failed", 0, "no_such_recipient", 0)]
    desk.mail.usual = desk.hook.usual = SENT
    desk.policy = desk.policy.model_copy(update={"failover": {EMAIL: (WEBHOOK, EMAIL)}})
    desk.restart()
    assert desk.take(a_notice()).outbound == first.outbound


def test_a_channel_that_is_away_for_long_is_left_for_the_next(desk: SenderDesk) -> None:
    desk.mail.usual = AWAY
    for _ in range(5):
        with pytest.raises(OutageError):
            desk.take(a_notice())
        desk.clock.advance(300)
    desk.clock.advance(600)
    assert ends(desk.take(a_notice())) == [("webhook", "sent", 1, None, 0)]


def test_what_comes_while_a_channel_is_away_for_long_need_not_try_it(desk: SenderDesk) -> None:
    desk.mail.usual = AWAY
    for _ in range(9):
        with pytest.raises(OutageError):
            desk.take(a_notice(), a_notice("N2"))
        desk.clock.advance(200)
    tried = len(desk.mail.sent)
    late = [a_notice(f"L{n}") for n in range(30)]
    desk.clock.advance(100)
    assert {one[:2] for one in ends(desk.take(*late))} == {("webhook", "sent")}
    assert len(desk.mail.sent) == tried


def test_in_doubt_too_often_it_goes_over_the_next_and_may_have_arrived_before(
    desk: SenderDesk,
) -> None:
    desk.mail.usual = UNKNOWN
    (end,) = ends(desk.take(a_notice()))
    assert end == ("webhook", "sent", 4, "resent", 0)


def test_refused_for_now_it_stays_on_its_channel(desk: SenderDesk) -> None:
    desk.mail.plan = [REFUSED, REFUSED]
    assert ends(desk.take(a_notice())) == [("email", "sent", 1, None, 0)]


def test_without_an_address_the_next_channel_is_taken_for_every_notice(desk: SenderDesk) -> None:
    desk.nobody_on = {EMAIL: "address_bounced"}
    assert ends(desk.take(a_notice(mandatory=False))) == [("webhook", "sent", 1, None, 0)]


def test_with_no_address_anywhere_the_first_reason_is_told(desk: SenderDesk) -> None:
    desk.nobody_on = {EMAIL: "address_bounced", WEBHOOK: "no_address"}
    assert ends(desk.take(a_notice())) == [("email", "suppressed", 0, "address_bounced", 0)]


def test_with_its_next_channel_closed_meanwhile_the_reason_of_that_one_is_told(
    desk: SenderDesk,
) -> None:
    desk.mail.usual = FAILED
    desk.hook.usual = Answer(Outcome.REFUSED, "http_429", retry_after=90.0)
    with pytest.raises(OutageError):
        desk.take(a_notice())
    desk.nobody_on = {WEBHOOK: "opted_out"}
    desk.restart()
    assert ends(desk.take(a_notice())) == [("webhook", "suppressed", 0, "opted_out", 0)]


def test_a_death_between_two_channels_loses_nothing(desk: SenderDesk) -> None:
    desk.mail.usual = FAILED
    desk.hook.usual = Answer(Outcome.REFUSED, "http_429", retry_after=90.0)
    with pytest.raises(OutageError):
        desk.take(a_notice())
    desk.hook.usual = SENT
    desk.clock.advance(100)
    desk.restart()
    assert ends(desk.take(a_notice())) == [("webhook", "sent", 1, None, 0)]
    assert desk.mail.sent == ["N1"]


def test_with_no_channel_to_follow_what_nobody_tried_ends_when_its_time_is_over(
    desk: SenderDesk,
) -> None:
    long_ago = NOON - timedelta(hours=25)
    desk.mail.usual = AWAY
    old = a_notice("L1", mandatory=False, requested_at=long_ago)
    recent = a_notice("N1", mandatory=False)
    with pytest.raises(OutageError):
        desk.take(recent, old)  # not for a trouble of a moment
    for _ in range(9):
        desk.clock.advance(200)
        with pytest.raises(OutageError):
            desk.take(recent)
    desk.clock.advance(100)
    (end,) = ends(desk.take(a_notice("L2", mandatory=False, requested_at=long_ago)))
    assert end == ("email", "failed", 0, "away_too_long", 0)
    held = a_notice("L3", mandatory=False, requested_at=long_ago, not_before=NOON)
    assert isinstance(next_step(held, [], away(desk.clock.now())), Send)


def away(now: datetime) -> Known:
    """Say that all providers have been away for an hour."""
    return Known(load_policy(), frozenset({EMAIL, WEBHOOK}), lambda _: False, now, lambda _: 3600.0)


def test_what_failed_over_ends_when_the_last_channel_is_away_for_too_long() -> None:
    claim = Claim("N1", 1, "k", EMAIL, "process", NOON)
    failed = [Attempt(1, claim, Result("N1", 1, Outcome.FAILED, "no_such_recipient", NOON))]
    notice = a_notice(fallback=(WEBHOOK,))
    soon, late = NOON + timedelta(hours=23), NOON + timedelta(hours=25)
    assert next_step(notice, failed, away(soon)) == Send(2, WEBHOOK)
    end = Settle(NoticeState.FAILED, 0, "away_too_long", late)
    assert next_step(notice, failed, away(late)) == end


# ------------------------------------------------------------------ what is learnt later


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
