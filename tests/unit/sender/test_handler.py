"""Claim, send, write down, settle: under refusals, doubts, deaths and outages (ADR 0008)."""

import pytest

from schemas.notice_words import NoticeChannel
from services.domain.errors import OutageError
from services.domain.send_store import Outcome
from services.sender.channels.port import SENT, Answer
from tests.unit.sender.desk import (
    AWAY,
    FAILED,
    REFUSED,
    SenderDesk,
    a_notice,
    notices,
    settlements,
    until_settled,
)


@pytest.fixture
def desk() -> SenderDesk:
    return SenderDesk()


# ------------------------------------------------------------------ the good way


def test_a_notice_is_sent_once_and_settled(desk: SenderDesk) -> None:
    assert desk.ends(a_notice()) == [("N1", "sent", 1, None)]
    assert desk.mail.sent == ["N1"]


def test_the_claim_stands_before_the_provider_is_asked(desk: SenderDesk) -> None:
    class Looks:
        def send(self, letter):  # type: ignore[no-untyped-def]
            assert f"{letter.notice_id}#1" in desk.store.claims
            assert not desk.store.results
            return SENT

        def close(self) -> None: ...

    desk.channels[NoticeChannel.EMAIL] = Looks()
    assert desk.ends(a_notice()) == [("N1", "sent", 1, None)]


def test_a_replay_settles_with_the_same_bytes_and_sends_nothing(desk: SenderDesk) -> None:
    first = desk.take(*notices(9))
    desk.clock.advance(60)
    desk.restart()
    again = desk.take(*notices(9))
    assert again.outbound == first.outbound
    assert len(desk.mail.sent) == 9


def test_each_channel_gets_its_own(desk: SenderDesk) -> None:
    desk.take(a_notice("M"), a_notice("W", channel=NoticeChannel.WEBHOOK))
    assert (desk.mail.sent, desk.hook.sent) == (["M"], ["W"])


def test_a_notice_asked_for_twice_in_a_batch_goes_once(desk: SenderDesk) -> None:
    desk.take(a_notice(), a_notice())
    assert desk.mail.sent == ["N1"]


# ------------------------------------------------------------------ nobody to send to


def test_a_channel_that_is_off_is_recorded(desk: SenderDesk) -> None:
    del desk.channels[NoticeChannel.WEBHOOK]
    notice = a_notice(channel=NoticeChannel.WEBHOOK)
    assert desk.ends(notice) == [("N1", "suppressed", 0, "channel_off")]


def test_an_address_that_is_gone_is_recorded_and_stays_so(desk: SenderDesk) -> None:
    desk.nobody["N1"] = "no_address"
    first = desk.take(a_notice())
    assert settlements(first)[0].reason == "no_address"
    desk.nobody.clear()
    desk.clock.advance(60)
    assert desk.take(a_notice()).outbound == first.outbound
    assert desk.mail.sent == []


@pytest.mark.parametrize("word", [b'"acknowledgement","recipient"', b'"email"'])
def test_what_only_a_newer_version_can_send_waits_in_the_dead_letters(
    desk: SenderDesk, word: bytes
) -> None:
    inbound = desk.inbound(a_notice())
    newer = word.replace(b"email", b"pigeon").replace(b"acknowledgement", b"praise")
    value = (inbound.value or b"").replace(word, newer)
    handled = desk.handler.handle([inbound._replace(value=value)], {})
    assert [letter.rule for letter in handled.dead] == ["not_sendable"]
    assert desk.mail.sent == []


# ------------------------------------------------------------------ refusals


def test_a_refusal_for_good_fails_at_once(desk: SenderDesk) -> None:
    desk.mail.plan = [FAILED]
    assert desk.ends(a_notice()) == [("N1", "failed", 0, "no_such_recipient")]


def test_a_refusal_for_now_is_tried_again_after_a_pause(desk: SenderDesk) -> None:
    desk.mail.plan = [REFUSED, REFUSED]
    assert desk.ends(a_notice()) == [("N1", "sent", 1, None)]
    assert desk.mail.sent == ["N1"] * 3
    assert desk.clock.seconds >= 0.5 + 1.5


def test_one_notice_that_is_always_refused_fails_when_others_go_through(desk: SenderDesk) -> None:
    desk.mail.by_notice["N2"] = REFUSED
    batch = notices(6)
    handled = until_settled(desk, batch, 200, lambda: desk.clock.advance(5))
    ends = {one.notice_id: one.state for one in settlements(handled)}
    assert ends.pop("N2") == "failed"
    assert set(ends.values()) == {"sent"}
    assert desk.mail.sent.count("N1") == 1


def test_a_provider_that_refuses_everything_fails_nobody(desk: SenderDesk) -> None:
    desk.mail.usual = REFUSED
    with pytest.raises(AssertionError, match="not settled"):
        until_settled(desk, notices(20), 50, lambda: desk.clock.advance(60))
    desk.mail.usual = SENT
    handled = until_settled(desk, notices(20), 10, lambda: desk.clock.advance(60))
    assert {one.state for one in settlements(handled)} == {"sent"}
    assert all(one.attempts == 1 for one in settlements(handled))


def test_retry_after_leaves_the_provider_alone(desk: SenderDesk) -> None:
    desk.hook.plan = [Answer(Outcome.REFUSED, "http_429", retry_after=90.0)]
    batch = [a_notice(channel=NoticeChannel.WEBHOOK)]
    with pytest.raises(OutageError, match="http_429"):
        desk.take(*batch)
    desk.clock.advance(80)
    with pytest.raises(OutageError):
        desk.take(*batch)
    assert desk.hook.sent == ["N1"]
    desk.clock.advance(20)
    assert desk.ends(*batch) == [("N1", "sent", 1, None)]


# ------------------------------------------------------------------ a provider that is away


def test_a_provider_that_is_away_puts_the_batch_off(desk: SenderDesk) -> None:
    desk.mail.usual = AWAY
    with pytest.raises(OutageError, match="email: connection_refused"):
        desk.take(*notices(40))
    assert len(set(desk.mail.sent)) <= 4  # the first wave, then the breaker
    assert all(result.outcome is Outcome.AWAY for result in desk.store.results.values())


def test_being_away_never_counts_against_a_notice(desk: SenderDesk) -> None:
    desk.mail.usual = AWAY
    with pytest.raises(AssertionError, match="not settled"):
        until_settled(desk, [a_notice()], 60, lambda: desk.clock.advance(300))
    desk.mail.usual = SENT
    handled = until_settled(desk, [a_notice()], 5, lambda: desk.clock.advance(300))
    assert settlements(handled)[0].attempts == 1


def test_a_notice_is_given_up_after_a_day(desk: SenderDesk) -> None:
    desk.mail.usual = AWAY
    handled = until_settled(desk, [a_notice()], 400, lambda: desk.clock.advance(300))
    (end,) = settlements(handled)
    assert (end.state, end.attempts, end.reason) == ("failed", 0, "given_up:connection_refused")
    assert desk.clock.seconds > 24 * 3600


def test_what_waited_long_before_it_was_ever_tried_is_still_sent(desk: SenderDesk) -> None:
    desk.clock.advance(72 * 3600)
    assert desk.ends(a_notice()) == [("N1", "sent", 1, None)]


def test_the_other_channel_goes_on_in_the_batch_at_hand(desk: SenderDesk) -> None:
    desk.mail.usual = AWAY
    batch = [*notices(5), *(a_notice(f"W{n}", channel=NoticeChannel.WEBHOOK) for n in range(9))]
    with pytest.raises(OutageError, match="email"):
        desk.take(*batch)
    assert sorted(desk.hook.sent) == [f"W{n}" for n in range(9)]
    with pytest.raises(OutageError, match="email"):
        desk.take(*batch)
    assert len(desk.hook.sent) == 9


def test_an_open_breaker_is_probed_with_one_notice_at_a_time(desk: SenderDesk) -> None:
    desk.mail.usual = AWAY
    with pytest.raises(OutageError):
        desk.take(*notices(10))
    tried = len(desk.mail.sent)
    for _ in range(3):
        desk.clock.advance(400)
        with pytest.raises(OutageError):
            desk.take(*notices(10))
    assert len(desk.mail.sent) == tried + 3
    assert len(set(desk.mail.sent[tried:])) == 3  # another one each time


def test_a_slow_provider_does_not_hold_the_batch_beyond_its_budget(desk: SenderDesk) -> None:
    desk.mail.seconds = 2.0
    with pytest.raises(OutageError, match="slow"):
        desk.take(*notices(40))
    assert desk.clock.seconds <= desk.policy.budget_seconds + 4 * 2.0
    handled = until_settled(desk, notices(40), 10, lambda: None)
    assert len(settlements(handled)) == 40
    assert len(desk.mail.sent) == len(set(desk.mail.sent)) == 40
