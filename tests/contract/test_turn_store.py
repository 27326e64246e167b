"""One process has a turn at a time, and nobody waits long for one that died."""

import threading

import pytest

from services.adapters.memory_turns import MemoryTurnStore
from services.adapters.mongo_turns import MongoTurnStore
from services.domain.turn_store import TurnStore
from tests.support.builders import at
from tests.support.manual_clock import ManualClock
from tests.support.waiting import eventually


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def turns(backend: str, request: pytest.FixtureRequest, clock: ManualClock) -> TurnStore:
    if backend == "memory":
        return MemoryTurnStore(clock)
    return MongoTurnStore(request.getfixturevalue("database"))


def test_one_holder_keeps_its_turn_until_it_gives_it_back(turns: TurnStore) -> None:
    assert turns.take("care", "a", 60)
    assert turns.take("care", "a", 60)
    assert not turns.take("care", "b", 60)
    assert turns.take("other", "b", 60)
    turns.give_back("care", "b")
    assert not turns.take("care", "b", 60)
    turns.give_back("care", "a")
    assert turns.take("care", "b", 60)
    assert not turns.take("care", "a", 60)


def test_the_turn_of_one_that_died_ends(turns: TurnStore, clock: ManualClock) -> None:
    assert turns.take("care", "dead", 0.2)

    def is_followed() -> bool:
        clock.advance(0.05)
        return turns.take("care", "next", 60)

    assert not turns.take("care", "next", 60)
    eventually(is_followed, 10, "the turn is free again")
    assert not turns.take("care", "dead", 60)


def test_of_many_at_once_one_has_the_turn(turns: TurnStore) -> None:
    for name in map(str, range(10)):
        taken: list[str] = []

        def take(who: str, name: str = name, taken: list[str] = taken) -> None:
            if turns.take(name, who, 60):
                taken.append(who)

        threads = [threading.Thread(target=take, args=(who,)) for who in "abcdefgh"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == 1


def test_when_a_pass_was_complete_is_remembered_and_never_goes_back(turns: TurnStore) -> None:
    assert turns.noted("pass") is None
    turns.note("pass", at(hours=1))
    turns.note("pass", at())
    turns.note("other", at(hours=2))
    assert turns.noted("pass") == at(hours=1)
