"""What follows from a person's correction, as data (``correcting.yaml``, ADR 0033)."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, model_validator

from schemas.scores import Level
from schemas.vocabulary import Category, Channel, Nature, Relation
from services.domain.policies import PolicyPart, load_policy_file
from services.domain.teams import Teams

SHIPPED: Final = Path(__file__).with_name("correcting.yaml")
KIND: Final = "correcting"
"""Its name in the archive of policies."""


class Lead(PolicyPart):
    """A line of the table: which cases, what is left out is any, and who leads them."""

    levels: frozenset[Level] = frozenset()
    categories: frozenset[Category] = frozenset()
    channels: frozenset[Channel] = frozenset()
    team: str

    def fits(self, level: int, category: Category, channel: Channel) -> bool:
        """Return whether a case is meant by this line."""
        return (
            (not self.levels or level in self.levels)
            and (not self.categories or category in self.categories)
            and (not self.channels or channel in self.channels)
        )

    @property
    def fits_always(self) -> bool:
        """Whether nothing narrows it."""
        return not (self.levels or self.categories or self.channels)


class Correcting(PolicyPart):
    """See ``correcting.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    natures: dict[Category, Nature]
    lowering: dict[Level, str] = Field(default_factory=dict)
    new_since: frozenset[Relation]
    at_once: frozenset[Level] = frozenset()
    keep: tuple[str, ...] = ()
    leads: Annotated[tuple[Lead, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_whole(self) -> "Correcting":
        missing = sorted(set(Category) - {Category.UNKNOWN} - self.natures.keys())
        if missing:
            raise ValueError(f"natures: none for {', '.join(missing)}")
        if not self.leads[-1].fits_always or any(one.fits_always for one in self.leads[:-1]):
            raise ValueError("leads: the last line, and only it, names nothing but a team")
        return self

    @property
    def named(self) -> set[str]:
        """All teams that the rules name."""
        return {*self.lowering.values(), *self.keep, *(one.team for one in self.leads)}

    def may_lower(self, level: int) -> str | None:
        """Return the team that may lower a case or an incident of ``level``, or end such an
        incident; None when any clerk may."""
        return next(
            (self.lowering[one] for one in sorted(self.lowering)[::-1] if level >= one), None
        )

    def lead(
        self,
        team: str | None,
        level: int,
        category: Category,
        channel: Channel,
        teams: Teams,
        ladder: Teams,
    ) -> str:
        """Return who leads a case that ``team`` has so far: the table's team, or the first one
        above it on its ``ladder`` that may lead such a case today (``teams``)."""
        if team in self.keep and level not in self.at_once:
            return str(team)
        first = next(one.team for one in self.leads if one.fits(level, category, channel))
        steps = ladder if first in ladder.teams else teams
        return next(
            (
                name
                for name in (first, *steps.ladder_above(first))
                if name in teams.teams
                and (not teams.teams[name].levels or level in teams.teams[name].levels)
                and (not teams.teams[name].skills or category in teams.teams[name].skills)
            ),
            first,
        )


def load_correcting(path: Path | None = None) -> Correcting:
    """Read and check the rules; the shipped ones without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Correcting, "rules of correction", path or SHIPPED)
