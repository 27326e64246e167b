"""What a person has for the customers of a whole incident reaches each of its cases once."""

import pytest

from schemas.cases import CaseCommand
from schemas.incidents import IncidentCommand
from services.domain.incident_store import Member
from services.incidents.logic import TOLD_AT_ONCE
from tests.unit.incidents_worker.test_logic import POLICY, Place, word
from tests.unit.incidents_worker.test_who_says import FRONT, SENIOR, TASK_FORCE, an_incident, said

WORDS = "火已扑灭,正在清点,两天内逐一答复。"


def an_update(number: int = 1, minutes: float = 10, note: str | None = WORDS) -> IncidentCommand:
    return word("update", number, minutes, note=note)


def news_of(place: Place) -> list[CaseCommand]:
    return [one for one in place.asked if one.kind == "tell_incident_news"]


def heard(place: Place) -> Place:
    """Let the place take what it says to itself, until it says nothing more."""
    while place.said:
        place.take(place.said.pop(0))
    return place


def test_every_case_is_told_in_the_clerks_own_words() -> None:
    place = heard(an_incident().take(an_update()))
    assert (place.kinds[-1], place.changes[-1].note) == ("customers_updated", WORDS)
    told = news_of(place)
    assert {one.case_id for one in told} == {"C0", "C1", "C2", "C3"}
    [(note, actor)] = {(one.note, one.actor) for one in told}
    assert (note, actor) == (WORDS, TASK_FORCE)


def test_who_joins_later_is_told_too_as_long_as_it_is_news() -> None:
    place = heard(an_incident().take(an_update()))
    place.asked.clear()
    incident_id, long = place.changes[0].incident_id, POLICY.news_hours * 60
    place.take(word("found", 6, 20 * 60))
    for number, minutes in ((7, 11.0), (8, 10 + long), (9, 11 + long)):
        place.step(word("joined", number, minutes, incident_id=incident_id))
    assert [one.case_id for one in news_of(place)] == ["C6", "C7", "C8"]


def test_the_same_news_come_to_a_case_under_one_name_by_whichever_way() -> None:
    place = an_incident().take(an_update(), word("found", 7, 11))
    names = {(one.case_id, one.command_id) for one in news_of(place)}
    heard(place)
    again = {(one.case_id, one.command_id) for one in news_of(place)}
    assert names < again
    assert len(again) == 5
    [bodies] = {one.model_copy(update={"case_id": "C"}) for one in news_of(place)}
    assert bodies.note == WORDS


def test_cases_that_left_hear_nothing() -> None:
    place = an_incident()
    gone = word("remove", 1, 5, incident_id=place.changes[0].incident_id)
    heard(place.take(gone, an_update()))
    assert {one.case_id for one in news_of(place)} == {"C0", "C2", "C3"}


def test_many_cases_are_told_piece_by_piece_also_when_the_incident_is_over_meanwhile() -> None:
    place = an_incident()
    incident_id = place.changes[0].incident_id
    some = [Member(incident_id, f"C{n}", is_in=True) for n in range(TOLD_AT_ONCE)]
    place.members = list(enumerate(some))
    place.take(an_update(), word("end", 1, 11))
    [first] = place.said
    made = place.step(first)
    assert len(made.to_cases) == TOLD_AT_ONCE
    [more] = made.to_places
    assert (more.after, more.note, more.news) == (TOLD_AT_ONCE - 1, WORDS, first.news)
    place.members = [(TOLD_AT_ONCE, Member(incident_id, "last", is_in=True))]
    assert [one.case_id for one in place.step(more).to_cases] == ["last"]


def test_newer_words_take_the_place_of_those_that_are_still_on_their_way() -> None:
    place = an_incident().take(an_update(), an_update(2, 11, "已恢复营业。"))
    assert [one.news is not None for one in place.said] == [True, True]
    heard(place)
    assert {one.note for one in news_of(place)} == {"已恢复营业。"}


def test_another_incident_of_the_place_knows_nothing_of_it() -> None:
    place = heard(an_incident().take(an_update(), word("end", 1, 12)))
    place.asked.clear()
    place.take(*(word("found", 20 + n, 20 + n) for n in range(4)))
    assert {one.kind for one in place.asked} == {"join_incident"}


@pytest.mark.parametrize(
    ("level", "actor", "outcome"),
    [
        (2, FRONT, "updated"),
        (3, FRONT, "not_permitted"),
        (3, SENIOR, "updated"),
        (4, SENIOR, "not_permitted"),
        (4, TASK_FORCE, "updated"),
        (3, "key:house", "not_permitted"),
        (3, "system", "not_permitted"),
    ],
)
def test_a_word_to_all_customers_is_for_who_answers_for_the_level(
    level: int, actor: str, outcome: str
) -> None:
    assert said(an_incident(level), "update", actor, note=WORDS) == outcome


@pytest.mark.parametrize(
    ("note", "outcome"),
    [
        (None, "missing_field"),
        (" ", "missing_field"),
        ("请联系张先生13800001111", "invalid_field"),
        ("Call +86 138 0000 1111", "invalid_field"),
        ("运单YT4424771630048已找到", "invalid_field"),
        ("证件号11010519491231002X", "invalid_field"),
        ("请拨打 400-888-1234 或 95338,每件最高赔 5000 元,2026-11-26 前答复。", "updated"),
    ],
)
def test_what_all_read_names_nobody(note: str | None, outcome: str) -> None:
    assert said(an_incident(), "update", TASK_FORCE, note=note) == outcome
