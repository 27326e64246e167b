"""What the model makes of a batch: shares instead of sums, one decision each, and its words."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import numpy as np

from schemas.record import Reason
from schemas.vocabulary import Category, Cause
from services.severity.facts import of_sign
from services.severity.grams import Floats
from services.severity.model import LEVEL_STEPS, Model
from services.severity.opinion import Opinion, new_reason, reason
from services.severity.policy import ModelUse

_WORDS_SHOWN: Final = 3


class Weighed(NamedTuple):
    """The decision about one contact, with the reasons that the model adds to the rules'."""

    category: Category
    confidence: float
    """The share of contacts with such sums whose category is this one."""
    cause: Cause
    level: int
    major: float
    """How likely it is level 3 or higher."""
    why_category: list[Reason]
    why_cause: list[Reason]
    why_level: list[Reason]


def weigh_all(
    model: Model,
    texts: Sequence[str],
    facts: Sequence[Collection[str]],
    opinions: Sequence[Opinion],
    use: ModelUse,
) -> list[Weighed]:
    """Return the decisions about a batch; texts as the model was trained on them."""
    if not texts:
        return []
    about, scores = model.about, model.score(texts, facts)
    first, second = len(about.categories), len(about.categories) + len(about.causes)
    category_shares = softmax(scores.sums[:, :first])
    categories = scores.sums[:, :first].argmax(axis=1)
    causes = scores.sums[:, first:second].argmax(axis=1) + first
    steps = step_shares(scores.sums[:, second:])
    modelled = levels_of(steps, use)
    stands = frozenset(use.stands)
    standing = [_standing(opinion, stands) for opinion in opinions]
    calming = frozenset(map(of_sign, use.calmed_by))
    calmed = [
        opinion.level < 3 and not calming.isdisjoint(one)
        for one, opinion in zip(facts, opinions, strict=True)
    ]
    asked = np.array([opinion.level for opinion in opinions])
    # A person looks at these: what the model makes of them is shown as doubt.
    modelled = np.where(calmed, np.minimum(modelled, asked), modelled)
    levels = np.maximum(modelled, standing)
    by_words = asked < levels
    unnamed = [
        _names_no_cause(one, about.causes[at - first])
        for one, at in zip(opinions, causes, strict=True)
    ]
    said_by_words = by_words.tolist()
    category_words = scores.words(categories, _WORDS_SHOWN)
    cause_words = scores.words(np.where(unnamed, causes, -1), _WORDS_SHOWN)
    level_words = scores.words(np.where(by_words, second + levels - 2, -1), _WORDS_SHOWN)
    confidences = category_shares.max(axis=1).tolist()
    weighed = []
    for place, (opinion, category, at, level, chances) in enumerate(
        zip(
            opinions,
            categories.tolist(),
            (causes - first).tolist(),
            levels.tolist(),
            steps.tolist(),
            strict=True,
        )
    ):
        if level == LEVEL_STEPS[-1] and said_by_words[place] and not level_words[place]:
            level -= 1  # The gravest level needs its reason in the text.
        cause = about.causes[at]
        likely = chances[max(level, 2) - 2]
        weighed.append(
            Weighed(
                category=about.categories[category],
                confidence=round(confidences[place], 3),
                cause=cause,
                level=level,
                major=chances[1],
                why_category=_named("words", "", category_words[place]),
                why_cause=_named("cause_words", f"cause {cause}: ", cause_words[place]),
                why_level=_why_level(opinion, level, likely, level_words[place]),
            )
        )
    return weighed


def softmax(sums: Floats) -> Floats:
    """Return the shares of each row."""
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def step_shares(sums: Floats) -> Floats:
    """Return how likely each text is at least level 2, 3, 4; never less for a lower one."""
    shares = 1 / (1 + np.exp(-sums))
    falling: Floats = np.maximum.accumulate(shares[:, ::-1], axis=1)[:, ::-1].astype(np.float32)
    return falling


def levels_of(steps: Floats, use: ModelUse) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return the highest level of each text whose share is large enough."""
    levels = np.ones(len(steps), dtype=np.int64)
    for column, level in enumerate(LEVEL_STEPS):
        levels[steps[:, column] >= use.level_from[level]] = level
    return levels


def _standing(opinion: Opinion, stands: Collection[str]) -> int:
    return max([level for level, name, _ in opinion.levels if name in stands], default=1)


def _names_no_cause(opinion: Opinion, cause: Cause) -> bool:
    return cause is not Cause.UNKNOWN and not any(
        blames.get(cause, 0) > 0 for blames, _ in opinion.cause_grounds
    )


def _named(rule: str, before: str, words: Sequence[tuple[str, float]]) -> list[Reason]:
    if not words:
        return []
    shown = before + " / ".join([word for word, _ in words])
    return [new_reason(rule, shown[:200], round(sum([given for _, given in words]), 3))]


def _why_level(
    opinion: Opinion, level: int, likely: float, words: Sequence[tuple[str, float]]
) -> list[Reason]:
    reasons = opinion.why_level(level)
    if opinion.level < level:
        shown = " / ".join(word for word, _ in words) or None
        reasons.insert(0, new_reason("level_words", shown, round(likely, 3)))
    elif opinion.level > level:
        asked = max(opinion.levels, key=lambda one: one[0])
        detail = f"{asked[1]} asks for {asked[0]}"
        reasons.append(new_reason("level_doubted", detail, round(likely, 3)))
    return reasons or [reason("level_nothing_raises", None, 1.0)]
