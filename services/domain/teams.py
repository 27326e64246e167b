"""Teams, the ladder between them, and the choice of a person."""

import hashlib
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, model_validator

from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("teams.yaml")


class Team(PolicyPart):
    """A group of clerks; ``zh`` and ``en`` are its names for people, ``up`` who is next."""

    zh: str
    en: str
    members: Annotated[tuple[str, ...], Field(min_length=1)]
    up: str | None = None


class Teams(PolicyPart):
    """See ``teams.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    teams: Annotated[dict[str, Team], Field(min_length=1)]
    team_of_level: dict[int, str]

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

    def has_rank(self, actor: str, team_id: str) -> bool:
        """Return whether ``actor`` (``clerk:<member>``) belongs to this team or one above it."""
        kind, _, member = actor.partition(":")
        return kind == "clerk" and any(
            member in team.members and self.is_at_or_above(one, team_id)
            for one, team in self.teams.items()
        )

    def person_for(self, case_key: str, team_id: str) -> str | None:
        """Return the member for this case: the same for as long as they belong to the team, and
        fairly spread (highest random weight, Thaler and Ravishankar 1998); None when the
        team is not known here."""
        team = self.teams.get(team_id)
        if team is None:
            return None
        return max(
            team.members,
            key=lambda member: hashlib.sha256(f"{case_key}|{member}".encode()).digest(),
        )


def load_teams(path: Path | None = None) -> Teams:
    """Read and check the teams; the shipped ones without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Teams, "teams", path or SHIPPED)
