"""Fits the weights: one linear separator an output, calibrated on texts it has not seen.

scikit-learn is imported inside the functions: scoring does without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from schemas.vocabulary import Category, Cause
from services.severity.facts import facts_of, with_magnitudes
from services.severity.grams import BLOCKS, Floats
from services.severity.model import FORMAT, LEVEL_STEPS, About, Arrays, Calibration, Model, weigh
from services.severity.opinion import RulesJudge
from services.severity.policy import SeverityPolicy
from services.severity.reading import Reader
from services.severity.training.corpus import Example

LEAST_TEXTS: Final = 3
"""A gram in fewer texts is not kept: half the size of the file, and a little better."""
FACT_SCALE: Final = 0.2
STRICTNESS: Final = 2.0
"""LinearSVC's C. Like the two above, chosen by cross-validation on the training texts."""
FOLDS: Final = 5
SEED: Final = 2026


@dataclass(frozen=True, slots=True)
class Prepared:
    """Examples as the model will see them."""

    examples: Sequence[Example]
    texts: list[str]
    facts: list[list[str]]

    def take(self, places: Sequence[int]) -> "Prepared":
        """Return some of the examples."""
        return Prepared(
            [self.examples[place] for place in places],
            [self.texts[place] for place in places],
            [self.facts[place] for place in places],
        )


def prepare(examples: Sequence[Example], policy: SeverityPolicy) -> Prepared:
    """Read ``examples`` by the rules, exactly as scoring does."""
    reader, rules = Reader(policy), RulesJudge(policy)
    prepared = Prepared(examples, [], [])
    for example in examples:
        contact = example.line.contact()
        reading = reader.read(
            contact.text, contact.declared_cny, contact.earlier_contacts, contact.goods
        )
        opinion = rules.opinion(reading, contact.channel)
        prepared.texts.append(with_magnitudes(reading))
        prepared.facts.append(facts_of(reading, opinion, contact.channel))
    return prepared


def fit(prepared: Prepared, policy_version: str, corpus_digest: str) -> Model:
    """Return a model of all ``prepared`` texts, calibrated by cross-validation among them."""
    calibration = calibrate(out_of_fold(prepared), prepared.examples)
    return _fit(prepared, calibration, policy_version, corpus_digest)


def out_of_fold(prepared: Prepared) -> Floats:
    """Return the sums each text gets from a model that was trained without it."""
    order = np.random.default_rng(SEED).permutation(len(prepared.texts))
    fold_of = np.empty(len(order), dtype=np.int64)
    fold_of[order] = np.arange(len(order)) % FOLDS
    columns = len(CATEGORIES) + len(CAUSES) + len(LEVEL_STEPS)
    sums: Floats = np.zeros((len(order), columns), dtype=np.float32)
    for fold in range(FOLDS):
        others = [int(place) for place in np.flatnonzero(fold_of != fold)]
        mine = [int(place) for place in np.flatnonzero(fold_of == fold)]
        model = _fit(prepared.take(others), _NOT_CALIBRATED, "", "")
        part = prepared.take(mine)
        sums[mine] = model.score(part.texts, part.facts).sums
    return sums


CATEGORIES: Final = tuple(one for one in Category if one is not Category.UNKNOWN)
CAUSES: Final = tuple(Cause)
_NOT_CALIBRATED: Final = Calibration(
    category_sharpness=1, cause_sharpness=1, level_slopes=(1, 1, 1), level_offsets=(0, 0, 0)
)


def targets(examples: Sequence[Example]) -> NDArray[np.bool_]:
    """Return which output is true of which example, columns as in a model."""
    rows = [
        [example.line.category is one for one in CATEGORIES]
        + [example.line.cause is one for one in CAUSES]
        + [example.line.level >= step for step in LEVEL_STEPS]
        for example in examples
    ]
    return np.array(rows, dtype=np.bool_)


def calibrate(sums: Floats, examples: Sequence[Example]) -> Calibration:
    """Fit what turns sums into shares, on sums of texts the model had not seen."""
    from sklearn.linear_model import LogisticRegression

    wanted = targets(examples)
    first, second = len(CATEGORIES), len(CATEGORIES) + len(CAUSES)
    slopes, offsets = [], []
    for column in range(second, second + len(LEVEL_STEPS)):
        fitted = LogisticRegression(C=1e4).fit(sums[:, [column]], wanted[:, column])
        slopes.append(round(float(fitted.coef_[0, 0]), 4))
        offsets.append(round(float(fitted.intercept_[0]), 4))
    return Calibration(
        category_sharpness=_sharpness(sums[:, :first], wanted[:, :first]),
        cause_sharpness=_sharpness(sums[:, first:second], wanted[:, first:second]),
        level_slopes=(slopes[0], slopes[1], slopes[2]),
        level_offsets=(offsets[0], offsets[1], offsets[2]),
    )


def _sharpness(sums: Floats, wanted: NDArray[np.bool_]) -> float:
    """Return the factor with which softmax gives the true label most of the share."""
    candidates = np.round(np.arange(0.5, 8.01, 0.1), 2)
    losses = []
    for factor in candidates:
        scaled = sums * factor
        top = scaled.max(axis=1, keepdims=True)
        logs = scaled - top - np.log(np.exp(scaled - top).sum(axis=1, keepdims=True))
        losses.append(-float(logs[wanted].mean()))
    return float(candidates[int(np.argmin(losses))])


def _fit(
    prepared: Prepared, calibration: Calibration, policy_version: str, corpus_digest: str
) -> Model:
    from scipy.sparse import csr_array, hstack

    count = len(prepared.texts)
    buckets, rarity, matrices = [], [], []
    for block in BLOCKS:
        grams = block(prepared.texts)
        known, spread = np.unique(grams.buckets, return_counts=True)
        kept = spread >= LEAST_TEXTS
        known, spread = known[kept], spread[kept]
        rare = (np.log((1 + count) / (1 + spread)) + 1).astype(np.float32)
        seen = np.flatnonzero(np.isin(grams.buckets, known))
        columns = np.searchsorted(known, grams.buckets[seen])
        values = weigh(grams.texts[seen], grams.counts[seen], rare[columns], count)
        entries = (values, (grams.texts[seen], columns))
        matrices.append(csr_array(entries, shape=(count, len(known))))
        buckets.append(known)
        rarity.append(rare)
    names = sorted({name for facts in prepared.facts for name in facts})
    matrices.append(_fact_matrix(prepared.facts, names))
    matrix = hstack(matrices).tocsr()
    # liblinear takes no wider ones.
    matrix.indices, matrix.indptr = matrix.indices.astype("i4"), matrix.indptr.astype("i4")
    weights, offsets = _separate(matrix, targets(prepared.examples))
    about = About(
        format=FORMAT,
        corpus=corpus_digest,
        policy=policy_version,
        examples=count,
        categories=CATEGORIES,
        causes=CAUSES,
        facts=tuple(names),
        fact_scale=FACT_SCALE,
        calibration=calibration,
    )
    return Model(about, Arrays(tuple(buckets), tuple(rarity), weights, offsets))


def _fact_matrix(facts: Sequence[Sequence[str]], names: Sequence[str]) -> Any:
    from scipy.sparse import csr_array

    column_of = {name: column for column, name in enumerate(names)}
    rows = [place for place, some in enumerate(facts) for _ in set(some)]
    columns = [column_of[name] for some in facts for name in sorted(set(some))]
    values = np.full(len(rows), FACT_SCALE, dtype=np.float32)
    return csr_array((values, (rows, columns)), shape=(len(facts), len(names)))


def _separate(matrix: Any, wanted: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return weights and offsets of one separator for each column of ``wanted``."""
    from sklearn.svm import LinearSVC

    weights = np.zeros((matrix.shape[1], wanted.shape[1]), dtype=np.float32)
    offsets = np.full(wanted.shape[1], -1, dtype=np.float32)
    for column in range(wanted.shape[1]):
        if wanted[:, column].any():
            fitted = LinearSVC(C=STRICTNESS, random_state=SEED).fit(matrix, wanted[:, column])
            weights[:, column] = fitted.coef_[0]
            offsets[column] = fitted.intercept_[0]
    return weights, offsets
