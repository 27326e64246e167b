"""One training from corpus to files: model, pin in the policy, report."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from schemas.scores import Score
from services.severity.logic import Judge
from services.severity.model import Model, load_model
from services.severity.policy import SeverityPolicy, load_policy
from services.severity.training import corpus
from services.severity.training.corpus import Example
from services.severity.training.fit import SEED, Prepared, fit, prepare
from services.severity.training.report import Scored, report

_CURVE: Final = (400, 1200, 3600)
_PIN: Final = re.compile(r"^(  version: )model-[0-9a-f]{10}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Places:
    """Where a training reads and writes."""

    corpus: Path
    policy: Path
    model: Path
    report: Path


def train(places: Places, say: Callable[[str], None]) -> str:
    """Train, and write model, report and the policy's pin; return the model's version.

    Raises:
        SettingsError: the corpus or the policy cannot be used.
    """
    policy = load_policy(places.policy)
    training, held_out = corpus.read_training(places.corpus), corpus.read_held_out(places.corpus)
    say(f"{len(training)} texts to train on, {len(held_out)} held out")
    prepared = prepare(training, policy)
    identity = corpus.digest(places.corpus)
    model = _saved(fit(prepared, policy.version, identity, say), places.model)
    say(f"{model.version}: {sum(map(len, model.arrays.hashes))} grams")
    scored = _score(held_out, policy, model)
    curve = [*_curve(prepared, policy, held_out, say), (len(training), scored)]
    by_rules = _score(held_out, policy, None)
    page = report(model.version, identity, len(training), scored, curve, by_rules)
    places.report.write_text(page, encoding="utf-8")
    pinned = places.policy.read_text(encoding="utf-8")
    places.policy.write_text(_PIN.sub(rf"\g<1>{model.version}", pinned), encoding="utf-8")
    return model.version


def _saved(model: Model, path: Path) -> Model:
    """Write ``model`` and return what anyone else will read: weights are rounded in the file."""
    model.save(path)
    return load_model(path)


def _score(examples: Sequence[Example], policy: SeverityPolicy, model: Model | None) -> Scored:
    scores: list[Score] = Judge(policy, model).judge_all([one.line.contact() for one in examples])
    return list(zip(examples, scores, strict=True))


def _curve(
    prepared: Prepared,
    policy: SeverityPolicy,
    held_out: Sequence[Example],
    say: Callable[[str], None],
) -> list[tuple[int, Scored]]:
    order = np.random.default_rng(SEED).permutation(len(prepared.texts))
    points = []
    for size in _CURVE:
        if size < len(order):
            say(f"a model of {size} texts, for the learning curve")
            some = prepared.take([int(place) for place in order[:size]])
            points.append((size, _score(held_out, policy, fit(some, policy.version, ""))))
    return points
