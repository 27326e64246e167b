"""The routing tree: loaded once, checked whole (every team exists, every node has an id)."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, field_validator, model_validator

from services.domain.errors import SettingsError
from services.domain.policies import PolicyPart, load_policy_file
from services.domain.teams import Teams, load_teams

SHIPPED: Final = Path(__file__).with_name("policy.yaml")

Words = frozenset[str]


class Match(PolicyPart):
    """All that are given must hold; within one, any word does."""

    level: frozenset[int] | None = None
    category: Words | None = None
    nature: Words | None = None
    cause: Words | None = None
    channel: Words | None = None
    role: Words | None = None
    relation: Words | None = None
    origin: Words | None = None
    destination: Words | None = None
    hub: Words | None = None
    operator: Words | None = None
    language: Words | None = None
    waybill_pattern: str | None = None

    @field_validator("waybill_pattern")
    @classmethod
    def _is_pattern(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from None
        return pattern

    @cached_property
    def tests(self) -> tuple[tuple[str, frozenset[str] | frozenset[int]], ...]:
        """The field tests that are given, as (field, words)."""
        given = ((name, getattr(self, name)) for name in type(self).model_fields)
        return tuple(
            (name, words)
            for name, words in given
            if words is not None and name != "waybill_pattern"
        )

    @cached_property
    def waybill(self) -> re.Pattern[str] | None:
        """``waybill_pattern``, compiled."""
        return re.compile(self.waybill_pattern) if self.waybill_pattern else None


class Route(PolicyPart):
    """A node of the tree. ``inform`` are teams that are told but do not lead."""

    id: Annotated[str, Field(min_length=1, max_length=80)]
    match: Match = Match()
    team: str | None = None
    operator: str | None = None
    inform: tuple[str, ...] = ()
    goes_on: Annotated[bool, Field(alias="continue")] = False
    routes: tuple["Route", ...] = ()

    def walk(self) -> Iterator["Route"]:
        """Yield this node and all below it."""
        yield self
        for child in self.routes:
            yield from child.walk()


class RoutingPolicy(PolicyPart):
    """See ``policy.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
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
        """Make sure that every team of the tree exists.

        Raises:
            SettingsError: naming the node and the team.
        """
        for node in self.tree.walk():
            for team in (*([node.team] if node.team else ()), *node.inform):
                if team not in teams.teams:
                    raise SettingsError(f"routing policy: {node.id}: there is no team {team!r}")


def load_policy(path: Path | None = None, teams: Teams | None = None) -> RoutingPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    policy = load_policy_file(RoutingPolicy, "routing policy", path or SHIPPED)
    policy.check_teams(teams or load_teams())
    return policy
