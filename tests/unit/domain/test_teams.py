"""Teams form ladders that end, and give each case one person."""

from collections import Counter

import pytest

from services.domain.teams import Teams, load_teams

TEAMS = load_teams()


def a_team(up: str | None = None) -> dict[str, object]:
    return {"zh": "组", "en": "team", "members": ["clerk-1"], "up": up}


def test_every_ladder_ends_at_the_head_office() -> None:
    for team in TEAMS.teams:
        top = team
        while (above := TEAMS.above(top)) is not None:
            top = above
        assert top == "head-office"


def test_a_case_keeps_its_person_and_cases_are_spread_over_the_team() -> None:
    chosen = Counter(TEAMS.person_for(f"default|C{i}", "front-desk") for i in range(3000))
    assert TEAMS.person_for("default|C1", "front-desk") == TEAMS.person_for(
        "default|C1", "front-desk"
    )
    assert set(chosen) == set(TEAMS.teams["front-desk"].members)
    assert min(chosen.values()) > 3000 / len(chosen) * 0.8


def test_above_means_reached_by_climbing() -> None:
    assert TEAMS.is_above("task-force", "front-desk")
    assert not TEAMS.is_above("front-desk", "task-force")
    assert not TEAMS.is_above("claims", "billing")
    assert not TEAMS.is_above("claims", None)


@pytest.mark.parametrize(
    ("teams", "problem"),
    [
        ({"a": a_team("b"), "b": a_team("a")}, "goes in a circle"),
        ({"a": a_team("gone")}, "there is no team 'gone' above it"),
    ],
)
def test_a_ladder_that_does_not_end_is_refused(teams: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Teams(version="test", teams=teams, team_of_level={})


def test_who_is_full_gets_nothing_while_another_has_room() -> None:
    """Counts that differ by little are the same for the choice, but never beyond the capacity."""
    team = TEAMS.teams["claims"].model_copy(update={"capacity": 30})
    teams = TEAMS.model_copy(update={"teams": {**TEAMS.teams, "claims": team}})
    *others, last = team.members
    loads = {**dict.fromkeys(others, 30), last: 29}
    assert {teams.person_for(f"default|C{i}", "claims", loads) for i in range(50)} == {last}
    full = dict.fromkeys(team.members, 30)
    assert teams.person_for("default|C1", "claims", full) in team.members
