"""Notices that wait on the lanes of their channels, in memory and on MongoDB."""

from dataclasses import replace

import pytest

from services.adapters.memory_asides import MemoryAsideStore
from services.adapters.mongo_asides import MongoAsideStore
from services.domain.aside_store import Aside, AsideStore
from tests.support.builders import at


@pytest.fixture
def asides(backend: str, request: pytest.FixtureRequest) -> AsideStore:
    if backend == "memory":
        return MemoryAsideStore()
    return MongoAsideStore(request.getfixturevalue("database"))


def a_row(name: str, channel: str = "sms", partition: int = 0, hours: float = 0) -> Aside:
    return Aside(name, channel, partition, at(hours=hours), b"{}")


def test_a_lane_gives_what_waited_longest_in_its_partitions(asides: AsideStore) -> None:
    rows = [a_row("N1", hours=3), a_row("N2", partition=1), a_row("N3", hours=1)]
    asides.put([*rows, a_row("N4", channel="chat"), a_row("N5", partition=2)])
    assert asides.oldest("sms", [0, 1], (), 10) == [rows[1], rows[2], rows[0]]
    assert asides.oldest("sms", [0, 1], {"N2"}, 1) == [rows[2]]
    assert asides.oldest("sms", [], (), 10) == []


def test_what_waits_already_waits_once_and_goes_when_it_is_told(asides: AsideStore) -> None:
    asides.put([a_row("N1"), a_row("N2", hours=1)])
    asides.put([a_row("N1", hours=9)])
    asides.take_away(["N2", "N7"])
    assert asides.oldest("sms", [0], (), 10) == [a_row("N1")]


def test_of_some_notices_it_is_known_which_wait(asides: AsideStore) -> None:
    asides.put([a_row("N1"), a_row("N2", channel="chat"), a_row("N3")])
    assert asides.of(["N1", "N2", "N7"]) == {"N1": a_row("N1"), "N2": a_row("N2", channel="chat")}
    assert asides.of([]) == {}


def test_a_lane_is_counted_over_its_partitions(asides: AsideStore) -> None:
    asides.put([a_row("N1"), a_row("N2", partition=1), a_row("N3", partition=2)])
    asides.put([a_row("N4", channel="chat")])
    assert asides.waiting("sms", [0, 1]) == {"": 2}
    assert asides.waiting("sms", []) == {}
    assert asides.waiting("letter", [0, 1, 2]) == {}


def test_who_waits_for_one_of_several_providers_is_found_and_counted_apart(
    asides: AsideStore,
) -> None:
    claims = [replace(a_row(f"C{n}", "chat", hours=n), provider="team:claims") for n in range(3)]
    lost = replace(a_row("L", "chat", hours=9), provider="team:lost")
    asides.put([*claims, lost, a_row("O", "chat", hours=4)])
    assert asides.waiting("chat", [0]) == {"team:claims": 3, "team:lost": 1, "": 1}
    assert asides.oldest("chat", [0], {"C0"}, 1, "team:claims") == [claims[1]]
    assert asides.oldest("chat", [0], (), 9, "team:lost") == [lost]
    assert asides.oldest("chat", [0], (), 9, "") == [a_row("O", "chat", hours=4)]
    assert asides.oldest("chat", [0], (), 1) == [claims[0]]
