"""What a channel does not reach goes over the next one; what is learnt later is told too."""

from datetime import datetime, timedelta

import pytest

from schemas.notice_words import NoticeChannel, NoticeState
from services.domain.errors import OutageError
from services.domain.notice_fates import Settle
from services.domain.send_store import Attempt, Claim, Outcome, Result
from services.sender.channels.port import SENT, Answer
from services.sender.logic import Known, Send, next_step
from services.sender.policy import load_policy
from tests.support.builders import NOON
from tests.unit.sender.desk import (
    AWAY,
    FAILED,
    REFUSED,
    UNKNOWN,
    SenderDesk,
    a_notice,
)
from tests.unit.sender.ways import EMAIL, WEBHOOK, ends

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
