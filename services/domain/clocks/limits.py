"""Time limits as data, and what each rests on: loaded once, checked whole (``limits.yaml``)."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from schemas.places import Reach
from services.domain.calendars.plan import Date
from services.domain.errors import ClockRefused
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("limits.yaml")
_FIRST, _LAST = date.min, date.max
UNION: Final = "UPU"
_REACHES: Final[dict[str, tuple[str, ...]]] = {
    Reach.SAME_CITY: ("same-city", "domestic"),
    Reach.DOMESTIC: ("domestic",),
    Reach.INTERNATIONAL: ("international",),
}

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
Text = Annotated[str, Field(min_length=1, max_length=300)]


class Unit(StrEnum):
    """What a limit counts.

    ``seconds``, ``minutes`` and ``hours`` are working time of its calendar; ``days``, ``months``,
    ``years`` run through everything and end at the same time of day; ``working_days`` are dates
    with opening hours, the day of the start not among them, and end at midnight.
    """

    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"
    WORKING_DAYS = "working_days"


WORKING_TIME: Final = {Unit.SECONDS: 1, Unit.MINUTES: 60, Unit.HOURS: 3600}
"""Units that are counted in the opening hours of a calendar, in seconds."""


class Waiting(StrEnum):
    """Whose turn it is while a case waits."""

    CUSTOMER = "customer"
    AUTHORITY = "authority"
    PARTNER = "partner"


class Limit(NamedTuple):
    """What a clock was started with: enough to recompute its deadline for ever."""

    id: str
    amount: int
    unit: Unit
    calendar: str
    policy: str
    """The version of the policy it was taken from."""
    pauses_for: frozenset[Waiting] = frozenset()
    extension: int = 0
    """How much it may be extended by in all, in its unit."""


class Extension(PolicyPart):
    """By how much a limit may grow, in its unit; always with a reason and an interim reply."""

    amount: Annotated[int, Field(ge=1, le=1000)]
    basis: Text


class LimitRule(PolicyPart):
    """One row of ``limits.yaml``."""

    id: Word
    zh: Text
    en: Text
    matter: Word
    """What must be done in time."""
    jurisdiction: Literal["CN", "EU", "GB", "US", "AU", "UPU"]
    province: Word | None = None
    city: Word | None = None
    product: Word | None = None
    starts: Word
    """The event from which it is counted."""
    amount: Annotated[int, Field(ge=1, le=100_000)]
    unit: Unit
    calendar: Word
    warn: Annotated[float, Field(gt=0, lt=1)]
    """At which share of it to warn: always ours, never law."""
    extension: Extension | None = None
    rests_on: Literal["law", "standard", "terms", "default"]
    basis: Text
    source: Text
    mark: Literal["V", "D", "M"]
    configurable: bool
    effective_from: Date = _FIRST
    effective_to: Date = _LAST

    @model_validator(mode="after")
    def _is_honest(self) -> Self:
        if self.configurable != (self.mark == "M"):
            raise ValueError("what is not verified is configurable, and nothing else is")
        if self.mark == "M" and self.rests_on == "law":
            raise ValueError("what is not verified does not rest on law")
        if self.effective_from > self.effective_to:
            raise ValueError("effective_from lies after effective_to")
        if self.city is not None and self.province is None:
            raise ValueError("a city needs its province")
        return self

    @property
    def is_law(self) -> bool:
        """Whether it may be shown to anyone as law."""
        return self.rests_on == "law" and self.mark != "M"

    @property
    def scope(self) -> tuple[str | None, ...]:
        """What it is about, without its validity."""
        return self.matter, self.jurisdiction, self.province, self.city, self.product

    def applies(self, place: "Place", on: date) -> bool:
        """Return whether it holds there on a date."""
        return (
            self.jurisdiction == place.jurisdiction
            and self.province in (None, place.province)
            and self.city in (None, place.city)
            and self.product in (None, *place.products)
            and self.effective_from <= on <= self.effective_to
        )


class Place(NamedTuple):
    """Where a case belongs, to which product, and how far that goes."""

    jurisdiction: str
    province: str | None = None
    city: str | None = None
    product: str | None = None
    reach: str | None = None

    @property
    def products(self) -> tuple[str, ...]:
        """Return the words that a limit may call the product by, the most specific first.

        >>> Place("CN", product="express", reach="same-city").products
        ('express-same-city', 'express-domestic', 'express', 'same-city', 'domestic')
        """
        reaches = _REACHES.get(self.reach or "", ())
        product = self.product
        named = (*(f"{product}-{one}" for one in reaches), product) if product else ()
        return (*named, *reaches)

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Return whose limits count: its own before those of the postal union, which are for what
        goes from country to country."""
        is_abroad = self.reach == Reach.INTERNATIONAL and self.jurisdiction != UNION
        return (self.jurisdiction, UNION) if is_abroad else (self.jurisdiction,)


class Limits(PolicyPart):
    """See ``limits.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    limits: Annotated[tuple[LimitRule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> Self:
        ids: set[str] = set()
        spans: dict[tuple[str | None, ...], list[LimitRule]] = {}
        for one in self.limits:
            if one.id in ids:
                raise ValueError(f"limits: {one.id} stands there twice")
            ids.add(one.id)
            for other in spans.setdefault(one.scope, []):
                if (
                    one.effective_from <= other.effective_to
                    and other.effective_from <= one.effective_to
                ):
                    raise ValueError(f"limits: {one.id} and {other.id} hold at the same time")
            spans[one.scope].append(one)
        return self

    def find(self, matter: str, place: Place, on: date) -> LimitRule:
        """Return the limit that holds for ``matter``: that of the city before the province's
        before the nation's, and among those the product's own before the general one; where the
        jurisdiction says nothing, that of the postal union.

        Raises:
            ClockRefused: rule ``no_limit``; a limit is never guessed.
        """
        for jurisdiction in place.jurisdictions:
            found = self._nearest(matter, place._replace(jurisdiction=jurisdiction), on)
            if found is not None:
                return found
        raise ClockRefused("no_limit", f"no limit of {matter} for {place} on {on}")

    def answer(
        self, matter: str, place: Place, on: date, of_product: Sequence[str] = ()
    ) -> LimitRule | None:
        """Return the limit of an answer: of the matters ``of_product`` one that the law says of
        the very product, else that of ``matter``; None where none is known."""
        for jurisdiction in place.jurisdictions:
            there = place._replace(jurisdiction=jurisdiction)
            special = (self._nearest(one, there, on) for one in of_product)
            found = next((one for one in special if one is not None and one.product), None)
            found = found or self._nearest(matter, there, on)
            if found is not None:
                return found
        return None

    def holding(self, place: Place, on: date) -> tuple[LimitRule, ...]:
        """Return every limit that holds there, one for each matter, in the order of the file."""
        matters = dict.fromkeys(one.matter for one in self.limits)
        found = (
            next(
                filter(
                    None,
                    (
                        self._nearest(matter, place._replace(jurisdiction=one), on)
                        for one in place.jurisdictions
                    ),
                ),
                None,
            )
            for matter in matters
        )
        return tuple(one for one in found if one is not None)

    def _nearest(self, matter: str, place: Place, on: date) -> LimitRule | None:
        products = (None, *reversed(place.products))
        return max(
            (one for one in self.limits if one.matter == matter and one.applies(place, on)),
            key=lambda one: (
                one.city is not None,
                one.province is not None,
                products.index(one.product),
            ),
            default=None,
        )

    def limit(self, rule: LimitRule) -> Limit:
        """Return what a statutory clock is started with: never paused."""
        return Limit(
            id=rule.id,
            amount=rule.amount,
            unit=rule.unit,
            calendar=rule.calendar,
            policy=self.version,
            extension=rule.extension.amount if rule.extension else 0,
        )


def load_limits(path: Path | None = None) -> Limits:
    """Read and check a file of limits; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Limits, "limits", path or SHIPPED)
