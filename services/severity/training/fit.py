"""Fits the weights: one linear separator an output, calibrated on texts it has not seen.

scikit-learn is imported inside the functions: scoring does without it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from schemas.vocabulary import Category, Cause
from services.severity.facts import facts_of, with_magnitudes
from services.severity.grams import BLOCKS, Floats, Grams, Hashes, Ints
from services.severity.model import FORMAT, LEVEL_STEPS, About, Arrays, Model, weigh
from services.severity.opinion import RulesJudge
from services.severity.policy import SeverityPolicy
from services.severity.reading import Reader
from services.severity.training.corpus import Example

LEAST_TEXTS: Final = 3
"""A gram in fewer texts is not kept: half the size of the file, and a little better."""
FACT_SCALE: Final = 0.05
"""What a fact counts beside a text's grams, which have length one: the more texts there are, the
better words know what rules only guess, and rules are never as good on texts nobody had seen."""
STRICTNESS: Final = 1.0
"""LinearSVC's C. Like the others above, chosen by cross-validation on the training texts."""
_TOLERANCE: Final = 1e-3
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
    contacts = [example.line.contact() for example in examples]
    readings = reader.read_all([contact.said for contact in contacts])
    for contact, reading in zip(contacts, readings, strict=True):
        opinion = rules.opinion(reading, contact.channel)
        prepared.texts.append(with_magnitudes(reading))
        prepared.facts.append(facts_of(reading, opinion, contact.channel))
    return prepared


def fit(
    prepared: Prepared,
    policy_version: str,
    corpus_digest: str,
    say: Callable[[str], None] = lambda line: None,
) -> Model:
    """Return a model of all ``prepared`` texts, calibrated by cross-validation among them.

    The separators' sums are blended by a regression that saw only sums of texts the separators
    had not seen: what they give is then a logit, and what a text says of its category counts
    for its cause and level. A level is also blended of the facts: the guide's levels are mostly
    arithmetic, and beside thousands of grams a fact is held too small. The blend is linear, so
    it goes into the weights.
    """
    names = sorted({name for facts in prepared.facts for name in facts})
    facts = (_fact_matrix(prepared.facts, names) / FACT_SCALE).toarray().astype(np.float32)
    blend, constants = _blend(out_of_fold(prepared, say), facts, targets(prepared.examples))
    say(f"all {len(prepared.texts)} texts")
    raw = _separated(prepared, policy_version, corpus_digest)
    columns = raw.arrays.weights.shape[1]
    weights = (raw.arrays.weights @ blend[:columns]).astype(np.float32)
    weights[-len(names) :] += blend[columns:] / FACT_SCALE
    offsets = (raw.arrays.offsets @ blend[:columns] + constants).astype(np.float32)
    return Model(raw.about, replace(raw.arrays, weights=weights, offsets=offsets))


def out_of_fold(prepared: Prepared, say: Callable[[str], None] = lambda line: None) -> Floats:
    """Return the sums each text gets from a model that was trained without it."""
    order = np.random.default_rng(SEED).permutation(len(prepared.texts))
    fold_of = np.empty(len(order), dtype=np.int64)
    fold_of[order] = np.arange(len(order)) % FOLDS
    columns = len(CATEGORIES) + len(CAUSES) + len(LEVEL_STEPS)
    sums: Floats = np.zeros((len(order), columns), dtype=np.float32)
    for fold in range(FOLDS):
        say(f"fold {fold + 1} of {FOLDS}, to calibrate on")
        others = [int(place) for place in np.flatnonzero(fold_of != fold)]
        mine = [int(place) for place in np.flatnonzero(fold_of == fold)]
        model = _separated(prepared.take(others), "", "")
        part = prepared.take(mine)
        sums[mine] = model.score(part.texts, part.facts).sums
    return sums


CATEGORIES: Final = tuple(one for one in Category if one is not Category.UNKNOWN)
CAUSES: Final = tuple(Cause)


def targets(examples: Sequence[Example]) -> NDArray[np.bool_]:
    """Return which output is true of which example, columns as in a model."""
    rows = [
        [example.line.category is one for one in CATEGORIES]
        + [example.line.cause is one for one in CAUSES]
        + [example.line.level >= step for step in LEVEL_STEPS]
        for example in examples
    ]
    return np.array(rows, dtype=np.bool_)


def _blend(sums: Floats, facts: Floats, wanted: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return what makes logits of the sums and the facts, in this order: a matrix and constants."""
    first, second = len(CATEGORIES), len(CATEGORIES) + len(CAUSES)
    both = np.hstack((sums, facts))
    blend: Floats = np.zeros((both.shape[1], sums.shape[1]), dtype=np.float32)
    constants: Floats = np.full(sums.shape[1], _NEVER, dtype=np.float32)
    for begin, end in ((0, first), (first, second)):
        _regress(sums, wanted[:, begin:end].argmax(axis=1), begin, blend, constants)
    for column in range(second, sums.shape[1]):
        _regress(both, wanted[:, column].astype(np.int64), column, blend, constants)
    return blend, constants


def _regress(known: Floats, labels: Ints, begin: int, blend: Floats, constants: Floats) -> None:
    """Fit one logistic regression on ``known`` into the columns from ``begin`` on."""
    from sklearn.linear_model import LogisticRegression

    found = np.unique(labels)
    if len(found) == 1:
        constants[begin + found[0]] = -_NEVER
        return
    fitted = LogisticRegression(C=_BLEND_STRICTNESS, max_iter=1000).fit(known, labels)
    columns = begin + (found if len(fitted.coef_) > 1 else np.zeros(1, dtype=np.int64))
    blend[: known.shape[1], columns] = fitted.coef_.T
    constants[columns] = fitted.intercept_


_BLEND_STRICTNESS: Final = 0.3
"""In cross-validation of the levels 0.03, 0.1 and 0.3 gave 0.889, 0.891 and 0.892."""
_NEVER: Final = -20.0


def _separated(prepared: Prepared, policy_version: str, corpus_digest: str) -> Model:
    """Return a model whose sums are not calibrated: one separator an output."""
    from scipy.sparse import hstack

    count = len(prepared.texts)
    known, rarity, shown, matrices = [], [], [], []
    for block in BLOCKS:
        one = _block(block(prepared.texts), count)
        known.append(one.hashes)
        rarity.append(one.rarity)
        shown.append(one.shown)
        matrices.append(one.matrix)
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
    )
    return Model(about, Arrays(tuple(known), tuple(rarity), tuple(shown), weights, offsets))


@dataclass(frozen=True, slots=True)
class _Block:
    hashes: Hashes
    rarity: Floats
    shown: tuple[str, ...]
    matrix: Any


def _block(grams: Grams, count: int) -> _Block:
    """Return the grams that stand in enough of ``count`` texts, and what each text has of them."""
    from scipy.sparse import csr_array

    hashes, first, column_of = np.unique(grams.hashes, return_index=True, return_inverse=True)
    keys, counts = np.unique(grams.texts * len(hashes) + column_of, return_counts=True)
    texts, columns = keys // len(hashes), keys % len(hashes)
    spread = np.bincount(columns, minlength=len(hashes))
    kept = spread >= LEAST_TEXTS
    new_column = np.cumsum(kept) - 1
    rarity = (np.log((1 + count) / (1 + spread[kept])) + 1).astype(np.float32)
    seen = np.flatnonzero(kept[columns])
    texts, columns, counts = texts[seen], new_column[columns[seen]], counts[seen]
    values = weigh(texts, counts, rarity[columns], count)
    matrix = csr_array((values, (texts, columns)), shape=(count, len(rarity)))
    shown = tuple(_shown(grams.shown(place), grams.is_words) for place in first[kept])
    return _Block(hashes[kept], rarity, shown, matrix)


def _shown(run: str, is_words: bool) -> str:
    """Return ``run`` if people may read it as a word: no digits, of Latin ones no fragments."""
    is_whole = is_words or (len(run) > 1 and not _LATIN.search(run))
    return run if is_whole and run.replace(" ", "").replace("'", "").isalpha() else ""


_LATIN: Final = re.compile(r"[ -~]")


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
            separator = LinearSVC(C=STRICTNESS, tol=_TOLERANCE, random_state=SEED)
            fitted = separator.fit(matrix, wanted[:, column])
            weights[:, column] = fitted.coef_[0]
            offsets[column] = fitted.intercept_[0]
    return weights, offsets
