"""What the policy's rules alone make of a contact: category, cause, level, and on what grounds.

The category is decided first, by weighted evidence; cause and level rules may depend on it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from schemas.record import Reason, made
from schemas.vocabulary import Category, Cause, Channel
from services.severity.groups import Found
from services.severity.policy import CategoryRule, CauseRule, Condition, SeverityPolicy
from services.severity.reading import Reading
from services.severity.rules import Rules

_MARGIN_AT: Final = 1.5
"""Evidence that is worth as much as doubt: one weak sign alone gives little confidence."""


class Opinion(NamedTuple):
    """The rules' decision and its grounds; reasons are made of them only where they count."""

    category: Category
    confidence: float
    cause: Cause
    level: int
    category_grounds: list[tuple[Mapping[Category, float], str, Found | None]]
    cause_grounds: list[tuple[Mapping[Cause, float], str]]
    levels: list[tuple[int, str, str | None]]
    """Level, rule and what it saw, also of rules that raise nothing."""

    @property
    def rules_held(self) -> Iterator[str]:
        """The rules about category and cause whose conditions were met."""
        yield from (name for _, name, found in self.category_grounds if found is None)
        yield from (name for _, name in self.cause_grounds)

    def why_category(self, category: Category) -> list[Reason]:
        """Return what speaks for ``category``, the strongest first."""
        spoken = [
            (gives[category], name, found)
            for gives, name, found in self.category_grounds
            if gives.get(category, 0) > 0
        ]
        spoken.sort(key=lambda one: -one[0])
        return [
            reason(name, found.word if found is not None else None, weight)
            for weight, name, found in spoken[:6]
        ]

    def why_cause(self, cause: Cause) -> list[Reason]:
        """Return what speaks for ``cause``."""
        return [
            reason(name, f"cause {cause}", blames[cause])
            for blames, name in self.cause_grounds
            if blames.get(cause, 0) > 0
        ]

    def why_level(self, level: int) -> list[Reason]:
        """Return the rules that ask for more than level 1, at most ``level``; highest first."""
        raising = {name: (asked, seen) for asked, name, seen in self.levels if 1 < asked <= level}
        if not raising:
            return []
        ranked = sorted(raising.items(), key=lambda one: -one[1][0])
        return [reason(name, seen, float(asked)) for name, (asked, seen) in ranked[:4]]


class RulesJudge:
    """Forms opinions by one policy."""

    def __init__(self, policy: SeverityPolicy) -> None:
        self._policy = policy
        self._gives = {name: sign.gives for name, sign in policy.signs.items() if sign.gives}
        self._category_rules = Rules[CategoryRule](policy.categories)
        self._cause_rules = Rules[CauseRule](policy.causes)
        self._level_rules = Rules(policy.levels)
        self._rank = {category: place for place, category in enumerate(policy.natures)}

    def opinion(self, reading: Reading, channel: Channel | None) -> Opinion:
        """Return what the rules make of what was read."""
        weights: dict[Category, float] = defaultdict(float)
        grounds: list[tuple[Mapping[Category, float], str, Found | None]] = []
        for name, found in reading.signs.items():
            gives = self._gives.get(name)
            if gives is not None:
                for category, weight in gives.items():
                    weights[category] += weight * found.strength
                grounds.append((gives, name, found))
        for rule in self._category_rules.that_hold(reading.present, None, channel):
            for category, weight in rule.gives.items():
                weights[category] += weight
            grounds.append((rule.gives, rule.id, None))
        category, confidence = self._strongest(weights)
        cause, cause_grounds = self._cause(reading, category, channel)
        levels = [
            (rule.level, rule.id, _shown(rule, reading))
            for rule in self._level_rules.that_hold(reading.present, category, channel)
        ]
        is_complaint = category is not Category.OTHER or weights[category] <= 0
        levels += self._counted(reading, category, is_complaint=is_complaint)
        level = max((level for level, _, _ in levels), default=1)
        return Opinion(category, confidence, cause, level, grounds, cause_grounds, levels)

    def _strongest(self, weights: Mapping[Category, float]) -> tuple[Category, float]:
        """Return the category with most weight and how surely it is the one."""
        ranked = sorted(weights, key=lambda one: (-weights[one], self._rank[one]))
        if not ranked or weights[ranked[0]] <= 0:
            return Category.OTHER, 0.0
        first = weights[ranked[0]]
        second = max(0.0, weights[ranked[1]]) if len(ranked) > 1 else 0.0
        return ranked[0], round((first - second) / first * first / (first + _MARGIN_AT), 3)

    def _cause(
        self, reading: Reading, category: Category, channel: Channel | None
    ) -> tuple[Cause, list[tuple[Mapping[Cause, float], str]]]:
        weights: dict[Cause, float] = defaultdict(float)
        weights.update(self._policy.cause_defaults.get(category, {}))
        grounds: list[tuple[Mapping[Cause, float], str]] = []
        for rule in self._cause_rules.that_hold(reading.present, category, channel):
            for cause, weight in rule.blames.items():
                weights[cause] += weight
            grounds.append((rule.blames, rule.id))
        best = max(weights, key=lambda one: weights[one], default=Cause.UNKNOWN)
        return (best if weights.get(best, 0) > 0 else Cause.UNKNOWN), grounds

    def _counted(
        self, reading: Reading, category: Category, *, is_complaint: bool
    ) -> Iterable[tuple[int, str, str | None]]:
        """Yield what the numbers make of it; a text the rules know nothing of may complain."""
        limits = self._policy.thresholds
        amount = reading.amount_cny
        if amount is not None:
            yield _reached(limits.amount_cny, amount), "level_amount", f"{amount:.0f} CNY"
        elif category in (Category.LOSS, Category.DAMAGE):
            for goods in self._policy.goods:
                if goods.sign in reading.present:
                    reached = _reached(limits.amount_cny, goods.cny)
                    yield reached, "level_goods", reading.signs[goods.sign].word
        told = _reached(limits.earlier_contacts, reading.contacts_of_field)
        if told > 1 and is_complaint:
            yield told, "level_prior_contacts", f"{reading.contacts_of_field} on record"
        earlier = reading.earlier_contacts
        if earlier and is_complaint:
            reached = _reached(limits.earlier_contacts, earlier)
            yield reached, "level_earlier_contacts", f"{earlier} before"
        if reading.customers > 1 and is_complaint:
            reached = _reached(limits.customers, reading.customers)
            yield reached, "level_customers", f"{reading.customers} hit"


def new_reason(rule: str, detail: str | None, weight: float | None) -> Reason:
    """Make a reason that hardly comes again, as one with the words of a text and their weight."""
    return made(Reason, {"rule": rule, "detail": detail, "weight": weight})


@lru_cache(maxsize=4096)
def reason(rule: str, detail: str | None, weight: float | None) -> Reason:
    """Make a reason; the same few are made again and again, and nothing can change one."""
    return new_reason(rule, detail, weight)


def _reached(limits: Mapping[int, float], number: float) -> int:
    return max((level for level, least in limits.items() if number >= least), default=1)


def _shown(rule: Condition, reading: Reading) -> str | None:
    for name in (*rule.all, *rule.any):
        if name in reading.signs:
            return reading.signs[name].word
    return None
