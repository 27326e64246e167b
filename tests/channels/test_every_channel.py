"""What holds for every channel, whatever its provider does; faults are in ``matrix``."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.domain.send_store import Outcome
from tests.channels.providers import Provider

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
