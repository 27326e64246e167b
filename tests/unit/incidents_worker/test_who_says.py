"""Who may say something of an incident: clerks, by rank where a guard goes away, and with a note.

Judged by the writer of the place, so also what came by another way than the API.
"""

from typing import Any

import pytest

from schemas.codec import encode
from services.incidents.messages import key_of
from tests.unit.incidents_worker.test_handler import Desk as Worker
from tests.unit.incidents_worker.test_handler import a_word
from tests.unit.incidents_worker.test_logic import Place, word

FRONT, SENIOR, TASK_FORCE = "clerk:clerk-101", "clerk:clerk-801", "clerk:clerk-901"


def an_incident(level: int = 3) -> Place:
    place = Place().take(*(word("found", n, n) for n in range(4)))
    return place if level == 3 else place.take(word("set_level", 0, 5, level=level))


def said(place: Place, kind: str, actor: str, **fields: Any) -> str:
    before = place.state, len(place.changes), len(place.asked)
    place.take(word(kind, 50, 10, actor=actor, **fields))
    if place.outcome in ("not_permitted", "missing_field", "invalid_field"):
        assert (place.state, len(place.changes), len(place.asked)) == before
    return place.outcome


@pytest.mark.parametrize("actor", ["key:house", "system", "partner:p1", "customer"])
@pytest.mark.parametrize("kind", ["end", "add", "remove", "set_level"])
def test_only_clerks_say_something_of_an_incident(kind: str, actor: str) -> None:
    place = an_incident(2)
    more = {"incident_id": place.changes[0].incident_id, "level": 4}
    assert said(place, kind, actor, **more) == "not_permitted"
    assert said(Place(), "open", actor) == "not_permitted"


@pytest.mark.parametrize(
    ("level", "actor", "outcome"),
    [
        (2, FRONT, "ended"),
        (3, FRONT, "not_permitted"),
        (3, SENIOR, "ended"),
        (4, SENIOR, "not_permitted"),
        (4, TASK_FORCE, "ended"),
    ],
)
def test_a_grave_incident_is_ended_by_whoever_may_lower_such_a_case(
    level: int, actor: str, outcome: str
) -> None:
    assert said(an_incident(level), "end", actor) == outcome


@pytest.mark.parametrize(
    ("level", "wanted", "actor", "outcome"),
    [
        (3, 4, FRONT, "level_set"),
        (3, 2, FRONT, "not_permitted"),
        (3, 2, SENIOR, "level_set"),
        (4, 3, SENIOR, "not_permitted"),
        (4, 3, TASK_FORCE, "level_set"),
        (2, 1, FRONT, "level_set"),
    ],
)
def test_anybody_raises_and_rank_lowers(level: int, wanted: int, actor: str, outcome: str) -> None:
    assert said(an_incident(level), "set_level", actor, level=wanted) == outcome


def test_to_hold_a_level_against_the_rule_takes_the_rank_of_lowering_it() -> None:
    place = an_incident()
    assert said(place, "set_level", FRONT, level=3) == "not_permitted"
    place.take(*(word("found", 100 + n, 20 + n / 10) for n in range(60)))
    assert place.changes[-1].level == 4


@pytest.mark.parametrize("note", [None, "  "])
@pytest.mark.parametrize("kind", ["end", "set_level"])
def test_without_a_note_nothing_is_ended_and_no_level_set(kind: str, note: str | None) -> None:
    assert said(an_incident(), kind, TASK_FORCE, note=note, level=4) == "missing_field"


def test_opening_adding_and_taking_out_need_a_clerk_and_nothing_else() -> None:
    place = Place().take(*(word("sight", n, n) for n in range(3)))
    assert said(place, "open", FRONT) == "opened"
    incident_id = place.changes[-1].incident_id
    assert said(place, "add", FRONT, incident_id=incident_id) == "asked"
    assert said(place, "remove", FRONT, incident_id=incident_id) == "asked_to_leave"


def test_what_was_quiet_for_too_long_has_no_level_to_be_of_rank_for() -> None:
    place = an_incident(4)
    place.take(word("end", 9, 60 * 24 * 9, actor=FRONT))
    assert (place.outcome, place.changes[-1].reason) == ("no_incident", "quiet")


def test_a_refused_word_from_later_does_not_end_an_incident_by_its_time() -> None:
    place = an_incident()
    place.take(word("end", 9, 60 * 24 * 900, actor="key:house"))
    assert (place.outcome, place.changes[-1].kind) == ("not_permitted", "cases_joined")


def test_a_word_that_came_past_the_api_is_judged_and_leaves_a_row_without_effect() -> None:
    worker = Worker()
    told = a_word().model_copy(update={"actor": "key:house"})
    worker.take(worker.inbound("places", encode(told), key_of(told).encode()))
    assert (worker.changes, worker.outcomes) == ([], ["not_permitted"])
    [row] = worker.store.rows[key_of(told)].values()
    assert (row.changes, row.passed, row.joined) == ((), (), ())
