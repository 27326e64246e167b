"""The rules of compensation by jurisdiction, as data (``rules.yaml``)."""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("rules.yaml")
Factor = Annotated[float, Field(gt=0, le=100)]
Minor = Annotated[int, Field(ge=0)]


class Standing(StrEnum):
    """How sure a rule is: read in the law, or a default that the operator sets."""

    LAW = "law"
    TERMS = "terms"
    """An operator's own terms, or guidance: read, and not law."""
    CONFIGURABLE = "configurable"


class Rule(PolicyPart):
    """What a step rests on."""

    status: Standing
    basis: Annotated[str, Field(min_length=1, max_length=200)]

    @property
    def is_law(self) -> bool:
        """Whether people may be told that this is the law."""
        return self.status is Standing.LAW


class Times(Rule):
    """So many times the postage."""

    factor: Factor


class Fraud(Times):
    """So many times the price, and not less than ``least`` (smallest unit)."""

    least: Minor


class Goodwill(Rule):
    """What may be given without any duty."""

    most: Minor


class DeemedLost(Rule):
    """When what has not come is taken for lost, in calendar days after the promised time."""

    same_city_days: Annotated[int, Field(ge=1)]
    other_days: Annotated[int, Field(ge=1)]


class Jurisdiction(PolicyPart):
    """The rules of one place; see ``rules.yaml``."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    universal_products: frozenset[str]
    universal_cap: Times
    insured_universal: Rule
    insured: Rule
    uninsured: Rule
    delay: Times
    perishable: Rule
    exempt: Rule
    exempt_universal: Rule
    void_terms: Rule
    fraud: Fraud
    goodwill: Goodwill
    deemed_lost: DeemedLost


class Known(Rule):
    """What is known of a place for which no amount can be worked out, in words for people."""

    zh: Annotated[str, Field(min_length=1, max_length=300)]
    en: Annotated[str, Field(min_length=1, max_length=300)]


class Unsure(PolicyPart):
    """A place of which no sure rule gives an amount: a person decides."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    known: tuple[Known, ...] = ()
    abroad: tuple[Known, ...] = ()
    """Only of what goes from country to country."""


class Rules(PolicyPart):
    """See ``rules.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    default: str
    unsure: dict[str, Unsure] = Field(default_factory=dict)
    jurisdictions: Annotated[dict[str, Jurisdiction], Field(min_length=1)]

    @model_validator(mode="after")
    def _knows_its_default(self) -> Self:
        if self.default not in self.jurisdictions:
            raise ValueError(f"default: there is no jurisdiction {self.default!r}")
        return self


@cache
def load_rules(path: Path | None = None) -> Rules:
    """Read and check the rules; the shipped ones without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Rules, "rules of compensation", path or SHIPPED)
