"""Who may decide about which amount, as data (``approval.yaml``)."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, model_validator

from schemas.scores import Level
from services.domain.policies import PolicyPart, load_policy_file
from services.domain.teams import Teams

SHIPPED: Final = Path(__file__).with_name("approval.yaml")


class Line(PolicyPart):
    """Up to which amount (in the currency's smallest unit) which team approves."""

    up_to: Annotated[int, Field(ge=0)] | None
    team: str | None


class Approval(PolicyPart):
    """See ``approval.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    amounts: Annotated[tuple[Line, ...], Field(min_length=1)]
    levels: dict[Level, str] = Field(default_factory=dict)
    repeats: Annotated[
        str | None, Field(description="At least this team once a payment of the case failed.")
    ] = None

    @model_validator(mode="after")
    def _covers_every_amount(self) -> "Approval":
        ends = [line.up_to for line in self.amounts]
        if ends[-1] is not None or None in ends[:-1]:
            raise ValueError("amounts: the last line, and only it, has up_to: null")
        known = [end for end in ends if end is not None]
        if known != sorted(set(known)):
            raise ValueError("amounts: each line must begin where the one before ends")
        return self

    @property
    def named(self) -> set[str]:
        """All teams that the rules name."""
        found = {line.team for line in self.amounts} | {self.repeats, *self.levels.values()}
        return {team for team in found if team}

    def team_for(self, minor: int, level: int, teams: Teams, is_repeat: bool = False) -> str | None:
        """Return the lowest team that may approve an amount in a case of ``level``, of which a
        payment failed before when it ``is_repeat``; None when the clerk decides alone."""
        by_amount = next(
            line.team for line in self.amounts if line.up_to is None or minor <= line.up_to
        )
        reached = [one for one in self.levels if level >= one]
        by_level = self.levels[max(reached)] if reached else None
        highest = by_amount
        for team in (by_level, self.repeats if is_repeat else None):
            if team is not None and (highest is None or teams.is_above(team, highest)):
                highest = team
        return highest


def load_approval(path: Path | None = None) -> Approval:
    """Read and check the rules; the shipped ones without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Approval, "rules of approval", path or SHIPPED)
