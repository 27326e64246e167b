"""The tree is walked depth first; somebody always answers."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain.errors import SettingsError
from services.routing.logic import reasons
from services.routing.match import Match, Range
from services.routing.policy import SHIPPED as FILE
from services.routing.policy import Network, Route, RoutingPolicy, load_policy
from services.routing.subject import question_of
from services.routing.watching import load_router
from tests.support.builders import a_contact, a_deduplicated, a_routed, at
from tests.unit.routing.desk import TEAMS, a_policy, a_question, a_router, plain_walk, when

SHIPPED = load_router()


def test_the_first_matching_child_wins() -> None:
    router = a_router(
        when("a", "claims", category=["loss"]), when("b", "billing", category=["loss"])
    )
    assert router.route(a_question(category="loss")).path == ("root", "a")


def test_without_a_matching_child_the_node_itself_answers() -> None:
    router = a_router(
        when("a", "claims", category=["loss"], routes=(when("x", "billing", level=[4]),))
    )
    assert router.route(a_question(category="loss", level=1)).team == "claims"
    assert router.route(a_question(category="fee", level=1)).team == "front-desk"


def test_children_inherit_the_team_the_operator_and_whom_to_inform() -> None:
    inner = when("x", channel=["web"])
    router = a_router(
        when("a", "claims", level=[4], inform=("privacy",), operator="gb", routes=(inner,))
    )
    found = router.route(a_question(level=4, channel="web"))
    assert (found.team, found.operator, found.inform) == ("claims", "gb", ("privacy",))
    assert found.path == ("root", "a", "x")


def test_a_child_that_continues_is_informed_and_does_not_lead() -> None:
    router = a_router(
        when("tell", "privacy", goes_on=True, category=["loss"]),
        when("lead", "claims", category=["loss"]),
    )
    found = router.route(a_question(category="loss"))
    assert (found.team, found.inform) == ("claims", ("privacy",))


def test_when_only_continuing_children_match_the_parent_leads() -> None:
    router = a_router(when("tell", "privacy", goes_on=True, category=["loss"]))
    found = router.route(a_question(category="loss"))
    assert (found.team, found.inform) == ("front-desk", ("privacy",))


@pytest.mark.parametrize(
    ("asked", "yes", "no"),
    [
        ({"declared_value_cny": Range(at_least=1000, below=5000)}, 1000.0, 5000.0),
        ({"declared_value_cny": Range(below=5000)}, 0.0, None),
        ({"prior_contacts": Range(at_least=2)}, 2, 1),
        ({"goods": ["疫苗", "Vaccine"]}, "两箱 vaccine", "mug"),
        ({"waybill_pattern": "^SF"}, "SF1314002793816", "YT1314002793816"),
        ({"regulator": True}, True, False),
        ({"cross_region": False}, False, None),
        ({"region": ["east"]}, "east", "north"),
        ({"insured_cny": Range(at_least=1)}, 500.0, 0.0),
        ({"postage_cny": Range(below=20)}, 12.0, 40.0),
        ({"remedy_sought": ["换货", "Exchange"]}, "an exchange, please", "a refund"),
        ({"jurisdiction": ["HK", "MO"]}, "HK", "CN"),
        ({"days_since_posted": Range(at_least=30)}, 31.5, None),
        ({"confidence": Range(below=0.5)}, 0.4, 0.9),
        ({"unsure": True}, True, False),
        ({"earlier_result": ["拒"]}, "网点拒赔", None),
        ({"partner": ["destination"]}, frozenset({"origin", "destination"}), frozenset({"origin"})),
    ],
)
def test_a_matcher_asks(asked: dict[str, Any], yes: object, no: object) -> None:
    router = a_router(when("a", "claims", **asked))
    field = next(iter(asked)).removesuffix("_pattern")
    assert router.route(a_question(**{field: yes})).team == "claims"
    assert router.route(a_question(**{field: no})).team == "front-desk"


def test_reasons_name_what_each_node_asked_for() -> None:
    router = a_router(when("a", "claims", category=["loss"], prior_contacts=Range(at_least=2)))
    question = a_question(category="loss", prior_contacts=3)
    found = reasons(question.subject, router.policy, router.route(question))
    assert found == ["a: category loss, prior_contacts 3"]


@pytest.mark.parametrize(
    ("subject", "team"),
    [
        ({"level": 4, "category": "delay"}, "task-force"),
        ({"level": 3, "category": "delay"}, "senior-desk"),
        ({"level": 3, "category": "loss", "regulator": True}, "senior-desk"),
        ({"level": 1, "category": "delay", "regulator": True}, "regulator"),
        ({"level": 4, "category": "delay", "regulator": True}, "task-force"),
        ({"level": 1, "category": "damage"}, "claims"),
        ({"level": 1, "category": "fee"}, "billing"),
        ({"level": 1, "category": "attitude"}, "delivery"),
        ({"level": 1, "category": "delay", "waybill": "EA123456785CN"}, "international"),
        ({"level": 1, "category": "unknown"}, "front-desk"),
        ({}, "front-desk"),
    ],
)
def test_the_shipped_tree_sends(subject: dict[str, Any], team: str) -> None:
    assert SHIPPED.route(a_question(**subject)).team == team


def test_the_age_of_a_parcel_its_law_and_the_sureness_of_its_score_are_seen() -> None:
    contact = a_contact(posted_at=at(days=-36, hours=-12), jurisdiction="HK")
    subject = question_of(
        a_routed(a_deduplicated(contact), confidence=0.4).scored, Network()
    ).subject
    assert subject["days_since_posted"] == 36.5
    assert (subject["jurisdiction"], subject["confidence"]) == ("HK", 0.4)
    early = a_deduplicated(a_contact(posted_at=at(days=1)))
    assert question_of(a_routed(early).scored, Network()).subject["days_since_posted"] == 0


# -------------------------------------------------------------------- the compiled tree

VALUES = st.one_of(
    st.none(), st.sampled_from(["loss", "web", "east", "vaccine"]), st.integers(0, 5)
)
ALONE = Match.model_fields.keys() - {"waybill_pattern", "partner"} | {"waybill"}
PARTS = st.frozensets(st.sampled_from(["origin", "transit", "destination"]), min_size=1)
SUBJECTS = st.tuples(
    st.dictionaries(st.sampled_from(sorted(ALONE)), VALUES), st.one_of(st.none(), PARTS)
).map(lambda drawn: drawn[0] | {"partner": drawn[1]})
MATCHES = st.fixed_dictionaries(
    {},
    optional={
        "level": st.frozensets(st.integers(0, 5), min_size=1),
        "category": st.frozensets(st.sampled_from(["loss", "web"]), min_size=1),
        "region": st.just(frozenset({"east"})),
        "regulator": st.booleans(),
        "prior_contacts": st.integers(0, 4).map(lambda n: Range(at_least=n, below=n + 2)),
        "declared_value_cny": st.integers(0, 4).map(lambda n: Range(at_least=n)),
        "goods": st.just(frozenset({"vacc"})),
        "partner": PARTS,
        "waybill_pattern": st.just("^l"),
    },
).map(lambda fields: Match(**fields))


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> dict[str, Any]:
    children = draw(st.lists(trees(depth - 1), max_size=4)) if depth else []
    return {
        "match": draw(MATCHES),
        "team": draw(st.sampled_from([None, "claims", "billing"])),
        "goes_on": draw(st.booleans()),
        "routes": children,
    }


def numbered(tree: dict[str, Any], name: str) -> Route:
    below = tuple(numbered(child, f"{name}.{n}") for n, child in enumerate(tree["routes"]))
    return Route(**{**tree, "id": name, "routes": below})


@settings(max_examples=40, deadline=None)
@given(st.lists(trees(), max_size=5), st.lists(SUBJECTS, min_size=1, max_size=5))
def test_the_compiled_tree_walks_as_one_child_after_the_other(
    branches: list[dict[str, Any]], subjects: list[dict[str, Any]]
) -> None:
    policy = a_policy(*(numbered(one, f"n{number}") for number, one in enumerate(branches)))
    router = a_router(*policy.tree.routes)
    for subject in subjects:
        answers = plain_walk(subject, policy.tree)
        team, path, _ = next((one for one in answers if not one[2]), answers[0])
        told = {who for who, way, _ in answers if way != path} - {team}
        found = router.route(a_question(**subject))
        assert (found.team, found.path, set(found.inform)) == (team, path, told)


@given(SUBJECTS)
def test_nobody_is_never_the_answer(subject: dict[str, Any]) -> None:
    assert SHIPPED.route(a_question(**subject)).team in TEAMS.teams


# -------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("tree", "problem"),
    [
        (Route.model_construct(id="root", team=None), "the root needs a team"),
        (
            Route.model_construct(
                id="root", team="front-desk", routes=(Route(id="root"),), match=Match()
            ),
            "two nodes are called 'root'",
        ),
    ],
)
def test_a_broken_tree_is_refused(tree: Route, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        RoutingPolicy(version="test", tree=tree)


def test_a_team_that_does_not_exist_is_refused_with_its_node() -> None:
    [wrong] = a_policy(when("a", "nobody", level=[1])).strangers(TEAMS)
    assert wrong.way == ("tree", "routes", 0, "team")
    assert wrong.problem == "a: there is no team 'nobody'"


def test_a_policy_with_strangers_is_refused_with_each_of_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "routing.yaml"
    text = FILE.read_text(encoding="utf-8").replace("team: claims", "team: nobody")
    file.write_text(text.replace("south: desk-south", "south: nowhere"), encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_policy(file, TEAMS)
    lines = text.splitlines()
    south = next(n for n, line in enumerate(lines, 1) if "south: desk-south" in line)
    claims = next(n for n, line in enumerate(lines, 1) if "team: nobody" in line)
    assert f"{file}:{claims}: claims: there is no team 'nobody'" in str(refused.value)
    assert f"{file}:{south}: south: there is no team 'nowhere'" in str(refused.value)


def test_a_city_in_two_regions_is_refused() -> None:
    with pytest.raises(ValueError, match="regions: 上海市 is in east and in south"):
        Network(regions={"east": ("上海",), "south": ("上海市",)})


def test_a_range_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="smaller than"):
        Range(at_least=5, below=5)
