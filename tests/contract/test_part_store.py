"""Parts of short messages that wait for the others, in memory and on MongoDB."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from pymongo.database import Database

from schemas.personal import Personal
from services.adapters.memory_parts import MemoryPartStore
from services.adapters.mongo import Document
from services.adapters.mongo_parts import MongoPartStore
from services.domain.part_store import (
    Fate,
    PartStore,
    Put,
    Taken,
    WaitingMessage,
    WaitingPart,
)
from services.domain.sms_parts import Piece
from tests.support.builders import TENANT, at, sealed

WAIT = timedelta(minutes=10)
SENDER = sealed(Personal(phone="13800138000"))


@pytest.fixture
def parts(backend: str, request: pytest.FixtureRequest) -> PartStore:
    if backend == "memory":
        return MemoryPartStore()
    return MongoPartStore(request.getfixturevalue("database"))


def a_part(
    number: int, minutes: float = 0, words: str = "还没到", key: str = "t|k1.A", total: int = 3
) -> WaitingMessage:
    """Return the part, as the message that it begins."""
    octets = f"{number}{words}".encode("utf-16-be")
    digest = f"k1.{number}{words}"
    part = WaitingPart(digest, Piece(number, 8, octets))
    return WaitingMessage(key, TENANT, total, at(minutes=minutes), digest, SENDER, (part,))


def put(parts: PartStore, message: WaitingMessage) -> Put:
    return parts.put(message, message.begun_at - WAIT)


def together(*messages: WaitingMessage) -> WaitingMessage:
    """Return the parts in one message, that of the first."""
    found = sorted((one.parts[0] for one in messages), key=lambda one: one.piece.number)
    return replace(messages[0], parts=tuple(found))


def test_parts_of_one_message_are_kept_together_in_any_order(parts: PartStore) -> None:
    one, two, three = a_part(2), a_part(3, 1), a_part(1, 9)
    assert put(parts, one) == (Fate.KEPT, one)
    assert put(parts, two) == (Fate.KEPT, together(one, two))
    whole = put(parts, three).message
    assert whole == together(one, two, three)
    assert whole is not None
    assert whole.is_whole


def test_a_message_that_was_taken_without_some_parts_is_known_by_those_that_it_had(
    parts: PartStore,
) -> None:
    def handed_on(*some: WaitingMessage) -> None:
        for one in some:
            put(parts, one)
        closed = parts.close(some[0])
        assert closed is not None
        parts.hand_on(closed, at(hours=72))

    key = a_part(1).key
    handed_on(a_part(1), a_part(2), a_part(3))
    assert parts.taken(key, at(hours=1)) is None
    first, rest = a_part(1, 20, "新"), a_part(3, 60, "新")
    handed_on(first, a_part(2, 21, "新"))
    known = Taken(first.begun_at, first.begun_by, frozenset({1, 2}))
    assert parts.taken(key, at(hours=1)) == known
    handed_on(rest)  # it is the rest of that one, which stays known by its own
    assert parts.taken(key, at(hours=1)) == known
    assert parts.taken(key, at(hours=73)) is None
    handed_on(other := a_part(2, 90, "又"))
    assert parts.taken(key, at(hours=2)) == Taken(other.begun_at, other.begun_by, frozenset({2}))


def test_a_part_that_comes_again_is_kept_once(parts: PartStore) -> None:
    put(parts, a_part(1))
    assert put(parts, a_part(1, 3)) == (Fate.KEPT, a_part(1))


def test_messages_of_others_are_none_of_its_business(parts: PartStore) -> None:
    put(parts, a_part(1))
    other = a_part(2, key="t|k1.B")
    assert put(parts, other) == (Fate.KEPT, other)


def test_a_part_joins_no_message_that_is_too_old(parts: PartStore) -> None:
    old = a_part(1)
    put(parts, old)
    assert put(parts, a_part(2, 10)) == (Fate.IN_THE_WAY, old)
    parts.hand_on(old, at(hours=72))
    new = a_part(2, 10)
    assert put(parts, new) == (Fate.KEPT, new)


def test_a_reference_that_was_used_again_mixes_no_messages(parts: PartStore) -> None:
    put(parts, a_part(1))
    assert put(parts, a_part(1, 2, "箱子湿了")) == (Fate.IN_THE_WAY, a_part(1))


def test_a_closed_message_takes_no_more_and_stays_the_same(parts: PartStore) -> None:
    put(parts, a_part(1))
    closed = parts.close(a_part(1))
    assert closed == replace(a_part(1), is_closed=True)
    assert parts.close(a_part(1)) == closed
    assert put(parts, a_part(2, 1)) == (Fate.IN_THE_WAY, closed)
    assert put(parts, a_part(1, 1)) == (Fate.IN_THE_WAY, closed)
    assert parts.close(a_part(1, 1)) is None
    assert parts.close(a_part(1, key="t|k1.B")) is None
    assert parts.close(a_part(2)) is None


def test_what_was_handed_on_is_gone_and_known_when_it_comes_again(parts: PartStore) -> None:
    messages = [a_part(1), a_part(2, 1)]
    for one in messages:
        put(parts, one)
    parts.hand_on(together(*messages), at(hours=72))
    assert parts.oldest(at(hours=99), None, 9) == []
    assert put(parts, a_part(1, 5)) == (Fate.HANDED_ON, None)
    assert put(parts, a_part(2, 60 * 71)) == (Fate.HANDED_ON, None)
    new = a_part(3, 60 * 71)
    assert put(parts, new) == (Fate.KEPT, new)
    assert put(parts, a_part(1, 60 * 71)) == (Fate.HANDED_ON, new)


def test_the_same_words_days_later_are_another_message(parts: PartStore) -> None:
    put(parts, a_part(1))
    parts.hand_on(a_part(1), at(hours=72))
    later = a_part(1, 60 * 73)
    assert put(parts, later) == (Fate.KEPT, later)


def test_other_words_under_the_same_reference_are_another_message(parts: PartStore) -> None:
    put(parts, a_part(1))
    parts.hand_on(a_part(1), at(hours=72))
    other = a_part(1, 2, "箱子湿了")
    assert put(parts, other) == (Fate.KEPT, other)


def test_handing_on_once_more_takes_nothing_of_the_next_message(parts: PartStore) -> None:
    old, new = a_part(1), a_part(2, 30)
    put(parts, old)
    parts.hand_on(old, at(hours=72))
    put(parts, new)
    parts.hand_on(old, at(hours=72))
    assert parts.oldest(at(hours=1), None, 9) == [new]


def test_the_oldest_are_found_first_and_page_by_page(parts: PartStore) -> None:
    messages = [a_part(1, minutes, key=f"t|k1.{minutes}") for minutes in (3, 1, 2, 9)]
    for one in messages:
        put(parts, one)
    three, one, two, _ = messages
    assert parts.oldest(at(minutes=3), None, 2) == [one, two]
    assert parts.oldest(at(minutes=3), two.begun_at, 2) == [three]
    assert parts.oldest(at(), None, 2) == []


def test_parts_that_come_at_once_are_all_kept(parts: PartStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        puts = list(pool.map(lambda n: put(parts, a_part(n, total=16)), [*range(1, 17)] * 2))
    assert {one.fate for one in puts} == {Fate.KEPT}
    (message,) = parts.oldest(at(hours=1), None, 9)
    assert message.is_whole
    assert [one.piece.number for one in message.parts] == list(range(1, 17))


@pytest.mark.stack
def test_a_part_that_comes_again_while_its_message_goes_on_begins_no_other(
    database: Database[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MongoPartStore(database)
    put(store, a_part(1))
    asked: list[bool] = []
    is_known: Callable[[WaitingMessage], bool] = store._is_known

    def in_between(message: WaitingMessage) -> bool:
        asked.append(is_known(message))
        if len(asked) == 1:
            store.hand_on(a_part(1), at(hours=72))
        return asked[-1]

    monkeypatch.setattr(store, "_is_known", in_between)
    assert put(store, a_part(1, 1)) == (Fate.HANDED_ON, None)
    assert asked == [False, True]
    assert store.oldest(at(hours=1), None, 9) == []
