"""Many cases at one place become an incident: it opens, grows, and ends."""

from datetime import timedelta
from typing import Any

from schemas.incidents import IncidentAsk, IncidentChanged, IncidentCommand
from services.domain.incident_store import PlaceState
from services.incidents.logic import step
from services.incidents.policy import load_policy
from tests.support.builders import NOON

POLICY = load_policy()


def word(kind: str, number: int, minutes: float = 0, **fields: Any) -> IncidentCommand:
    sighted = {"case_id": f"C{number}", "who": f"who-{number}"} if kind == "sight" else {}
    made: dict[str, Any] = {
        "tenant": "t",
        "hub": "东莞",
        "category": "loss",
        "command_id": f"{kind}-{number}",
        "kind": IncidentAsk(kind),
        "actor": "system" if kind == "sight" else "clerk:7",
        "at": NOON + timedelta(minutes=minutes),
    }
    return IncidentCommand(**(made | sighted | fields))


def played(*words: IncidentCommand) -> tuple[PlaceState, list[IncidentChanged], list[str]]:
    state, changes, joined = PlaceState(), [], []
    for one in words:
        made = step(state, one, POLICY, NOON)
        state = made.state
        changes += made.changes
        joined += made.joined
    return state, changes, joined


def kinds(changes: list[IncidentChanged]) -> list[str]:
    return [str(change.kind) for change in changes]


def test_four_cases_of_three_customers_within_hours_are_an_incident() -> None:
    state, changes, joined = played(*(word("sight", n, n) for n in range(4)))
    assert kinds(changes) == ["opened", "cases_joined"]
    assert (changes[-1].level, changes[-1].cases, changes[-1].opened_at) == (3, 4, NOON)
    assert joined == ["C0", "C1", "C2", "C3"]
    assert state.incident is not None


def test_cases_of_two_customers_or_over_days_are_none() -> None:
    of_two = [word("sight", n, n, who=f"who-{n % 2}") for n in range(8)]
    assert played(*of_two)[1] == []
    assert played(*(word("sight", n, n * 60 * 7) for n in range(8)))[1] == []


def test_sixty_customers_make_it_grave_once_and_it_stays_so() -> None:
    state, changes, joined = played(*(word("sight", n, n) for n in range(60)))
    assert kinds(changes).count("level_raised") == 1
    assert (changes[-1].level, changes[-1].cases, len(joined)) == (4, 60, 60)
    assert len(state.model_dump_json()) < 4000


def test_changes_are_numbered_without_a_gap_and_a_place_stays_small() -> None:
    _, changes, _ = played(*(word("sight", n, n) for n in range(300)))
    assert [change.seq for change in changes] == list(range(1, len(changes) + 1))


def test_it_ends_when_nothing_comes_and_the_next_one_is_another() -> None:
    first = [word("sight", n, n) for n in range(4)]
    later = [word("sight", 10 + n, 60 * 30 + n) for n in range(4)]
    _, changes, _ = played(*first, *later)
    assert kinds(changes) == ["opened", "cases_joined", "ended", "opened", "cases_joined"]
    assert changes[2].reason == "quiet"
    assert changes[0].incident_id != changes[-1].incident_id


def test_a_person_opens_and_ends_one() -> None:
    few = word("sight", 1), word("open", 1, 5, note="fire"), word("sight", 2, 6)
    state, changes, joined = played(*few, word("end", 1, 9, note="out"))
    assert kinds(changes) == ["opened", "cases_joined", "cases_joined", "ended"]
    assert (changes[0].note, changes[-1].note, joined) == ("fire", "out", ["C1", "C2"])
    assert state.incident is None
