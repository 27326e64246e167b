"""The decision: category, cause, level, and why. Pure and total: any text has a score.

The rules read the text first; a trained model then weighs what they found and the words
together. What the policy calls a hard fact stands whatever the model says. Without a model
the rules decide alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from schemas.contacts import ContactReceived
from schemas.record import Reason
from schemas.scores import Score
from schemas.vocabulary import Channel
from services.severity.extract import SeenContact
from services.severity.facts import facts_of, with_magnitudes
from services.severity.model import Model
from services.severity.opinion import Opinion, RulesJudge, reason
from services.severity.policy import ModelUse, SeverityPolicy
from services.severity.reading import Reader, Reading, Said
from services.severity.weighing import Weighed, weigh_all

MAX_REASONS: Final = 12


@dataclass(frozen=True, slots=True)
class Contact:
    """What is judged: a contact without what severity must not know (who, which parcel)."""

    text: str
    channel: Channel | None = None
    declared_cny: float | None = None
    earlier_contacts: int = 0
    goods: str | None = None

    @property
    def said(self) -> Said:
        """The parts that are read."""
        return Said(self.text, self.declared_cny, self.earlier_contacts, self.goods)

    @classmethod
    def of(cls, received: ContactReceived | SeenContact) -> "Contact":
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
    """Judges contacts by one policy and its model; made once per process."""

    def __init__(self, policy: SeverityPolicy, model: Model | None = None) -> None:
        self._policy = policy
        self._model = model
        self._reader = Reader(policy)
        self._rules = RulesJudge(policy)

    def judge(self, contact: Contact) -> Score:
        """Return the score of ``contact``."""
        return self.judge_all([contact])[0]

    def judge_all(self, contacts: Sequence[Contact]) -> list[Score]:
        """Return the scores of ``contacts``, each as if it were judged alone."""
        readings = self._reader.read_all([contact.said for contact in contacts])
        opinions = [
            self._rules.opinion(reading, contact.channel)
            for reading, contact in zip(readings, contacts, strict=True)
        ]
        if self._model is None or self._policy.model is None:
            return [self._by_rules(opinion) for opinion in opinions]
        texts = [with_magnitudes(reading) for reading in readings]
        facts = [
            facts_of(reading, opinion, contact.channel)
            for reading, opinion, contact in zip(readings, opinions, contacts, strict=True)
        ]
        weighed = weigh_all(self._model, texts, facts, opinions, self._policy.model)
        version, use = self._model.version, self._policy.model
        return [
            self._by_rules(opinion)
            if _says_nothing(reading, use)
            else self._by_both(opinion, one, version, use)
            for reading, opinion, one in zip(readings, opinions, weighed, strict=True)
        ]

    def _by_rules(self, opinion: Opinion) -> Score:
        policy = self._policy
        why_level = opinion.why_level(opinion.level)
        why_cause = opinion.why_cause(opinion.cause)
        reasons = (
            *(why_level or [reason("level_nothing_raises", None, 1.0)]),
            *opinion.why_category(opinion.category),
            *(why_cause or [reason("cause_by_category", f"cause {opinion.cause}", None)]),
        )
        return Score(
            category=opinion.category,
            nature=policy.natures[opinion.category],
            cause=opinion.cause,
            level=opinion.level,
            confidence=opinion.confidence,
            unsure=opinion.confidence < policy.unsure_below,
            reasons=reasons[:MAX_REASONS],
            policy=policy.version,
        )

    def _by_both(self, opinion: Opinion, one: Weighed, version: str, use: ModelUse) -> Score:
        policy = self._policy
        doubted = one.level < 3 and one.major >= use.level_doubted_from
        why_cause = opinion.why_cause(one.cause)[:2]
        if not why_cause and not one.why_cause:
            why_cause = [reason("cause_by_category", f"cause {one.cause}", None)]
        why_category = [*opinion.why_category(one.category)[:4], *one.why_category]
        reasons: list[Reason] = [
            *one.why_level,
            *(why_category or [reason("words_together", None, one.confidence)]),
            *why_cause,
            *one.why_cause,
        ]
        return Score(
            category=one.category,
            nature=policy.natures[one.category],
            cause=one.cause,
            level=one.level,
            confidence=one.confidence,
            unsure=one.confidence < policy.unsure_below or doubted,
            reasons=tuple(reasons[:MAX_REASONS]),
            policy=policy.version,
            model=version,
        )


def _says_nothing(reading: Reading, use: ModelUse) -> bool:
    return not reading.signs and sum(map(str.isalnum, reading.text)) <= use.says_nothing_up_to
