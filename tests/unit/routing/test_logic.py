"""The tree is walked depth first; somebody always answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.errors import SettingsError
from services.domain.teams import load_teams
from services.routing.logic import find_route
from services.routing.policy import Match, Route, RoutingPolicy, load_policy

SHIPPED = load_policy()


def a_tree(*routes: Route) -> RoutingPolicy:
    return RoutingPolicy(version="test", tree=Route(id="root", team="front-desk", routes=routes))


def when(route_id: str, team: str | None = None, **words: object) -> Route:
    """Return a node that matches ``words`` (``routes``, ``inform``, ``goes_on`` apart)."""
    node = {name: words.pop(name) for name in ("routes", "inform", "goes_on") if name in words}
    match = {name: frozenset(value) for name, value in words.items()}  # type: ignore[call-overload]
    return Route(id=route_id, team=team, match=Match(**match), **node)


def test_the_first_matching_child_wins() -> None:
    policy = a_tree(when("a", "claims", category=["loss"]), when("b", "billing", category=["loss"]))
    assert find_route({"category": "loss"}, policy).path == ("root", "a")


def test_without_a_matching_child_the_node_itself_answers() -> None:
    policy = a_tree(
        when("a", "claims", category=["loss"], routes=(when("x", "billing", level=[4]),))
    )
    assert find_route({"category": "loss", "level": 1}, policy).team == "claims"
    assert find_route({"category": "fee", "level": 1}, policy).team == "front-desk"


def test_children_inherit_the_team_and_whom_to_inform() -> None:
    policy = a_tree(
        when("a", "claims", level=[4], inform=("privacy",), routes=(when("x", channel=["web"]),))
    )
    found = find_route({"level": 4, "channel": "web"}, policy)
    assert (found.team, found.inform, found.path) == ("claims", ("privacy",), ("root", "a", "x"))


def test_a_child_that_continues_is_informed_and_does_not_lead() -> None:
    policy = a_tree(
        when("tell", "privacy", goes_on=True, category=["loss"]),
        when("lead", "claims", category=["loss"]),
    )
    found = find_route({"category": "loss"}, policy)
    assert (found.team, found.inform) == ("claims", ("privacy",))


def test_when_only_continuing_children_match_the_parent_leads() -> None:
    policy = a_tree(when("tell", "privacy", goes_on=True, category=["loss"]))
    found = find_route({"category": "loss"}, policy)
    assert (found.team, found.inform) == ("front-desk", ("privacy",))


@pytest.mark.parametrize(
    ("subject", "team"),
    [
        ({"level": 4, "category": "delay"}, "task-force"),
        ({"level": 3, "category": "delay"}, "senior-desk"),
        ({"level": 1, "category": "delay", "channel": "regulator"}, "regulator"),
        ({"level": 4, "category": "delay", "channel": "regulator"}, "task-force"),
        ({"level": 1, "category": "damage"}, "claims"),
        ({"level": 1, "category": "fee"}, "billing"),
        ({"level": 1, "category": "attitude"}, "delivery"),
        ({"level": 1, "category": "delay", "waybill": "EA123456785CN"}, "international"),
        ({"level": 1, "category": "unknown"}, "front-desk"),
        ({}, "front-desk"),
    ],
)
def test_the_shipped_tree_sends(subject: dict[str, str | int], team: str) -> None:
    assert find_route(subject, SHIPPED).team == team


WORDS = st.one_of(st.none(), st.text(max_size=8), st.integers(0, 9))
FIELDS = st.sampled_from(sorted(Match.model_fields.keys() - {"waybill_pattern"} | {"waybill"}))


@given(st.dictionaries(FIELDS, WORDS))
def test_nobody_is_never_the_answer(subject: dict[str, str | int | None]) -> None:
    assert find_route(subject, SHIPPED).team in load_teams().teams


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
    with pytest.raises(SettingsError, match="a: there is no team 'nobody'"):
        a_tree(when("a", "nobody", level=[1])).check_teams(load_teams())
