"""Time limits by level and clock: loaded once, checked whole (see ``policy.yaml``)."""

from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from schemas.scores import Level
from schemas.vocabulary import ClockName
from services.domain.policies import PolicyPart, load_policy_file
from services.domain.spans import parse_span

SHIPPED: Final = Path(__file__).with_name("policy.yaml")
LEVELS: Final = (1, 2, 3, 4)
LONGEST_LADDER: Final = 3

Span = Annotated[timedelta, BeforeValidator(lambda text: parse_span(str(text)))]


class Figure(PolicyPart):
    """A number and what it rests on; a person must be able to tell law from habit."""

    basis: Literal["statutory", "internal"]
    source: Annotated[str, Field(min_length=1, max_length=200)]


class Limit(Figure):
    """How long."""

    span: Span


class Share(Figure):
    """Which part of a limit."""

    share: Annotated[float, Field(gt=0, lt=1)]


class Ladder(Figure):
    """Delays after the breach, one for each rung."""

    spans: Annotated[tuple[Span, ...], Field(max_length=LONGEST_LADDER)]

    @model_validator(mode="after")
    def _climbs(self) -> "Ladder":
        if any(later <= earlier for earlier, later in pairwise(self.spans)):
            raise ValueError("each rung of a ladder must come later than the one before")
        return self


class ClockPolicy(PolicyPart):
    """One clock at one level."""

    limit: Limit
    warn: Share
    escalate: Ladder

    @cached_property
    def warn_after(self) -> timedelta:
        """When to warn, from the start."""
        return self.limit.span * self.warn.share

    @cached_property
    def rungs(self) -> tuple[timedelta, ...]:
        """When to escalate, from the start."""
        return tuple(self.limit.span + delay for delay in self.escalate.spans)

    @property
    def end(self) -> timedelta:
        """When nothing is left to fire, from the start."""
        return self.rungs[-1] if self.rungs else self.limit.span


class LevelPolicy(PolicyPart):
    """Both clocks at one level."""

    acknowledgement: ClockPolicy
    resolution: ClockPolicy

    @cached_property
    def clocks(self) -> dict[ClockName, ClockPolicy]:
        """The clocks by name."""
        return {
            ClockName.ACKNOWLEDGEMENT: self.acknowledgement,
            ClockName.RESOLUTION: self.resolution,
        }


class SlaPolicy(PolicyPart):
    """See ``policy.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    late_after: Limit
    watch_every: Limit
    levels: dict[Level, LevelPolicy]

    @model_validator(mode="after")
    def _is_whole(self) -> "SlaPolicy":
        missing = sorted(set(LEVELS) - self.levels.keys())
        if missing:
            raise ValueError(f"levels: no limits for {', '.join(map(str, missing))}")
        for lower, upper in pairwise(LEVELS):
            for clock, limits in self.levels[upper].clocks.items():
                if limits.limit.span > self.levels[lower].clocks[clock].limit.span:
                    raise ValueError(
                        f"levels: {upper}: {clock} is given more time than at level {lower}"
                    )
        return self

    @cached_property
    def longest(self) -> timedelta:
        """How far beyond its start a clock of this policy can reach at most."""
        every = (clock.end for level in self.levels.values() for clock in level.clocks.values())
        return max(self.watch_every.span, *every)


def load_policy(path: Path | None = None) -> SlaPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(SlaPolicy, "sla policy", path or SHIPPED)
