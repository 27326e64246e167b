"""Discarding dead letters: what somebody decided about is replayed, not given up."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from schemas import topics
from schemas.codec import encode
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_letters import MemoryLetterStore
from services.cli.dead_desk import Desk
from services.cli.dead_logic import DeadLetterError, Letter, a_letter
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain.letter_store import LetterEnd, LetterFate
from services.runtime.deadletters import to_dead_letter
from services.runtime.records import DeadLetter, DeadReason, Inbound
from services.runtime.watching import always
from tests.support.builders import KEYS, NOON, a_contact
from tests.support.manual_clock import ManualClock


def a_record(offset: int) -> Inbound:
    return Inbound(topics.RECEIVED.name, 0, offset, "id", b"k", encode(a_contact()))


def letter_of(died: Inbound) -> Letter:
    facts = DeadLetter(died, DeadReason.HANDLER_ERROR, "RuntimeError", "", "handler_error")
    out = to_dead_letter(facts, "dedup", NOON, "test")
    return a_letter(out.topic, 0, 0, out.key, out.value, out.headers, "dead-id")


@pytest.fixture
def dedup() -> MemoryDedupStore:
    return MemoryDedupStore()


class Lying:
    """The dead-letter topics: the records that died."""

    def __init__(self, died: Sequence[Inbound]) -> None:
        self._died = died

    def all(self) -> Iterator[Letter]:
        yield from map(letter_of, self._died)


@pytest.fixture
def desk(dedup: MemoryDedupStore) -> Desk:
    topics: Any = Lying([a_record(0), a_record(1)])
    settings: Any = SimpleNamespace(prefix="")
    return Desk(settings, topics, MemoryLetterStore(), {}, dedup)


def decide(store: MemoryDedupStore, record: Inbound) -> None:
    handler = DedupHandler(
        store,
        KEYS,
        always(load_policy()),
        ManualClock(),
        topics.onward(topics.RECEIVED, topics.DEDUPLICATED),
    )
    handler.handle([record], {})


def test_what_nobody_decided_can_be_given_up(desk: Desk) -> None:
    assert desk.discard([letter_of(a_record(0))], "anna", "a test") == {}


def test_what_a_zombie_decided_meanwhile_is_to_be_replayed(
    desk: Desk, dedup: MemoryDedupStore
) -> None:
    died = a_record(0)
    decide(dedup, died)
    with pytest.raises(DeadLetterError, match="replay it instead"):
        desk.discard([letter_of(died)], "anna", "a test")
    assert list(desk.store.ends()) == []


def test_the_letter_of_a_contact_that_was_decided_from_elsewhere_can_be_given_up(
    desk: Desk, dedup: MemoryDedupStore
) -> None:
    decide(dedup, a_record(7))
    assert desk.discard([letter_of(a_record(0))], "anna", "a test") == {}


def test_the_letter_of_a_replay_cannot_be_given_up_where_the_first_record_was_decided(
    desk: Desk, dedup: MemoryDedupStore
) -> None:
    """Kafka has deleted the first letter; that it was replayed is still known."""
    died, again = a_record(5), a_record(1)
    decide(dedup, died)
    first = letter_of(died)
    assert first.facts is not None
    end = LetterEnd("old:0:0", first.id, LetterFate.REPLAYED, first.facts.source, "li", NOON, "")
    assert desk.known([letter_of(again)]) == []
    desk.ends[end.place] = end
    with pytest.raises(DeadLetterError, match="replay it instead"):
        desk.discard([letter_of(again)], "anna", "a test")


@pytest.mark.parametrize("decided", [0, 1])
def test_of_two_letters_of_one_contact_each_is_looked_at(
    desk: Desk, dedup: MemoryDedupStore, decided: int
) -> None:
    """A contact was sent again while dedup was broken: both records died, a zombie had one."""
    died = [a_record(0), a_record(1)]
    decide(dedup, died[decided])
    with pytest.raises(DeadLetterError, match="replay it instead"):
        desk.discard([letter_of(one) for one in died], "anna", "a test")
    assert list(desk.store.ends()) == []
