"""The decision: category, cause, level, and why. Pure and total: any text has a score.

The category is decided first, by weighted evidence; cause and level rules may depend on it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from schemas.contacts import ContactReceived
from schemas.record import Reason
from schemas.scores import Score
from schemas.vocabulary import Category, Cause, Channel
from services.severity.policy import Condition, SeverityPolicy
from services.severity.reading import Reader, Reading
from services.severity.rules import Rules

K = TypeVar("K", Category, Cause)

MAX_REASONS: Final = 12
_MARGIN_AT: Final = 1.5
"""Evidence that is worth as much as doubt: one weak sign alone gives little confidence."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What is judged: a contact without what severity must not know (who, which parcel)."""

    text: str
    channel: Channel | None = None
    declared_cny: float | None = None
    earlier_contacts: int = 0
    goods: str | None = None

    @classmethod
    def of(cls, received: ContactReceived) -> "Contact":
        """Take from a contact what matters here."""
        facts = received.facts
        return cls(
            received.text,
            received.channel,
            facts.declared_value_cny,
            facts.prior_contacts or 0,
            facts.goods,
        )


class Judge:
    """Judges contacts by one policy; made once per process."""

    def __init__(self, policy: SeverityPolicy) -> None:
        self._policy = policy
        self._reader = Reader(policy)
        self._category_rules = Rules(policy.categories)
        self._cause_rules = Rules(policy.causes)
        self._level_rules = Rules(policy.levels)
        self._rank = {category: -place for place, category in enumerate(policy.natures)}

    def judge(self, contact: Contact) -> Score:
        """Return the score of ``contact``."""
        policy = self._policy
        reading = self._reader.read(
            contact.text, contact.declared_cny, contact.earlier_contacts, contact.goods
        )
        category, confidence, why_category = self._category(reading, contact)
        cause, why_cause = self._cause(reading, category, contact)
        level, why_level = self._level(reading, category, contact)
        return Score(
            category=category,
            nature=policy.natures[category],
            cause=cause,
            level=level,
            confidence=confidence,
            unsure=confidence < policy.unsure_below,
            reasons=(*why_level, *why_category, *why_cause)[:MAX_REASONS],
            policy=policy.version,
        )

    # ------------------------------------------------------------------ category

    def _category(self, reading: Reading, contact: Contact) -> tuple[Category, float, list[Reason]]:
        weights: dict[Category, float] = defaultdict(float)
        grounds: list[tuple[Mapping[Category, float], str, str | None]] = []
        signs = self._policy.signs
        for name, found in reading.signs.items():
            gives = signs[name].gives
            if gives:
                for category, weight in gives.items():
                    weights[category] += weight * found.strength
                grounds.append((gives, name, found.word))
        for rule in self._category_rules.that_hold(reading.present, None, contact.channel):
            for category, weight in rule.gives.items():
                weights[category] += weight
            grounds.append((rule.gives, rule.id, None))
        category, confidence = self._strongest(weights)
        reasons = [
            _reason(name, word, gives[category])
            for gives, name, word in grounds
            if gives.get(category, 0) > 0
        ]
        reasons.sort(key=lambda reason: -(reason.weight or 0))
        return category, confidence, reasons[:6]

    def _strongest(self, weights: Mapping[Category, float]) -> tuple[Category, float]:
        """Return the category with most weight and how surely it is the one."""
        ranked = sorted(weights, key=lambda one: (-weights[one], -self._rank[one]))
        if not ranked or weights[ranked[0]] <= 0:
            return Category.OTHER, 0.0
        first = weights[ranked[0]]
        second = max(0.0, weights[ranked[1]]) if len(ranked) > 1 else 0.0
        return ranked[0], round((first - second) / first * first / (first + _MARGIN_AT), 3)

    # ------------------------------------------------------------------ cause

    def _cause(
        self, reading: Reading, category: Category, contact: Contact
    ) -> tuple[Cause, list[Reason]]:
        weights: dict[Cause, float] = defaultdict(float)
        weights.update(self._policy.cause_defaults.get(category, {}))
        grounds: list[tuple[str, Mapping[Cause, float]]] = []
        for rule in self._cause_rules.that_hold(reading.present, category, contact.channel):
            for cause, weight in rule.blames.items():
                weights[cause] += weight
            grounds.append((rule.id, rule.blames))
        cause = max(weights, key=lambda one: weights[one], default=Cause.UNKNOWN)
        if weights.get(cause, 0) <= 0:
            cause = Cause.UNKNOWN
        reasons = [
            _reason(name, f"cause {cause}", blames[cause])
            for name, blames in grounds
            if blames.get(cause, 0) > 0
        ]
        return cause, reasons or [_reason("cause_by_category", f"cause {cause}", None)]

    # ------------------------------------------------------------------ level

    def _level(
        self, reading: Reading, category: Category, contact: Contact
    ) -> tuple[int, list[Reason]]:
        found = [
            (rule.level, rule.id, _shown(rule, reading))
            for rule in self._level_rules.that_hold(reading.present, category, contact.channel)
        ]
        found += self._counted(reading, category)
        level = max((level for level, _, _ in found), default=1)
        raising = {name: (reached, detail) for reached, name, detail in found if reached > 1}
        reasons = [
            _reason(name, detail, float(reached))
            for name, (reached, detail) in sorted(raising.items(), key=lambda one: -one[1][0])
        ]
        return level, reasons[:4] or [_reason("level_nothing_raises", None, 1.0)]

    def _counted(
        self, reading: Reading, category: Category
    ) -> Iterable[tuple[int, str, str | None]]:
        """Yield what the numbers make of it."""
        limits = self._policy.thresholds
        amount = reading.amount_cny
        if amount is not None:
            yield _reached(limits.amount_cny, amount), "level_amount", f"{amount:.0f} CNY"
        elif category in (Category.LOSS, Category.DAMAGE):
            for goods in self._policy.goods:
                if goods.sign in reading.present:
                    reached = _reached(limits.amount_cny, goods.cny)
                    yield reached, "level_goods", reading.signs[goods.sign].word
        earlier = reading.earlier_contacts
        if category is not Category.OTHER:
            reached = _reached(limits.earlier_contacts, earlier)
            yield reached, "level_earlier_contacts", f"{earlier} before"
        reached = _reached(limits.customers, reading.customers)
        yield reached, "level_customers", f"{reading.customers} hit"


def _reason(rule: str, detail: str | None, weight: float | None) -> Reason:
    """Make a reason without checking it again: rule names and words come from the policy."""
    return Reason.model_construct(rule=rule, detail=detail, weight=weight)


def _reached(limits: Mapping[int, float], number: float) -> int:
    return max((level for level, least in limits.items() if number >= least), default=1)


def _shown(rule: Condition, reading: Reading) -> str | None:
    for name in (*rule.all, *rule.any):
        if name in reading.signs:
            return reading.signs[name].word
    return None
