"""Trees, teams and questions for the tests of routing, and the walk in its plainest form."""

from datetime import UTC, datetime
from typing import Any

from services.domain.calendars.policy import load_calendars
from services.domain.teams import Team, Teams, load_teams
from services.routing.logic import Router
from services.routing.match import Match, Subject
from services.routing.policy import Route, RoutingPolicy
from services.routing.subject import Question

TEAMS = load_teams()
CALENDARS = load_calendars()
MONDAY_NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
"""Noon in Shanghai."""


def when(route_id: str, team: str | None = None, **words: Any) -> Route:
    """Return a node that matches ``words`` (fields of the node itself apart)."""
    apart = ("routes", "inform", "goes_on", "responsible", "operator")
    node = {name: words.pop(name) for name in apart if name in words}
    match = {
        name: frozenset(value) if isinstance(value, list) else value
        for name, value in words.items()
    }
    return Route(id=route_id, team=team, match=Match(**match), **node)


def a_policy(*routes: Route, **fields: Any) -> RoutingPolicy:
    """Return a policy whose root is the front desk."""
    tree = Route(id="root", team="front-desk", routes=routes)
    return RoutingPolicy(version="test", tree=tree, **fields)


def a_router(*routes: Route, teams: Teams = TEAMS, **fields: Any) -> Router:
    """Return the router of such a policy."""
    return Router(a_policy(*routes, **fields), teams, CALENDARS)


def a_question(at: datetime = MONDAY_NOON, /, **subject: Any) -> Question:
    """Return a question about a contact taken in at ``at``."""
    return Question(subject, at, hub=subject.get("hub"))


def teams_with(**teams: dict[str, Any]) -> Teams:
    """Return the shipped teams with fields of some changed, or others added (``_`` for ``-``)."""
    known = dict(TEAMS.teams)
    for name, fields in teams.items():
        team_id = name.replace("_", "-")
        base = known[team_id].model_dump() if team_id in known else _A_TEAM
        known[team_id] = Team.model_validate(base | fields)
    return TEAMS.model_copy(update={"teams": known})


_A_TEAM: dict[str, Any] = {"zh": "组", "en": "a team", "members": ("clerk-1",)}


def plain_walk(
    subject: Subject, node: Route, team: str | None = None, path: tuple[str, ...] = ()
) -> list[tuple[str, tuple[str, ...], bool]]:
    """Return (team, path, whether the walk went on), testing one child after the other."""
    team, path = node.team or team or "", (*path, node.id)
    found = []
    for child in node.routes:
        if child.match.fits(subject):
            below = plain_walk(subject, child, team, path)
            found += [(who, way, on or child.goes_on) for who, way, on in below]
            if not child.goes_on:
                return found
    return [*found, (team, path, False)]
