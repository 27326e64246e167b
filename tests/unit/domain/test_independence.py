"""Who must not decide about a matter alone, and which stations a text names."""

from typing import Any

import pytest

from schemas.stations import MAX_STATIONS, OTHERS, NamedStation
from schemas.vocabulary import Category, Cause
from services.domain.conflicts import (
    NOBODY,
    Matter,
    barred_from,
    choose,
    joined,
    named_stations,
    settled,
    watching,
)
from services.domain.independence import unguarded
from services.domain.teams import Team
from tests.support.station_teams import GUANGZHOU, HANGZHOU, LEEDS, station_teams

TEAMS = station_teams()


def matter(*names: str, category: Category = Category.ATTITUDE, **fields: Any) -> Matter:
    cause = fields.get("cause", Cause.UNKNOWN)
    return Matter(named_stations(names, category, cause, TEAMS), category, cause)


def test_a_complaint_about_staff_bars_the_stations_team_and_its_members() -> None:
    barred = barred_from(matter(HANGZHOU), TEAMS)
    assert barred.bars("front-desk", TEAMS)
    assert "clerk-101" in barred.people
    assert not barred.bars("claims", TEAMS)


def test_another_matter_that_names_the_station_is_watched_only() -> None:
    late = matter(HANGZHOU, category=Category.DELAY)
    assert not barred_from(late, TEAMS).bars("front-desk", TEAMS)
    assert watching("front-desk", late, TEAMS) == ("delivery",)
    assert watching("claims", late, TEAMS) == ()


def test_staff_as_the_cause_is_enough() -> None:
    late = matter(HANGZHOU, category=Category.DELAY, cause=Cause.STAFF)
    assert barred_from(late, TEAMS).bars("front-desk", TEAMS)


def test_a_place_without_a_team_of_its_own_bars_nobody() -> None:
    assert barred_from(matter("成都五站"), TEAMS) is NOBODY


def test_a_team_of_none_but_the_stations_people_is_barred_as_well() -> None:
    people = TEAMS.teams["front-desk"].members[:2]
    same = Team(zh="同", en="same people", members=people, up="head-office")
    teams = TEAMS.model_copy(update={"teams": TEAMS.teams | {"same": same}})
    assert barred_from(matter(HANGZHOU), teams).bars("same", teams)


def test_the_first_above_that_has_nothing_to_do_with_it_leads() -> None:
    barred = barred_from(matter(LEEDS, GUANGZHOU), TEAMS)
    chosen = choose("claims", TEAMS.ladder_above("claims"), barred, TEAMS)
    assert chosen.team == "task-force"
    assert [team for team, _ in chosen.passed] == ["claims", "senior-desk"]


def test_where_only_conflicted_teams_are_left_whoever_watches_leads() -> None:
    barred = barred_from(matter(HANGZHOU, LEEDS, GUANGZHOU), TEAMS)
    assert choose("claims", ["senior-desk", "front-desk"], barred, TEAMS).team == "delivery"


def test_a_full_team_never_makes_the_station_the_next_choice() -> None:
    teams = station_teams(task_force={"capacity": 1})
    barred = barred_from(matter(GUANGZHOU), teams)
    loads = {"clerk-901": 1, "clerk-902": 1}
    chosen = choose("senior-desk", ["task-force"], barred, teams, loads)
    assert chosen.team == "task-force"


def test_what_was_about_the_station_stays_so_and_no_station_is_forgotten() -> None:
    about = matter(HANGZHOU).stations
    later = named_stations([HANGZHOU], Category.DELAY, Cause.UNKNOWN, TEAMS)
    assert joined(about, later)[0].is_about
    assert joined(later, about)[0].is_about
    many = [NamedStation(station=f"s{n}", is_about=n == 20) for n in range(30)]
    listed = joined((), many)
    assert (len(listed), listed[-1]) == (
        MAX_STATIONS,
        NamedStation(station=OTHERS, is_about=True),
    )
    assert barred_from(Matter(listed), TEAMS).bars("front-desk", TEAMS)


def test_a_team_whose_own_the_station_was_stays_barred() -> None:
    was = (NamedStation(station="旧站", teams=("billing",), is_about=True),)
    assert barred_from(Matter(was), TEAMS).bars("billing", TEAMS)


def test_a_judgement_settles_what_the_stations_are() -> None:
    late = matter(HANGZHOU, category=Category.DELAY)
    assert settled(late, TEAMS) == late.stations
    assert settled(late._replace(category=Category.PICKUP), TEAMS)[0].is_about


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("杭州三站的快递员骂我", ["杭州三站"]),
        ("杭州 三 站的快递员骂我", ["杭州三站"]),
        ("廣州轉運中心把箱子摔了", ["广州转运中心"]),
        ("三站的快递员骂我", []),
        ("转运中心一直不动", []),
        ("从杭州寄到广州，一直没到", []),
        ("the courier of LEEDS NORTH  depot swore at me", ["Leeds North Depot"]),
        ("it lies at the depot in Leeds", []),
        ("Leeds-North Depot, and 杭州三站 before that", ["杭州三站", "Leeds North Depot"]),
    ],
)
def test_a_station_is_found_in_a_text_by_its_whole_name_only(text: str, found: list[str]) -> None:
    assert sorted(TEAMS.station_names.in_text(text)) == sorted(found)


def test_a_name_that_says_only_what_it_is_or_where_is_not_looked_for() -> None:
    names = frozenset({"转运中心", "第三营业部", "上海", "Depot", "Hub 12", "Leeds"})
    teams = station_teams(claims={"stations": names})
    text = "上海转运中心的第三营业部, Leeds, depot, hub 12"
    assert teams.station_names.in_text(text) == []


def test_of_names_in_one_another_the_longest_counts() -> None:
    teams = station_teams(claims={"stations": frozenset({"杭州三站", "西杭州三站"})})
    assert teams.station_names.in_text("西杭州三站的人") == ["西杭州三站"]


def test_teams_that_could_not_keep_the_rule_are_named_with_it() -> None:
    bare = TEAMS.model_copy(update={"conflict": None})
    assert {(one.way[1], one.rule) for one in unguarded(bare)} == {
        ("front-desk", "conflict"),
        ("claims", "conflict"),
        ("senior-desk", "conflict"),
    }
    alone = station_teams(
        senior_desk={"stations": frozenset({HANGZHOU}), "up": None},
    )
    assert [one.way for one in unguarded(alone)] == [
        ("teams", "front-desk", "up"),
        ("teams", "senior-desk", "up"),
    ]
    own = station_teams(delivery={"stations": frozenset({"温州站"})})
    assert [one.way for one in unguarded(own)] == [("conflict", "watch")]
    people = station_teams(delivery={"members": ("clerk-101",)})
    assert [one.way for one in unguarded(people)] == [("conflict", "watch")]
    assert list(unguarded(TEAMS)) == []
