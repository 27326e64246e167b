"""Walk the tree. Pure; semantics as Alertmanager's routing: depth first, first match wins
unless it continues, no matching child means the node itself, children inherit."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.routing.policy import Match, Route, RoutingPolicy

Subject = Mapping[str, str | int | None]
"""What matchers look at: field name to value; ``waybill`` is the normalised number."""


@dataclass(frozen=True, slots=True)
class Destination:
    """``path`` are the ids of the nodes walked through, the deciding one last."""

    team: str
    operator: str | None
    inform: tuple[str, ...]
    path: tuple[str, ...]


def find_route(subject: Subject, policy: RoutingPolicy) -> Destination:
    """Return who leads, who is informed, and which node said so; there is always somebody."""
    leaves = list(_leaves(subject, policy.tree, policy.tree.team or "", None, (), ()))
    lead = next((leaf for leaf, continues in leaves if not continues), leaves[0][0])
    others = [leaf.team for leaf, _ in leaves if leaf is not lead]
    informed = [team for team in (*lead.inform, *others) if team != lead.team]
    return Destination(lead.team, lead.operator, tuple(dict.fromkeys(informed)), lead.path)


def reasons(subject: Subject, policy: RoutingPolicy, path: tuple[str, ...]) -> list[str]:
    """Return why the walk took ``path``: each node with what it asked for and found."""
    found = []
    for node in policy.tree.walk():
        if node.id in path and node is not policy.tree:
            asked = [f"{field} {subject.get(field)}" for field, _ in node.match.tests]
            if node.match.waybill is not None:
                asked.append(f"waybill like {node.match.waybill_pattern}")
            found.append(f"{node.id}: {', '.join(asked) or 'takes everything'}")
    return found or [f"{policy.tree.id}: no branch fits"]


def _leaves(
    subject: Subject,
    node: Route,
    team: str,
    operator: str | None,
    inform: tuple[str, ...],
    path: tuple[str, ...],
) -> list[tuple[Destination, bool]]:
    team, operator = node.team or team, node.operator or operator
    inform, path = inform + node.inform, (*path, node.id)
    found: list[tuple[Destination, bool]] = []
    for child in node.routes:
        if not matches(subject, child.match):
            continue
        found += [
            (leaf, continues or child.goes_on)
            for leaf, continues in _leaves(subject, child, team, operator, inform, path)
        ]
        if not child.goes_on:
            return found
    return [*found, (Destination(team, operator, inform, path), False)]


def matches(subject: Subject, match: Match) -> bool:
    """Return whether everything that ``match`` asks holds."""
    for field, words in match.tests:
        if subject.get(field) not in words:
            return False
    if match.waybill is not None:
        waybill = subject.get("waybill")
        return isinstance(waybill, str) and match.waybill.search(waybill) is not None
    return True
