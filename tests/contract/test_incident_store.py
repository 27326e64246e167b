"""Places and their incidents, in memory and on MongoDB."""

from dataclasses import replace

import pytest

from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_incidents import MemoryContactTexts, MemoryIncidentStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.mongo_incidents import MongoContactTexts, MongoIncidentStore
from services.domain.incident_store import (
    ContactText,
    Incident,
    IncidentStore,
    Member,
    PlaceRow,
    PlaceState,
)
from services.domain.retention import without_person
from tests.support.builders import TENANT, a_contact, a_deduplicated, at
from tests.unit.notification.test_handler import a_row as a_contact_row


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


def a_member(
    n: int, case: str, is_in: bool = True, incident: str = "I1", who: str | None = None
) -> PlaceRow:
    place = "t|东莞|loss"
    member = Member(incident, case, is_in, who)
    return PlaceRow(place, n, f"said-{n}", f"id:0:{n}", b"{}", about=incident, member=member)


def test_an_incident_is_found_by_its_id_with_its_course_and_its_members(
    incidents: IncidentStore,
) -> None:
    other = a_member(5, "C9", incident="I2")
    rows = [a_row(1), a_member(2, "C1"), a_member(3, "C2"), a_member(4, "C1", is_in=False), other]
    incidents.append(rows)
    assert [row.n for row in incidents.about("t", "I1", 10)] == [4, 3, 2]
    assert [row.n for row in incidents.about("t", "I1", 1)] == [4]
    assert incidents.about("u", "I1", 10) == []
    said = incidents.members("t", "I1", 0, 10)
    assert [(n, one.case_id, one.is_in) for n, one in said] == [
        (2, "C1", True),
        (3, "C2", True),
        (4, "C1", False),
    ]
    assert [n for n, _ in incidents.members("t", "I1", 2, 1)] == [3]


def test_a_member_is_kept_with_the_customer_that_it_counts_for(incidents: IncidentStore) -> None:
    rows = [a_member(1, "C1", who="w1"), a_member(2, "C2"), a_member(3, "C1", is_in=False)]
    incidents.append(rows)
    said = incidents.members("t", "I1", 0, 10)
    assert [(one.case_id, one.is_in, one.who) for _, one in said] == [
        ("C1", True, "w1"),
        ("C2", True, None),
        ("C1", False, None),
    ]
    assert incidents.about("t", "I1", 10)[::-1] == rows


def test_the_next_change_of_a_place_is_found_behind_rows_without_one(
    incidents: IncidentStore,
) -> None:
    place = "t|东莞|loss"
    rows = [replace(a_row(n), changes=()) for n in range(1, 6)]
    rows[1] = replace(rows[1], changes=(b"a",))
    rows[3] = replace(rows[3], changes=(b"b", b"c"))
    elsewhere = replace(a_row(6, "t|东莞|zzz"), changes=(b"d",))
    incidents.append([*rows, elsewhere])
    found = [incidents.change_after(place, n) for n in (0, 2, 4)]
    assert found == [rows[1], rows[3], None]


def test_the_newest_rows_of_a_place_come_in_order(incidents: IncidentStore) -> None:
    incidents.append([a_row(n) for n in range(1, 12)])
    assert [row.n for row in incidents.tail("t|东莞|loss", 3)] == [9, 10, 11]
    assert incidents.tail("t|nowhere|x", 3) == []
    assert incidents.tail("t|东莞|loss", 0) == []


def test_texts_are_given_as_long_as_they_are_kept(
    backend: str, request: pytest.FixtureRequest
) -> None:
    told = a_deduplicated(a_contact("a", text="白鹤洞着火", hub="东莞"))
    gone = without_person(a_deduplicated(a_contact("b", text="白鹤洞起火")))
    rows = [a_contact_row(told), a_contact_row(gone)]
    if backend == "memory":
        memory = MemoryDedupStore()
        memory.insert_rows(rows)
        found = MemoryContactTexts(memory).texts([row.key for row in rows])
    else:
        database = request.getfixturevalue("database")
        MongoDedupStore(database).insert_rows(rows)
        found = MongoContactTexts(database).texts([row.key for row in rows])
    key = f"{TENANT}|{told.contact.contact_id}"
    assert found == {key: ContactText("白鹤洞着火", "东莞")}
