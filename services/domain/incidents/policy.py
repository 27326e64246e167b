"""What makes many cases one incident: a policy file, checked whole."""

import re
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, model_validator

from schemas.scores import Level
from services.domain.policies import PolicyPart, load_policy_file
from services.domain.telling import any_of, fold, pieces_in, runs_in

SHIPPED: Final = Path(__file__).with_name("policy.yaml")
Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class Thing(PolicyPart):
    """What an incident can be about without a place: a vehicle, a system."""

    words: Annotated[tuple[str, ...], Field(min_length=1)]
    causes: Annotated[tuple[str, ...], Field(min_length=1)]
    """It is spoken of only by contacts that name one of these."""


class IncidentPolicy(PolicyPart):
    """See ``policy.yaml``, where each value is explained."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    least_cases: Annotated[int, Field(ge=2)]
    least_complainants: Count
    window_hours: Annotated[float, Field(gt=0, le=24 * 30)]
    least_surprise: Annotated[float, Field(ge=1, le=100)]
    least_lift: Annotated[float, Field(ge=1)]
    least_overlap: Share
    least_agreement: Share
    least_naming: Count
    words_instead: Count
    most_sightings: Annotated[int, Field(ge=4, le=1_000_000)]
    quiet_hours: Annotated[float, Field(gt=0, le=720)]
    news_hours: Annotated[float, Field(ge=0, le=720)]
    levels: Annotated[dict[Count, Level], Field(min_length=1)]
    causes: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]]
    things: dict[Annotated[str, Field(min_length=1, max_length=30)], Thing]

    @model_validator(mode="after")
    def _things_have_known_causes(self) -> "IncidentPolicy":
        for name, thing in self.things.items():
            if unknown := set(thing.causes) - self.causes.keys():
                raise ValueError(f"things: {name} has unknown causes: {', '.join(sorted(unknown))}")
        return self

    @property
    def window(self) -> timedelta:
        """How far apart the cases that open an incident may be."""
        return timedelta(hours=self.window_hours)

    @property
    def quiet(self) -> timedelta:
        """After how long without a further case an incident is over."""
        return timedelta(hours=self.quiet_hours)

    @property
    def news_last(self) -> timedelta:
        """How long after customers were told something the customers of new cases are told it."""
        return timedelta(hours=self.news_hours)

    @property
    def counted(self) -> int:
        """Up to how many customers decide about the level."""
        return max(self.levels)

    def level_of(self, customers: int) -> int:
        """Return the level of an incident with so many customers."""
        reached = [level for least, level in self.levels.items() if customers >= least]
        return max(reached, default=min(self.levels.values()))

    @cached_property
    def cause_words(self) -> dict[str, re.Pattern[str]]:
        """One pattern per cause, for folded text."""
        return {cause: any_of(words) for cause, words in self.causes.items()}

    @cached_property
    def thing_words(self) -> dict[str, re.Pattern[str]]:
        """One pattern per thing, for folded text."""
        return {name: any_of(thing.words) for name, thing in self.things.items()}

    @cached_property
    def cause_pieces(self) -> frozenset[str]:
        """What the words of all causes are told by, in folded text."""
        words = [fold(word) for words in self.causes.values() for word in words]
        return frozenset(pieces_in(runs_in(" ".join(words))))


def load_incident_policy(path: Path | None = None) -> IncidentPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: the file cannot be read, is not YAML or breaks the schema.
    """
    return load_policy_file(IncidentPolicy, "incident policy", path or SHIPPED)
