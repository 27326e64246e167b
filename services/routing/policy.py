"""The routing tree: loaded once, checked whole (every team exists, every node has an id)."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from schemas.vocabulary import Category, Cause
from services.domain.errors import SettingsError
from services.domain.places import place_key
from services.domain.policies import PolicyPart, load_policy_file
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


class Conflict(PolicyPart):
    """What is a complaint about a station or its staff: it never goes to the station's own team
    alone. By such a category or cause an independent team leads and the station's is told;
    by any other the station's team may lead, and ``watch`` is told."""

    categories: frozenset[Category] = frozenset()
    causes: frozenset[Cause] = frozenset()
    watch: str


class RoutingPolicy(PolicyPart):
    """See ``policy.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    network: Network = Network()
    conflict: Conflict | None = None
    on_duty_levels: Annotated[
        frozenset[Annotated[int, Field(ge=1, le=4)]],
        Field(description="Levels that only a team on duty is given; others wait for its hours."),
    ] = frozenset()
    tree: Route

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

    def check_teams(self, teams: Teams) -> None:
        """Make sure that every team of the policy exists.

        Raises:
            SettingsError: naming the node and the team.
        """
        for node in self.tree.walk():
            for team in (*([node.team] if node.team else ()), *node.inform):
                if team not in teams.teams:
                    raise SettingsError(f"routing policy: {node.id}: there is no team {team!r}")
        for region, team in self.network.desks.items():
            if team not in teams.teams:
                raise SettingsError(f"routing policy: desks: {region}: there is no team {team!r}")
        if self.conflict and self.conflict.watch not in teams.teams:
            raise SettingsError(
                f"routing policy: conflict.watch: there is no team {self.conflict.watch!r}"
            )
        if self.conflict and teams.teams[self.conflict.watch].stations:
            raise SettingsError(
                f"routing policy: conflict.watch: {self.conflict.watch!r} is a station's own team"
            )


def load_policy(path: Path | None = None, teams: Teams | None = None) -> RoutingPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    policy = load_policy_file(RoutingPolicy, "routing policy", path or SHIPPED)
    policy.check_teams(teams or load_teams())
    return policy
