"""The routing tree: loaded once, checked whole (every team exists, every node has an id)."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from services.domain.places import place_key
from services.domain.policies import PolicyPart, Way, Wrong, load_policy_file, refuse_wrong
from services.domain.teams import Teams, load_teams
from services.routing.match import Match

SHIPPED: Final = Path(__file__).with_name("policy.yaml")

PartName = Literal["origin", "transit", "destination", "contractor"]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class Route(PolicyPart):
    """A node of the tree. ``inform`` are teams that are told but do not lead; ``responsible``
    makes the operator of that part of the way the responsible one. With ``asks_regions`` the desks
    of both regions have a task where the way leads from one to another."""

    id: Name
    match: Match = Match()
    team: str | None = None
    operator: Name | None = None
    responsible: PartName | None = None
    inform: tuple[str, ...] = ()
    goes_on: Annotated[bool, Field(alias="continue")] = False
    asks_regions: bool | None = None
    routes: tuple["Route", ...] = ()

    def walk(self) -> Iterator["Route"]:
        """Yield this node and all below it."""
        yield self
        for child in self.routes:
            yield from child.walk()


class Operator(PolicyPart):
    """A partner operator, by the places it serves; a contractor works on our behalf there."""

    cities: tuple[Name, ...] = ()
    hubs: tuple[Name, ...] = ()
    contractor: bool = False


class Network(PolicyPart):
    """Which city lies in which region, and which places are served by whom else."""

    regions: dict[Name, tuple[Name, ...]] = Field(default_factory=dict)
    operators: dict[Name, Operator] = Field(default_factory=dict)
    desks: Annotated[
        dict[Name, str], Field(description="The team of ours by region: see `asks_regions`.")
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_desks_of_its_regions(self) -> "Network":
        for name in self.desks.keys() - self.regions.keys():
            raise ValueError(f"desks: there is no region {name}")
        return self

    @model_validator(mode="after")
    def _says_each_place_once(self) -> "Network":
        lists = [
            ("regions", self.regions),
            ("operators", {name: one.cities for name, one in self.operators.items()}),
            ("operators", {name: one.hubs for name, one in self.operators.items()}),
        ]
        for field, places_of in lists:
            holder: dict[str, str] = {}
            for name, places in places_of.items():
                for place in places:
                    if holder.setdefault(place_key(place), name) != name:
                        other = holder[place_key(place)]
                        raise ValueError(f"{field}: {place} is in {other} and in {name}")
        return self

    @cached_property
    def region_of(self) -> dict[str, str]:
        """The region by the key of a city."""
        return {place_key(city): name for name, all_ in self.regions.items() for city in all_}

    @cached_property
    def operator_of_city(self) -> dict[str, str]:
        """The partner operator by the key of a city."""
        return {place_key(p): name for name, one in self.operators.items() for p in one.cities}

    @cached_property
    def operator_of_hub(self) -> dict[str, str]:
        """The partner operator or contractor by the key of a hub or station."""
        return {place_key(p): name for name, one in self.operators.items() for p in one.hubs}


class RoutingPolicy(PolicyPart):
    """See ``policy.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    network: Network = Network()
    on_duty_levels: Annotated[
        frozenset[Annotated[int, Field(ge=1, le=4)]],
        Field(description="Levels that only a team on duty is given; others wait for its hours."),
    ] = frozenset()
    tree: Route

    @model_validator(mode="before")
    @classmethod
    def _says_nothing_of_conflicts(cls, content: object) -> object:
        if isinstance(content, dict) and "conflict" in content:
            raise ValueError(
                "conflict: is a rule of teams, as cases go by it too: move it to the teams' policy"
            )
        return content

    @model_validator(mode="after")
    def _is_whole(self) -> "RoutingPolicy":
        if self.tree.team is None:
            raise ValueError("tree: the root needs a team, so that nobody is never the answer")
        seen: set[str] = set()
        for node in self.tree.walk():
            if node.id in seen:
                raise ValueError(f"tree: two nodes are called {node.id!r}")
            seen.add(node.id)
        return self

    def strangers(self, teams: Teams) -> Iterator[Wrong]:
        """Yield every place that names a team which is none."""
        for way, node in _placed(self.tree, ("tree",)):
            named: list[tuple[Way, str]] = [(("team",), node.team)] if node.team else []
            named += [(("inform", n), team) for n, team in enumerate(node.inform)]
            for field, team in named:
                if team not in teams.teams:
                    yield Wrong((*way, *field), f"{node.id}: there is no team {team!r}")
        for region, team in self.network.desks.items():
            if team not in teams.teams:
                yield Wrong(("network", "desks", region), f"{region}: there is no team {team!r}")


def _placed(node: Route, way: Way) -> Iterator[tuple[Way, Route]]:
    yield way, node
    for n, child in enumerate(node.routes):
        yield from _placed(child, (*way, "routes", n))


def load_policy(path: Path | None = None, teams: Teams | None = None) -> RoutingPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    policy = load_policy_file(RoutingPolicy, "routing policy", path or SHIPPED)
    refuse_wrong("routing policy", path or SHIPPED, policy.strangers(teams or load_teams()))
    return policy
