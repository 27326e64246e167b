"""When cases at one place are an incident, as data (``policy.yaml``)."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from schemas.scores import Level
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("policy.yaml")


class Gravest(PolicyPart):
    """From how many customers on which level."""

    from_customers: Annotated[int, Field(ge=2, le=1000)]
    level: Level


class PlacePolicy(PolicyPart):
    """See ``policy.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    least_cases: Annotated[int, Field(ge=2, le=100)]
    least_customers: Annotated[int, Field(ge=1, le=100)]
    window_hours: Annotated[float, Field(gt=0, le=240)]
    quiet_hours: Annotated[float, Field(gt=0, le=720)]
    level: Level
    gravest: Gravest

    @property
    def window(self) -> timedelta:
        """How far apart the cases that open an incident may be."""
        return timedelta(hours=self.window_hours)

    @property
    def quiet(self) -> timedelta:
        """How long an incident lasts without a case."""
        return timedelta(hours=self.quiet_hours)

    def level_of(self, customers: int) -> int:
        """Return the level that so many customers give."""
        return self.gravest.level if customers >= self.gravest.from_customers else self.level


def load_policy(path: Path | None = None) -> PlacePolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(PlacePolicy, "incident policy", path or SHIPPED)
