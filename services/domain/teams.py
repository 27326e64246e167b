"""Teams, the ladder between them, and the choice of a person."""

import hashlib
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field, model_validator

from services.domain.places import place_key
from services.domain.policies import PolicyPart, load_policy_file
from services.domain.stations import Conflict, StationNames

SHIPPED: Final = Path(__file__).with_name("teams.yaml")
KIND: Final = "teams"
"""Its name in the archive of policies."""


NO_LOADS: Final[Mapping[str, int]] = {}
SLACK: Final = 3
"""Open cases by which members may differ before the lesser loaded come first: counts are some
seconds old, and a choice that follows every single case would send all of a batch to one."""


class Team(PolicyPart):
    """A group of clerks; ``zh`` and ``en`` are its names for people, ``up`` who is next.

    What is left out restricts nothing.
    """

    zh: str
    en: str
    members: Annotated[tuple[str, ...], Field(min_length=1)]
    up: str | None = None
    regions: Annotated[
        frozenset[str], Field(description="Regions of the routing policy that it works for.")
    ] = frozenset()
    skills: Annotated[frozenset[str], Field(description="Categories that it can work on.")] = (
        frozenset()
    )
    levels: Annotated[
        frozenset[Annotated[int, Field(ge=1, le=4)]], Field(description="Levels it may lead.")
    ] = frozenset()
    languages: Annotated[
        frozenset[str], Field(description="Languages it can write in, as zh or en.")
    ] = frozenset()
    stations: Annotated[
        frozenset[str], Field(description="Hubs or stations whose own team this is.")
    ] = frozenset()
    calendar: Annotated[
        str | None, Field(description="Its working hours, a name of calendars.yaml.")
    ] = None
    capacity: Annotated[
        int | None, Field(ge=1, description="Open cases for each member, then the next team up.")
    ] = None

    def with_room(self, loads: Mapping[str, int]) -> tuple[str, ...]:
        """Return the members who have room for another case."""
        room = self.capacity
        if room is None:
            return self.members
        return tuple(one for one in self.members if loads.get(one, 0) < room)


class Station(NamedTuple):
    """A station by the name that the policy has, and the teams whose own it is."""

    name: str
    teams: tuple[str, ...]


class Teams(PolicyPart):
    """See ``teams.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    teams: Annotated[dict[str, Team], Field(min_length=1)]
    team_of_level: dict[int, str]
    conflict: Conflict | None = None

    @cached_property
    def stations(self) -> dict[str, Station]:
        """The stations that have a team of their own, by the one form of their names."""
        found: dict[str, Station] = {}
        for team_id, team in self.teams.items():
            for name in sorted(team.stations):
                before = found.get(place_key(name), Station(name, ()))
                if team_id not in before.teams:
                    found[place_key(name)] = before._replace(teams=(*before.teams, team_id))
        return found

    @cached_property
    def station_names(self) -> StationNames:
        """The names of those stations, to be found in texts."""
        names = [name for team in self.teams.values() for name in sorted(team.stations)]
        return StationNames(names, self.conflict.generic if self.conflict else ())

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> "Teams":
        """Return a copy; what follows from the teams is worked out anew from those that it has."""
        copied = super().model_copy(update=update, deep=deep)
        for name in ("stations", "station_names"):
            copied.__dict__.pop(name, None)
        return copied

    @model_validator(mode="after")
    def _is_whole(self) -> "Teams":
        for team_id, team in self.teams.items():
            seen = [team_id]
            while team.up is not None:
                if team.up not in self.teams:
                    raise ValueError(f"teams: {seen[-1]}: there is no team {team.up!r} above it")
                if team.up in seen:
                    raise ValueError(f"teams: the ladder from {team_id} goes in a circle")
                seen.append(team.up)
                team = self.teams[team.up]
        for level, team_id in self.team_of_level.items():
            if team_id not in self.teams:
                raise ValueError(f"team_of_level: {level}: there is no team {team_id!r}")
        if self.conflict is not None and self.conflict.watch not in self.teams:
            raise ValueError(f"conflict.watch: there is no team {self.conflict.watch!r}")
        return self

    def above(self, team_id: str | None) -> str | None:
        """Return the next team up the ladder, or None at its end."""
        team = self.teams.get(team_id or "")
        return team.up if team else None

    def ladder_above(self, team_id: str | None) -> list[str]:
        """Return all teams above, the next one first."""
        found: list[str] = []
        step = self.above(team_id)
        while step is not None:
            found.append(step)
            step = self.above(step)
        return found

    def is_above(self, upper: str, lower: str | None) -> bool:
        """Return whether ``upper`` is reached by climbing from ``lower``."""
        step = self.above(lower)
        while step is not None and step != upper:
            step = self.above(step)
        return step is not None

    def is_at_or_above(self, upper: str, lower: str) -> bool:
        """Return whether ``upper`` is ``lower`` or reached by climbing from it."""
        return upper == lower or self.is_above(upper, lower)

    def has_rank(self, actor: str, team_id: str, ladder: "Teams | None" = None) -> bool:
        """Return whether ``actor`` (``clerk:<member>``) belongs to this team or one above it, by
        another ``ladder`` where one is given: who works where is always said here."""
        steps = ladder or self
        kind, _, member = actor.partition(":")
        return kind == "clerk" and any(
            member in team.members and steps.is_at_or_above(one, team_id)
            for one, team in self.teams.items()
        )

    def person_for(
        self,
        case_key: str,
        team_id: str,
        loads: Mapping[str, int] = NO_LOADS,
        barred: Collection[str] = (),
    ) -> str | None:
        """Return the member for this case: of those with room who have the fewest open cases
        (``loads``, within :data:`SLACK`) the one whom the key picks, fairly spread (highest
        random weight, Thaler and Ravishankar 1998); nobody who is ``barred``. None when the team
        is not known here, or has nobody else."""
        team = self.teams.get(team_id)
        members = [one for one in team.members if one not in barred] if team else []
        if team is None or not members:
            return None
        able = [one for one in team.with_room(loads) if one not in barred] or members
        fewest = min(loads.get(member, 0) for member in able)
        return max(
            (one for one in able if loads.get(one, 0) <= fewest + SLACK),
            key=lambda member: hashlib.sha256(f"{case_key}|{member}".encode()).digest(),
        )


def load_teams(path: Path | None = None) -> Teams:
    """Read and check the teams; the shipped ones without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Teams, "teams", path or SHIPPED)
