"""Our own time limits by level and clock: loaded once, checked whole (see ``policy.yaml``)."""

from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.places import CasePlace
from schemas.scores import Level
from schemas.vocabulary import ClockName
from services.domain.clocks.limits import Place, Waiting, Word
from services.domain.policies import PolicyPart, load_policy_file
from services.domain.spans import parse_span

SHIPPED: Final = Path(__file__).with_name("policy.yaml")
LEVELS: Final = (1, 2, 3, 4)
LONGEST_LADDER: Final = 3
ALWAYS: Final = "always"
"""The calendar in which every minute counts."""
OWN: Final = "own"
"""Written for a calendar: that of the team or partner that has the case."""
_HOURS_AHEAD: Final = {"CN": 8, "EU": 1, "US": -5, "AU": 10}
"""Standard time: the hour at which a law comes into force is nowhere told more exactly."""
SPARSEST: Final = 6
"""Office hours are more than a sixth of a week."""

Span = Annotated[timedelta, BeforeValidator(lambda text: parse_span(str(text)))]


class Figure(PolicyPart):
    """A number and what it rests on; a person must be able to tell law from habit."""

    basis: Literal["statutory", "internal"]
    source: Annotated[str, Field(min_length=1, max_length=200)]


class Elapsed(Figure):
    """Time that passes, whatever the hour."""

    span: Span


class Limit(Figure):
    """How long, in the opening hours of a calendar."""

    span: Span
    calendar: Word = ALWAYS

    @model_validator(mode="before")
    @classmethod
    def _has_no_days_of_no_length(cls, data: Any) -> Any:
        if isinstance(data, dict):
            _refuse_days([data.get("span")], data.get("calendar", ALWAYS))
        return data

    @model_validator(mode="after")
    def _is_of_whole_minutes(self) -> Self:
        if self.span % timedelta(minutes=1):
            raise ValueError("a time limit is a whole number of minutes")
        return self


class Share(Figure):
    """Which part of a limit."""

    share: Annotated[float, Field(gt=0, lt=1)]


class Ladder(Figure):
    """Delays after the breach, one for each rung, in the opening hours of a calendar."""

    spans: Annotated[tuple[Span, ...], Field(max_length=LONGEST_LADDER)]
    calendar: Word = ALWAYS

    @model_validator(mode="before")
    @classmethod
    def _has_no_days_of_no_length(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("spans"), list):
            _refuse_days(data["spans"], data.get("calendar", ALWAYS))
        return data

    @model_validator(mode="after")
    def _climbs(self) -> Self:
        if any(later <= earlier for earlier, later in pairwise(self.spans)):
            raise ValueError("each rung of a ladder must come later than the one before")
        return self


def _refuse_days(spans: list[Any], calendar: object) -> None:
    if calendar != ALWAYS and any("d" in str(span) for span in spans):
        raise ValueError("a day of working time has no fixed length: write hours, like 37h30m")


class ClockPolicy(PolicyPart):
    """One clock at one level."""

    limit: Limit
    warn: Share
    escalate: Ladder
    pauses_for: frozenset[Waiting] = frozenset()
    extension: Span | None = None

    @property
    def end(self) -> timedelta:
        """When nothing is left to fire, counted from the start as if always open."""
        return self.limit.span + (self.escalate.spans[-1] if self.escalate.spans else timedelta())


class Statutory(PolicyPart):
    """Which of the limits in ``limits.yaml`` a case is under, and whom to wake when it passed."""

    matter: Word
    appeal_matter: Word
    product_matters: tuple[Word, ...] = ()
    """Matters that come before ``matter`` where a limit of them names the very product."""
    jurisdiction: Literal["CN", "EU", "GB", "US", "AU", "UPU"]
    province: Word | None = None
    city: Word | None = None
    product: Word | None = None
    escalate: Ladder

    def place(self, place: CasePlace | None) -> Place:
        """Return where a case belongs; one that was opened before that was worked out, where
        this policy says."""
        if place is None:
            return Place(self.jurisdiction, self.province, self.city, self.product)
        return Place(
            place.jurisdiction, place.province, place.city, place.product, str(place.reach)
        )


def date_at(place: Place, at: datetime) -> date:
    """Return the date at a place: whether a law holds yet goes by it."""
    return (at + timedelta(hours=_HOURS_AHEAD.get(place.jurisdiction, 0))).date()


class LevelPolicy(PolicyPart):
    """The clocks at one level; one that is missing does not run."""

    acknowledgement: ClockPolicy
    resolution: ClockPolicy
    next_update: ClockPolicy | None = None
    team: ClockPolicy | None = None
    partner: ClockPolicy | None = None

    @cached_property
    def clocks(self) -> dict[ClockName, ClockPolicy]:
        """The clocks by name."""
        found = {
            ClockName.ACKNOWLEDGEMENT: self.acknowledgement,
            ClockName.NEXT_UPDATE: self.next_update,
            ClockName.RESOLUTION: self.resolution,
            ClockName.TEAM: self.team,
            ClockName.PARTNER: self.partner,
        }
        return {name: clock for name, clock in found.items() if clock is not None}

    def of_task(self, holder: str | None) -> ClockPolicy | None:
        """Return what a task goes by: a partner's by the limit of a partner, one of a team of ours
        by that of a team. No wait stops it, as what the case waits for is not what its holder
        was asked, and nothing extends it."""
        own = self.partner if (holder or "").startswith("partner:") else self.team
        if own is None:
            return None
        return own.model_copy(update={"pauses_for": frozenset(), "extension": None})


class SlaPolicy(PolicyPart):
    """See ``policy.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    late_after: Elapsed
    watch_every: Elapsed
    payment: Annotated[
        Limit | None, Field(description="By when the payer answers; without it nobody is told.")
    ] = None
    statutory: Statutory | None = None
    team_calendars: dict[Word, Word] = Field(default_factory=lambda: {"default": ALWAYS})
    partner_calendars: dict[Word, Word] = Field(default_factory=lambda: {"default": ALWAYS})
    levels: dict[Level, LevelPolicy]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        missing = sorted(set(LEVELS) - self.levels.keys())
        if missing:
            raise ValueError(f"levels: no limits for {', '.join(map(str, missing))}")
        for name in ("team_calendars", "partner_calendars"):
            if "default" not in getattr(self, name):
                raise ValueError(f"{name}: say which calendar is the default")
        if self.payment is not None and self.payment.calendar == OWN:
            raise ValueError("payment: the payer is no team of ours: name a calendar")
        return self

    @cached_property
    def longest(self) -> timedelta:
        """About how far beyond its start a clock that is never paused can reach."""
        every = [clock.end for level in self.levels.values() for clock in level.clocks.values()]
        return max(self.watch_every.span, max(every) * SPARSEST)

    @property
    def partners(self) -> list[str]:
        """The partner operators that it names."""
        return [name for name in self.partner_calendars if name != "default"]

    def calendar_of_team(self, team: str | None) -> str:
        """Return the name of the calendar by which a team works."""
        return self.team_calendars.get(team or "default", self.team_calendars["default"])

    def calendar_of_partner(self, partner: str | None) -> str:
        """Return the name of the calendar by which a partner operator works."""
        name = (partner or "default").removeprefix("partner:")
        return self.partner_calendars.get(name, self.partner_calendars["default"])


def load_policy(path: Path | None = None) -> SlaPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(SlaPolicy, "sla policy", path or SHIPPED)
