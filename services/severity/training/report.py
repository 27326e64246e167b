"""What a model is worth, in a page for people: figures on texts it was never trained on."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final

from schemas.scores import Score
from services.severity.evaluation import MEASURES, Pair, Share, share
from services.severity.training.corpus import Example

Scored = Sequence[tuple[Example, Score]]
_BOUNDS: Final = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)


def report(
    version: str,
    corpus: str,
    trained_on: int,
    scored: Scored,
    curve: Sequence[tuple[int, Scored]],
    by_rules: Scored,
) -> str:
    """Return the page: ``scored`` are the held-out texts, ``curve`` the same by smaller models."""
    lines = [
        "# The severity model",
        "",
        "Written by `./complaints train`; do not edit.",
        "",
        f"Model `{version}`, trained on {trained_on} texts (corpus `{corpus}`). All figures are of",
        f"the {len(scored)} held-out texts of `services/severity/training/corpus/held-out`, scored",
        "as the worker scores: rules and model together. In brackets: 95 % intervals (Wilson).",
        "",
        "## In all",
        "",
        "| measure | rules and model | rules alone |",
        "|---|---|---|",
        *(
            f"| {name} | {share(_pairs(scored), counts, hits)} "
            f"| {_short(share(_pairs(by_rules), counts, hits))} |"
            for name, counts, hits in MEASURES
        ),
        "",
        *_sure(scored),
    ]
    lines += _table("By voice", scored, lambda one: one.voice)
    lines += _table("By language", scored, lambda one: one.line.lang or "?")
    lines += _table("By category", scored, lambda one: one.line.category)
    lines += _table("By cause", scored, lambda one: one.line.cause)
    lines += _table("By level", scored, lambda one: str(one.line.level))
    lines += _calibration(scored)
    lines += [
        "## Learning curve",
        "",
        "| training texts | category | cause | level |",
        "|--:|--:|--:|--:|",
    ]
    lines += [f"| {size} | {' | '.join(_agreement(some))} |" for size, some in curve]
    return "\n".join(lines) + "\n"


def _pairs(scored: Iterable[tuple[Example, Score]]) -> list[Pair]:
    return [Pair(example.line, score) for example, score in scored]


def _short(some: Share) -> str:
    return "-" if some.value is None else f"{some.value:.3f}"


def _agreement(scored: Scored) -> list[str]:
    pairs = _pairs(scored)
    return [
        _short(share(pairs, lambda one: True, lambda one: one.score.category == one.line.category)),
        _short(share(pairs, lambda one: True, lambda one: one.score.cause == one.line.cause)),
        _short(share(pairs, lambda one: True, lambda one: one.score.level == one.line.level)),
    ]


def _sure(scored: Scored) -> list[str]:
    sure = [(example, score) for example, score in scored if not score.unsure]
    category, cause, level = _agreement(sure)
    return [
        f"Of the {len(sure)} that are not flagged for a person, category is right in {category},",
        f"cause in {cause}, level in {level}.",
        "",
    ]


def _table(title: str, scored: Scored, key: Callable[[Example], str]) -> list[str]:
    lines = [f"## {title}", "", "| | texts | category | cause | level |", "|---|--:|--:|--:|--:|"]
    for name in sorted({key(example) for example, _ in scored}):
        some = [(example, score) for example, score in scored if key(example) == name]
        lines.append(f"| {name} | {len(some)} | {' | '.join(_agreement(some))} |")
    return [*lines, ""]


def _calibration(scored: Scored) -> list[str]:
    lines = [
        "## Confidence",
        "",
        "| confidence | texts | mean | category right |",
        "|---|--:|--:|--:|",
    ]
    for low, high in pairwise(_BOUNDS):
        some = [(one, score) for one, score in scored if low <= score.confidence < high]
        if some:
            mean = sum(score.confidence for _, score in some) / len(some)
            name = f"{low:.1f} to {min(high, 1):.1f}"
            lines.append(f"| {name} | {len(some)} | {mean:.2f} | {_agreement(some)[0]} |")
    return [*lines, ""]
