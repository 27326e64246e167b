"""The severity policy's schema: checked whole when loaded, never half applied.

See ``policy.yaml``, where each value is explained, and ``patterns.py`` for the notation of
words.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    Field,
    model_validator,
)

from schemas.vocabulary import Category, Cause, Channel, Nature
from services.domain.policies import load_policy_file
from services.severity.patterns import PatternError, keys_of, to_regex
from services.severity.places import Reach
from services.severity.policy_words import (
    Counting,
    Limits,
    Money,
    NamingWords,
    Part,
    ParticularWords,
    Words,
)

SHIPPED: Final = Path(__file__).with_name("policy.yaml")
SHIPPED_MODEL: Final = "model.npz"
DEFAULT_DENIALS: Final = ("not", "feared")

_COUNTED: Final = (
    "level_amount",
    "level_goods",
    "level_prior_contacts",
    "level_earlier_contacts",
    "level_customers",
)
"""Rules about numbers: made by the thresholds, so they stand in no list."""


def _known(word: str) -> str:
    if word == "unknown":
        raise ValueError("`unknown` cannot be decided")
    return word


DecidedCategory = Annotated[Category, AfterValidator(_known)]
Weight = Annotated[float, Field(ge=-20, le=20)]
Share = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[int, Field(ge=1, le=4)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]


class Sign(Part):
    """Something a text can say, the words for it, and what it speaks for by itself."""

    words: Annotated[Words, Field(min_length=1)]
    gives: dict[DecidedCategory, Weight] = Field(default={})
    denied_by: tuple[str, ...] = DEFAULT_DENIALS


class Condition(Part):
    """Which signs (and what else) a rule needs."""

    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    category: tuple[DecidedCategory, ...] = ()
    channel: tuple[Channel, ...] = ()


class CategoryRule(Condition):
    """Signs that together speak for or against categories."""

    id: Name
    gives: Annotated[dict[DecidedCategory, Weight], Field(min_length=1)]


class CauseRule(Condition):
    """Signs that speak for a cause in some categories."""

    id: Name
    blames: Annotated[dict[Cause, Weight], Field(min_length=1)]


class LevelRule(Condition):
    """Signs that make a contact at least this level."""

    id: Name
    level: Level


class Denial(Part):
    """Words that deny what follows, and the words that may stand between."""

    words: Annotated[Words, Field(min_length=1)]
    fillers: Words = ()


class PlaceRule(Part):
    """Words that mark a stretch of text, how far it goes and by what all in it counts."""

    id: Name
    words: Annotated[Words, Field(min_length=1)]
    reach: Reach
    factor: Annotated[float, Field(ge=0, le=5)]


class Thresholds(Part):
    """The least number that makes a level, by level."""

    amount_cny: dict[Level, float]
    earlier_contacts: dict[Level, int]
    customers: dict[Level, int]


class Goods(Part):
    """What goods are worth at least, when lost or damaged and nothing is stated."""

    cny: Annotated[float, Field(gt=0)]
    sign: str


class Roles(Part):
    """Signs with a meaning of their own in the code."""

    shop: str
    asked_before: str
    asked_often: str
    settled: str
    arrived: str
    missed_call_back: str
    only_mine: str | None = None
    unmeant: str | None = None


class ModelUse(Part):
    """Which model stands beside the rules, and how far it may go."""

    file: str = SHIPPED_MODEL
    version: Annotated[str, Field(pattern=r"^model-[0-9a-f]{10}$")]
    level_from: dict[Annotated[int, Field(ge=2, le=4)], Share]
    level_doubted_from: Share
    says_nothing_up_to: Annotated[int, Field(ge=0, le=100)]
    stands: tuple[Name, ...] = ()
    calmed_by: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _every_step_has_its_share(self) -> Self:
        if sorted(self.level_from) != [2, 3, 4]:
            raise ValueError("level_from: a share for each of the levels 2, 3 and 4 is needed")
        return self


class SeverityPolicy(Part):
    """The whole policy."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    unsure_below: Share
    model: ModelUse | None
    spellings: dict[str, str]
    classes: dict[str, Words]
    denials: dict[str, Denial]
    places: tuple[PlaceRule, ...]
    signs: dict[Name, Sign]
    categories: tuple[CategoryRule, ...]
    cause_defaults: dict[DecidedCategory, dict[Cause, Weight]]
    causes: tuple[CauseRule, ...]
    thresholds: Thresholds
    levels: tuple[LevelRule, ...]
    goods: tuple[Goods, ...]
    money: Money
    limits: Limits = Limits()
    naming: NamingWords = NamingWords()
    particulars: ParticularWords = ParticularWords()
    counting: Counting
    roles: Roles
    natures: dict[DecidedCategory, Nature]

    @model_validator(mode="after")
    def _everything_named_exists(self) -> Self:
        for name, sign in self.signs.items():
            for pattern in sign.words:
                _check(f"signs.{name}", pattern, self.classes)
            _require(f"signs.{name}.denied_by", sign.denied_by, self.denials)
        rules: tuple[CategoryRule | CauseRule | LevelRule, ...]
        rules = (*self.categories, *self.causes, *self.levels)
        for rule in rules:
            _require(f"rule {rule.id}", (*rule.all, *rule.any, *rule.none), self.signs)
        _require("goods", [item.sign for item in self.goods], self.signs)
        if self.model is not None:
            known = {rule.id for rule in self.levels} | set(_COUNTED)
            _require("model.stands", self.model.stands, known)
            _require("model.calmed_by", self.model.calmed_by, self.signs)
        for name in ("not_at_stake", "not_at_stake_after", "supposed", "denied", "claimed"):
            for pattern in getattr(self.money, name):
                _check(f"money.{name}", pattern, self.classes)
        _require("money.claimed_for", self.money.claimed_for, self.signs)
        roles = list(self.roles.model_dump(exclude_none=True).values())
        _require("roles", roles, self.signs)
        decided = {category.value for category in Category} - {"unknown"}
        _require("natures", sorted(decided), {str(name) for name in self.natures})
        return self

    @cached_property
    def goods_signs(self) -> frozenset[str]:
        """The signs that stand for goods."""
        return frozenset(item.sign for item in self.goods)


def _check(where: str, pattern: str, classes: dict[str, tuple[str, ...]]) -> None:
    try:
        to_regex(pattern, classes)
        keys_of(pattern, classes)
    except PatternError as error:
        raise ValueError(f"{where}: {error}") from None


def _require(where: str, names: "tuple[str, ...] | list[str]", known: object) -> None:
    missing = [name for name in names if name not in known]  # type: ignore[operator]
    if missing:
        raise ValueError(f"{where}: unknown {', '.join(map(repr, missing))}")


def load_policy(path: Path | None = None) -> SeverityPolicy:
    """Read and check a policy file; the shipped one without ``path``.

    Raises:
        SettingsError: the file cannot be read, is not YAML or breaks the schema; the message
            names the file, the field and the rule.
    """
    return load_policy_file(SeverityPolicy, "severity policy", path or SHIPPED)
