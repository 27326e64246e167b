"""Many cases of one cause at one place become an incident: it opens, grows, and ends."""

from datetime import timedelta
from typing import Any

from schemas.cases import CaseCommand
from schemas.incidents import IncidentAsk, IncidentChanged, IncidentCommand
from services.domain.incident_store import Member, PlaceState
from services.domain.incidents.saying import load_incident_rules
from services.incidents.logic import TOLD_AT_ONCE, Step, step
from tests.support.builders import NOON

POLICY, RANKS = load_incident_rules()
CLERK = "clerk:clerk-901"
_OF_PERSONS = ("open", "end", "add", "remove", "set_level", "update")
_ABOUT_CASES = ("sight", "found", "add", "remove", "joined", "left")


def word(kind: str, number: int, minutes: float = 0, **fields: Any) -> IncidentCommand:
    there = {"case_id": f"C{number}", "who": f"who-{number}"} if kind in _ABOUT_CASES else {}
    made: dict[str, Any] = {
        "tenant": "t",
        "hub": "东莞",
        "category": "loss",
        "command_id": f"{kind}-{number}",
        "kind": IncidentAsk(kind),
        "actor": CLERK if kind in _OF_PERSONS else "system",
        "note": "so it is" if kind in ("end", "set_level") else None,
        "at": NOON + timedelta(minutes=minutes),
    }
    return IncidentCommand(**(made | there | fields))


class Place:
    """A place with cases that say yes to whatever they are asked."""

    def __init__(self) -> None:
        self.state = PlaceState()
        self.changes: list[IncidentChanged] = []
        self.asked: list[CaseCommand] = []
        self.members: list[tuple[int, Member]] = []
        self.said: list[IncidentCommand] = []
        self.outcome = ""
        self._n = 0

    def take(self, *words: IncidentCommand) -> "Place":
        for one in words:
            made = self.step(one)
            for asked in made.to_cases:
                if asked.kind in ("join_incident", "leave_incident"):
                    self.take(self.answer(asked))
            self.outcome = made.outcome
        return self

    def step(self, one: IncidentCommand) -> Step:
        self._n += 1
        members = self.members if one.kind in ("tell", "left") else ()
        made = step(self.state, one, POLICY, NOON, members, RANKS)
        self.state = made.state
        self.changes += made.changes
        self.asked += made.to_cases
        self.said += made.to_places
        if made.member is not None:
            self.members.append((self._n, made.member))
        return made

    def answer(self, asked: CaseCommand) -> IncidentCommand:
        assert asked.incident is not None
        kind = "joined" if asked.kind == "join_incident" else "left"
        return word(
            kind,
            0,
            case_id=asked.case_id,
            who=asked.incident.who,
            command_id=f"{kind}-{asked.case_id}-{self._n}",
            incident_id=asked.other,
            level=asked.incident.level,
        )

    @property
    def kinds(self) -> list[str]:
        return [str(change.kind) for change in self.changes]


def link_of(asked: CaseCommand) -> tuple[int, str | None]:
    assert asked.incident is not None
    return asked.incident.level, asked.incident.policy


def test_four_found_cases_of_three_customers_are_an_incident_of_those_who_say_so() -> None:
    place = Place().take(*(word("found", n, n, cause="fire", words=("东莞",)) for n in range(4)))
    assert place.kinds == ["opened", *["cases_joined"] * 4]
    last = place.changes[-1]
    assert (last.level, last.cases, last.customers, last.opened_at) == (3, 4, 4, NOON)
    assert (last.cause, last.words) == ("fire", ("东莞",))
    assert {one.case_id for one in place.asked} == {"C0", "C1", "C2", "C3"}


def test_cases_of_two_customers_or_over_many_days_are_none() -> None:
    two = Place().take(*(word("found", n, n, who=f"who-{n % 2}") for n in range(8)))
    slow = Place().take(*(word("found", n, n * 60 * 40) for n in range(8)))
    assert (two.changes, slow.changes) == ([], [])


def test_cases_that_are_only_opened_there_are_of_it_when_a_person_says_so() -> None:
    seen = Place().take(*(word("sight", n, n) for n in range(9)))
    assert seen.changes == []
    seen.take(word("open", 1, 10, note="fire"), word("sight", 20, 11), word("end", 1, 12))
    assert seen.kinds == ["opened", *["cases_joined"] * 10, "ended"]
    assert (seen.changes[0].note, seen.changes[0].reason) == ("fire", "by_person")
    assert seen.state.incident is None


DAYS_AGO = -10 * 24 * 60.0


def test_a_letter_of_days_ago_makes_no_case_of_today_forgotten() -> None:
    seen = Place().take(*(word("sight", n, n) for n in range(3)), word("sight", 9, DAYS_AGO))
    seen.take(word("open", 1, 10, note="fire"))
    assert {one.case_id for one in seen.asked} == {"C0", "C1", "C2"}
    found = Place().take(*(word("found", n, n) for n in range(3)), word("found", 9, DAYS_AGO))
    found.take(word("found", 4, 4))
    assert found.kinds == ["opened", *["cases_joined"] * 4]


def test_from_fifty_customers_on_it_is_grave_and_every_case_is_told() -> None:
    place = Place().take(*(word("found", n, n) for n in range(60)))
    assert place.kinds.count("level_raised") == 1
    assert (place.changes[-1].level, place.changes[-1].cases) == (4, 60)
    [tell] = place.said
    place.asked.clear()
    place.step(tell)
    told = {one.case_id for one in place.asked if one.kind == "tell_incident_level"}
    assert {f"C{n}" for n in range(50)} <= told
    assert len(place.state.model_dump_json()) < 4000


def test_many_cases_are_told_piece_by_piece() -> None:
    place = Place().take(word("open", 1), word("set_level", 1, level=4))
    incident = place.state.incident
    assert incident is not None
    place.members = [
        (n, Member(incident.incident_id, f"C{n}", is_in=True)) for n in range(TOLD_AT_ONCE)
    ]
    [first] = place.said
    made = place.step(first)
    assert len(made.to_cases) == TOLD_AT_ONCE
    assert [one.after for one in made.to_places] == [TOLD_AT_ONCE - 1]


def test_what_a_person_set_stays_whatever_comes() -> None:
    place = Place().take(*(word("found", n, n) for n in range(55)))
    place.take(word("set_level", 1, 60, level=3, note="small things"))
    place.take(*(word("found", n, n) for n in range(60, 90)))
    assert place.changes[-1].level == 3
    assert (place.kinds.count("level_raised"), place.kinds.count("level_set")) == (1, 1)


def test_cases_are_told_by_which_version_the_incident_has_its_level_unless_a_person_set_it() -> (
    None
):
    place = Place().take(*(word("found", n, n) for n in range(4)))
    assert {link_of(one) for one in place.asked} == {(3, POLICY.version)}
    place.take(word("set_level", 1, 5, level=2))
    assert link_of(place.step(word("found", 9, 9)).to_cases[0]) == (2, None)
    grown = Place().take(*(word("found", n, n) for n in range(50)))
    assert link_of(grown.step(word("found", 60, 60)).to_cases[0]) == (4, POLICY.version)


def test_who_joined_under_an_older_level_is_told_the_newer_one() -> None:
    place = Place().take(*(word("found", n, n) for n in range(4)))
    asked = place.step(word("found", 9, 9)).to_cases[0]
    place.take(word("set_level", 1, 10, level=4))
    made = place.step(place.answer(asked))
    assert [(one.kind, one.case_id) for one in made.to_cases] == [("tell_incident_level", "C9")]


def test_changes_are_numbered_without_a_gap() -> None:
    place = Place().take(*(word("found", n, n) for n in range(200)))
    assert [change.seq for change in place.changes] == list(range(1, len(place.changes) + 1))


def test_it_ends_when_nothing_comes_and_the_next_one_is_another() -> None:
    place = Place().take(*(word("found", n, n) for n in range(4)))
    place.take(*(word("found", 10 + n, 60 * 30 + n) for n in range(4)))
    assert place.kinds.count("opened") == 2
    ended = place.changes[place.kinds.index("ended")]
    assert ended.reason == "quiet"
    assert place.changes[0].incident_id != place.changes[-1].incident_id


def test_after_a_person_ended_it_as_many_again_open_another() -> None:
    place = Place().take(*(word("found", n, n) for n in range(5)), word("end", 1, 9))
    place.take(*(word("found", 10 + n, 10 + n) for n in range(3)))
    assert place.kinds[-1] == "ended"
    place.take(word("found", 14, 14))
    assert place.kinds.count("opened") == 2


def test_a_case_that_answers_after_the_end_is_asked_to_leave_again() -> None:
    place = Place().take(*(word("found", n, n) for n in range(4)))
    asked = place.step(word("found", 9, 9)).to_cases[0]
    place.take(word("end", 1, 10))
    place.take(place.answer(asked))
    assert place.asked[-1].kind == "leave_incident"
    assert [member.is_in for _, member in place.members if member.case_id == "C9"] == [True, False]
    assert place.changes[-1].kind == "ended"


def test_a_person_adds_and_removes_a_case() -> None:
    place = Place().take(*(word("found", n, n) for n in range(4)))
    incident_id = place.changes[-1].incident_id
    place.take(word("add", 9, 10, incident_id=incident_id, note="same fire"))
    assert (place.changes[-1].cases, place.asked[-1].actor) == (5, CLERK)
    place.take(word("remove", 9, 11, incident_id=incident_id))
    assert (place.changes[-1].left, place.changes[-1].cases) == (("C9",), 4)


def test_a_word_about_an_incident_that_is_over_does_nothing_to_the_next() -> None:
    place = Place().take(*(word("found", n, n) for n in range(4)))
    for kind, fields in (("end", {}), ("set_level", {"level": 4}), ("add", {})):
        place.take(word(kind, 9, 10, incident_id="I-another", **fields))
        assert place.outcome == "no_incident"
