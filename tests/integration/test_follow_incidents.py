"""What the continuous audit sees of incidents: who differs, for as long as it does, over its own
breaks too."""

import json
from datetime import timedelta
from typing import Any

import pytest

from schemas.codec import encode
from schemas.incidents import IncidentChange, IncidentChanged
from schemas.vocabulary import Category
from services.adapters.mongo_incidents import MongoIncidentStore
from services.audit import follow_incidents
from services.audit.follow_incidents import IncidentWatch
from services.domain.incident_store import Member, PlaceRow
from tests.support.builders import NOON
from tests.support.namespaces import Namespace

pytestmark = pytest.mark.stack

LATER = NOON + timedelta(minutes=3)


class Files:
    """An incident and its cases, as their writers left them in MongoDB."""

    def __init__(self, database: Any) -> None:
        self.database = database
        self._rows = 0

    def members(self, *names: str, are_in: bool = True) -> None:
        """Let these cases say that they are of the incident, or are no longer."""
        rows = []
        for name in names:
            self._rows += 1
            member = Member("I1", name, are_in)
            command = f"c{self._rows}"
            place = "default|hub|loss"
            row = PlaceRow(place, self._rows, command, command, b"{}", about="I1", member=member)
            rows.append(row)
        assert MongoIncidentStore(self.database).append(rows)

    def case(self, name: str, incident_id: str | None) -> None:
        """Write the document of a case that names the incident, or none."""
        value = {} if incident_id is None else {"incident_id": incident_id}
        document = {"_id": f"default|{name}", "value": json.dumps(value).encode()}
        self.database["cases"].replace_one({"_id": document["_id"]}, document, upsert=True)


@pytest.fixture
def files(namespace: Namespace) -> Files:
    return Files(namespace.database)


def a_change(incident_id: str = "I1") -> bytes:
    return encode(
        IncidentChanged(
            tenant="default",
            incident_id=incident_id,
            seq=1,
            at=NOON,
            kind=IncidentChange.CASES_JOINED,
            actor="system",
            hub="hub",
            category=Category.LOSS,
            level=3,
            cases=1,
            customers=1,
            opened_at=NOON,
            quiet_until=NOON + timedelta(days=1),
        )
    )


def test_an_incident_that_differs_does_so_after_a_break_of_the_audit_as_before(
    files: Files,
) -> None:
    files.members("A")
    files.case("A", None)
    watch = IncidentWatch(files.database)
    watch.heard(a_change())
    assert [watch.look(files.database, at) for at in (NOON, LATER)] == [0, 1]
    again = IncidentWatch(files.database)  # the change is behind the place from which it reads on
    assert again.look(files.database, LATER) == 1
    files.case("A", "I1")
    assert again.look(files.database, LATER) == 0
    assert IncidentWatch(files.database).look(files.database, LATER) == 0


def test_of_more_than_one_look_compares_each_has_its_turn_and_what_is_left_is_told(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_incidents, "_AT_A_TIME", 4)
    wrong: set[str] = {f"I{n}" for n in range(10)}
    looked: list[str] = []

    def agrees(_: Any, tenant: str, incident_id: str) -> bool:
        looked.append(incident_id)
        return incident_id not in wrong

    monkeypatch.setattr(follow_incidents, "agrees", agrees)
    watch = IncidentWatch(files.database)
    for n in range(10):
        watch.heard(a_change(f"I{n}"))
    for _ in range(4):
        watch.look(files.database, NOON)
    assert set(looked) == wrong
    wrong.clear()
    looked.clear()
    watch.heard(a_change("new"))
    left = [watch.figures(files.database, LATER)["incidents_unlooked"] for _ in range(4)]
    assert left == [7, 3, 0, 0]
    assert len(looked) == len(set(looked)) == 11
    assert "new" in looked[:4]
    assert watch.look(files.database, LATER) == 0


def test_a_change_that_was_heard_just_before_a_break_is_compared_after_it(files: Files) -> None:
    files.members("A")
    files.case("A", None)
    IncidentWatch(files.database).heard(a_change())
    again = IncidentWatch(files.database)
    assert [again.look(files.database, at) for at in (NOON, LATER)] == [0, 1]


def test_a_case_that_left_a_large_incident_later_is_not_taken_for_one_of_it(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_incidents, "_AT_ONCE", 3)
    files.members(*"ABCDE")
    for name in "ABCDE":
        files.case(name, "I1")
    files.members("B", are_in=False)
    files.case("B", None)
    assert follow_incidents.agrees(files.database, "default", "I1")
    files.case("C", None)
    assert not follow_incidents.agrees(files.database, "default", "I1")
