"""The SwitchStore port: what both of its forms promise."""

from dataclasses import replace

import pytest

from services.adapters.memory_switches import MemorySwitchStore
from services.adapters.mongo_switches import MongoSwitchStore
from services.domain.switch_store import Pause, SwitchStore
from tests.support.builders import NOON

PAUSE = Pause("cases", "li", NOON, "an index is being built")


@pytest.fixture
def switches(backend: str, request: pytest.FixtureRequest) -> SwitchStore:
    if backend == "memory":
        return MemorySwitchStore()
    return MongoSwitchStore(request.getfixturevalue("database"))


def test_a_pause_is_read_back_as_it_was_made(switches: SwitchStore) -> None:
    assert switches.paused() == {}
    assert switches.pause(PAUSE) == PAUSE
    assert switches.paused() == {"cases": PAUSE}


def test_whoever_paused_first_stands_as_the_one_who_did(switches: SwitchStore) -> None:
    switches.pause(PAUSE)
    assert switches.pause(replace(PAUSE, by="wang")) == PAUSE
    assert switches.paused() == {"cases": PAUSE}


def test_a_resumed_worker_is_paused_no_more_and_the_others_stay(switches: SwitchStore) -> None:
    switches.pause(PAUSE)
    switches.pause(replace(PAUSE, worker="sla"))
    assert switches.resume("cases") == PAUSE
    assert switches.resume("cases") is None
    assert set(switches.paused()) == {"sla"}
