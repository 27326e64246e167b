"""Places and their incidents, in memory and on MongoDB."""

import pytest

from services.adapters.memory_incidents import MemoryIncidentStore
from services.adapters.mongo_incidents import MongoIncidentStore
from services.domain.incident_store import Incident, IncidentStore, PlaceRow, PlaceState
from tests.support.builders import at


@pytest.fixture
def incidents(backend: str, request: pytest.FixtureRequest) -> IncidentStore:
    if backend == "memory":
        return MemoryIncidentStore()
    return MongoIncidentStore(request.getfixturevalue("database"))


def a_row(n: int, place: str = "t|东莞|loss", command: str = "", state: bytes = b"{}") -> PlaceRow:
    name = command or f"sight-{n}"
    return PlaceRow(place, n, name, f"id:0:{n}", state, (b"a", b"b"), ((f"t|C{n}", b"c"),))


def test_the_newest_row_of_a_place_is_the_place(incidents: IncidentStore) -> None:
    assert incidents.append([a_row(1), a_row(2), a_row(1, "t|东莞|lossless")])
    assert incidents.newest(["t|东莞|loss", "t|nowhere|x"]) == {"t|东莞|loss": a_row(2)}


def test_a_row_is_found_by_its_command(incidents: IncidentStore) -> None:
    incidents.append([a_row(1), a_row(2)])
    wanted = [("t|东莞|loss", "sight-2"), ("t|东莞|loss", "sight-9"), ("t|other|x", "sight-1")]
    assert incidents.of_commands(wanted) == {wanted[0]: a_row(2)}


@pytest.mark.parametrize("other", [a_row(2, command="other"), a_row(3, command="sight-2")])
def test_a_number_or_a_command_that_another_writer_has_is_refused(
    incidents: IncidentStore, other: PlaceRow
) -> None:
    incidents.append([a_row(1), a_row(2)])
    assert not incidents.append([other, a_row(4)])
    assert incidents.newest([other.place])[other.place] == a_row(2)


def a_state(hours: float) -> bytes:
    incident = Incident(incident_id="I1", level=3, opened_at=at(), quiet_until=at(hours=hours))
    return PlaceState(incident=incident).model_dump_json(exclude_none=True).encode()


def test_the_incidents_that_last_are_listed_by_tenant(incidents: IncidentStore) -> None:
    incidents.append([a_row(1, state=a_state(5)), a_row(1, "t|b|loss", state=a_state(9))])
    incidents.append([a_row(1, "u|c|loss", state=a_state(9))])
    incidents.append([a_row(1, "t|d|loss", state=a_state(9)), a_row(2, "t|d|loss")])
    places = [place for place, _ in incidents.lasting("t", at(hours=4), 10)]
    assert places == ["t|b|loss", "t|东莞|loss"]
    assert [place for place, _ in incidents.lasting("t", at(hours=6), 10)] == ["t|b|loss"]
    assert incidents.lasting("t", at(), 0) == []
