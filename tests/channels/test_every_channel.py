"""What holds for every channel, whatever its provider does."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.domain.send_store import Outcome
from tests.channels.providers import SECONDS, Provider

NUMBER = re.compile("第\\d+号")


def test_a_letter_arrives_as_it_was_written(provider: Provider) -> None:
    letter = provider.letter()
    assert provider.channel.send(letter).outcome is Outcome.SENT
    (caught,) = provider.caught()
    if provider.has_subject:
        assert caught.subject == "我们已收到您的反映"
    assert all(line in caught.text.splitlines() for line in letter.text.split())
    assert letter.address in caught.to
    if provider.knows_again:
        assert letter.notice_id in caught.id


def test_a_letter_sent_again_carries_the_same_id(provider: Provider) -> None:
    for _ in range(2):
        assert provider.channel.send(provider.letter()).outcome is Outcome.SENT
    first, second = provider.caught()
    assert (first.id == second.id) == (provider.knows_again or not first.id)
    assert (first.text, first.to) == (second.text, second.to)


def test_not_now_is_a_refusal_and_nothing_arrives(provider: Provider) -> None:
    provider.refuse()
    answer = provider.channel.send(provider.letter())
    assert answer.outcome is Outcome.REFUSED
    assert provider.caught() == []


def test_being_throttled_is_a_refusal(provider: Provider) -> None:
    provider.throttle()
    answer = provider.channel.send(provider.letter())
    assert answer.outcome is Outcome.REFUSED
    assert answer.retry_after == provider.waits


def test_never_is_a_failure(provider: Provider) -> None:
    provider.refuse_for_good()
    assert provider.channel.send(provider.letter()).outcome is Outcome.FAILED
    assert provider.caught() == []


def test_an_answer_that_takes_too_long_leaves_a_doubt_in_time(provider: Provider) -> None:
    provider.dawdle(SECONDS * 3)
    started = time.monotonic()
    answer = provider.channel.send(provider.letter())
    assert answer.outcome is Outcome.UNKNOWN
    assert time.monotonic() - started < SECONDS * 2


def test_a_little_slowness_is_no_trouble(provider: Provider) -> None:
    provider.dawdle(SECONDS / 4)
    assert provider.channel.send(provider.letter()).outcome is Outcome.SENT


def test_a_connection_reset_after_the_letter_was_taken_leaves_a_doubt(provider: Provider) -> None:
    provider.hang_up()
    assert provider.channel.send(provider.letter()).outcome is Outcome.UNKNOWN
    assert len(provider.caught()) == 1


def test_a_provider_that_is_not_there_is_away(absent: Provider) -> None:
    assert absent.channel.send(absent.letter()).outcome is Outcome.AWAY


def test_a_provider_with_a_certificate_nobody_vouches_for_is_told_nothing(
    impostor: Provider,
) -> None:
    answer = impostor.channel.send(impostor.letter())
    assert answer.outcome is Outcome.AWAY
    assert impostor.caught() == []


@pytest.mark.parametrize("trouble", ["refuse", "refuse_for_good", "throttle", "hang_up"])
def test_the_next_letter_goes_after_any_trouble(provider: Provider, trouble: str) -> None:
    getattr(provider, trouble)()
    provider.channel.send(provider.letter())
    before = len(provider.caught())
    next_one = provider.letter(notice_id="NEXT")
    assert provider.channel.send(next_one).outcome is Outcome.SENT
    assert len(provider.caught()) == before + 1


def test_many_at_once_arrive_once_each(provider: Provider) -> None:
    letters = [provider.letter(text=f"第{number}号。") for number in range(60)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(provider.channel.send, letters))
    assert {answer.outcome for answer in answers} == {Outcome.SENT}
    arrived = [found[0] for caught in provider.caught() if (found := NUMBER.search(caught.text))]
    assert sorted(arrived) == sorted(f"第{number}号" for number in range(60))


def test_a_reason_never_quotes_an_address(provider: Provider) -> None:
    for trouble in (provider.refuse, provider.refuse_for_good, provider.hang_up):
        trouble()
        answer = provider.channel.send(provider.letter())
        assert provider.letter().address not in answer.reason
        assert len(answer.reason) <= 80
    assert provider.letter().address not in repr(provider.letter())
