"""Who of the teams that the tree names can lead, and what is said of the others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.routes import Destination
from services.domain.teams import load_teams
from services.routing.policy import Network, Operator
from services.routing.subject import question_of
from tests.support.builders import a_contact, a_deduplicated, a_routed
from tests.unit.routing.desk import a_question, a_router, teams_with, when

STATION = teams_with(
    st_hangzhou={"stations": frozenset({"hangzhou-3"}), "up": "senior-desk"},
)
AT_STATION = when("quality", "delivery", hub=["hangzhou-3"], routes=(when("st", "st-hangzhou"),))
SUNDAY_NIGHT = datetime(2026, 3, 1, 18, tzinfo=UTC)


def passed(found: Destination) -> list[tuple[str, str]]:
    return [(one.team, one.reason) for one in found.passed_over]


def test_a_complaint_about_a_stations_staff_is_led_by_another_team_and_the_station_is_told() -> (
    None
):
    router = a_router(AT_STATION, teams=STATION)
    found = router.route(a_question(hub="hangzhou-3", category="attitude"))
    assert found.team == "delivery"
    assert found.inform == ("st-hangzhou",)
    assert passed(found) == [("st-hangzhou", "conflict_of_interest")]


def test_any_other_complaint_the_station_may_lead_but_never_alone() -> None:
    router = a_router(AT_STATION, teams=STATION)
    found = router.route(a_question(hub="hangzhou-3", category="delay"))
    assert (found.team, found.inform, found.passed_over) == ("st-hangzhou", ("delivery",), ())


@pytest.mark.parametrize(
    ("fields", "subject", "reason"),
    [
        ({"levels": [1, 2]}, {"level": 3}, "level"),
        ({"skills": ["damage"]}, {"category": "loss"}, "skill"),
        ({"regions": ["east"]}, {"region": "north"}, "region"),
        ({"languages": ["zh"]}, {"language": "en-GB"}, "language"),
    ],
)
def test_a_team_that_cannot_do_it_is_passed_over(
    fields: dict[str, Any], subject: dict[str, Any], reason: str
) -> None:
    router = a_router(when("a", "claims"), teams=teams_with(claims=fields))
    found = router.route(a_question(**subject))
    assert (found.team, passed(found)) == ("front-desk", [("claims", reason)])


def test_where_nobody_on_the_way_can_the_ladder_above_is_asked() -> None:
    only_zh = {"languages": ["zh"]}
    teams = teams_with(claims=only_zh, front_desk=only_zh)
    found = a_router(when("a", "claims"), teams=teams).route(a_question(language="en"))
    assert found.team == "senior-desk"
    assert [team for team, _ in passed(found)] == ["claims", "front-desk"]


def test_where_nobody_at_all_can_the_first_choice_leads_all_the_same() -> None:
    only_zh = {name.replace("-", "_"): {"languages": ["zh"]} for name in load_teams().teams}
    found = a_router(when("a", "claims"), teams=teams_with(**only_zh)).route(
        a_question(language="en")
    )
    assert found.team == "claims"
    assert "claims" not in [team for team, _ in passed(found)]


def test_an_urgent_level_goes_to_a_team_on_duty_and_the_others_wait_for_their_hours() -> None:
    router = a_router(when("a", "claims"), on_duty_levels=frozenset({4}))
    at_night = router.route(a_question(SUNDAY_NIGHT, level=4))
    assert at_night.team == "task-force"
    assert passed(at_night)[0] == ("claims", "off_duty")
    assert router.route(a_question(SUNDAY_NIGHT, level=2)).team == "claims"
    assert router.route(a_question(SUNDAY_NIGHT + timedelta(hours=8), level=4)).team == "claims"


NETWORK = Network(
    regions={"east": ("上海",), "north": ("北京",)},
    operators={
        "gb": Operator(cities=("伦敦", "London")),
        "minghang": Operator(hubs=("hub-9",), contractor=True),
    },
)


def asked(
    cause: str = "unknown", network: Network = NETWORK, category: str = "delay", **facts: Any
) -> Any:
    scored = a_routed(a_deduplicated(a_contact(**facts))).scored
    score = scored.score.model_copy(update={"cause": cause, "category": category})
    return question_of(scored.model_copy(update={"score": score}), network)


def test_a_city_has_its_region_and_two_regions_make_it_cross_region() -> None:
    subject = asked(origin="北京市", destination="上海").subject
    assert (subject["region"], subject["origin_region"]) == ("east", "north")
    assert subject["cross_region"] is True
    assert asked(origin="somewhere").subject["cross_region"] is None


def test_other_operators_on_the_way_are_partners_of_the_one_team_that_leads() -> None:
    router = a_router(when("a", "claims", responsible="destination"), network=NETWORK)
    found = router.route(asked(origin="上海", destination="london"))
    assert (found.team, found.operator) == ("claims", "gb")
    assert [(one.operator, one.part) for one in found.partners] == [("gb", "destination")]


def test_a_contractor_is_a_partner_only_where_it_is_answerable() -> None:
    assert asked(hub="hub-9").way == ()
    assert asked(hub="hub-9", cause="contractor").way == (("minghang", "contractor"),)


def test_every_part_of_the_way_that_others_serve_is_seen_by_the_tree() -> None:
    cities = {"us": "New York", "gb": "London"}
    network = Network(operators={name: Operator(cities=(one,)) for name, one in cities.items()})
    question = asked(network=network, origin="new york", destination="LONDON")
    assert question.subject["partner"] == {"origin", "destination"}
    router = a_router(when("last-mile", "claims", partner=["destination"]), network=network)
    assert router.route(question).team == "claims"


@pytest.mark.parametrize(
    ("field", "policy", "stated"),
    [
        ("destination", "上海", "上海市"),
        ("origin", "London", "london"),
        ("hub", "杭州三站", " 杭州 三站"),
        ("hub", "Hangzhou-3", "Ｈangzhou-3"),
        ("language", "zh", "zh-CN"),
        ("language", "en-GB", "EN"),
    ],
)
def test_one_place_and_one_language_are_the_same_however_they_are_written(
    field: str, policy: str, stated: Any
) -> None:
    router = a_router(when("a", "claims", **{field: [policy]}))
    assert router.route(asked(**{field: stated})).team == "claims"


def test_a_station_is_known_again_where_its_name_is_written_otherwise() -> None:
    teams = teams_with(st_hangzhou={"stations": frozenset({"杭州三站"}), "up": "senior-desk"})
    tree = when("quality", "delivery", routes=(when("st", "st-hangzhou", hub=["杭州三站"]),))
    router = a_router(tree, teams=teams)
    found = router.route(asked(hub="杭州 三站", category="attitude"))
    assert (found.team, passed(found)) == ("delivery", [("st-hangzhou", "conflict_of_interest")])
