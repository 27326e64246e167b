"""An evaluation as text for people: 100 columns wide at most."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from schemas.vocabulary import Category, Cause
from services.severity.evaluation import MEASURES, Pair, Share, share

ENOUGH: Final = 30
"""Texts that a language needs for recalls of its own: with fewer the intervals say nothing."""
_ACROSS: Final = 3
"""Columns of recalls that fit beside each other."""
_RECALL: Final = 28
_CELL: Final = 7
_LABEL: Final = 16
"""Characters of a recall, of a cell of a table, and of what stands before both."""

Word = Callable[[Pair], str]


class Aspect(NamedTuple):
    """What is decided about a contact, the answers there are, what people and policy said."""

    name: str
    classes: tuple[str, ...]
    label: Word
    score: Word


ASPECTS: Final = (
    Aspect(
        "category",
        tuple(map(str, Category)),
        lambda one: str(one.line.category),
        lambda one: str(one.score.category),
    ),
    Aspect(
        "cause",
        tuple(map(str, Cause)),
        lambda one: str(one.line.cause),
        lambda one: str(one.score.cause),
    ),
    Aspect(
        "level",
        ("1", "2", "3", "4"),
        lambda one: str(one.line.level),
        lambda one: str(one.score.level),
    ),
)


def report(pairs: Sequence[Pair]) -> list[str]:
    """Return the evaluation as lines of text."""
    by_language = {
        language: [pair for pair in pairs if _language(pair) == language]
        for language in sorted(set(map(_language, pairs)))
    }
    columns = {"all": pairs} | {
        name: some for name, some in by_language.items() if len(some) >= ENOUGH
    }
    lines = [f"{len(pairs)} labelled contacts"]
    for aspect in ASPECTS:
        lines += ["", *_confused(aspect, pairs), "", *_recalls(aspect, pairs, columns)]
    few = [f"{name} {len(some)}" for name, some in by_language.items() if name not in columns]
    if few:
        lines += ["", f"without recalls of their own (under {ENOUGH} texts): {', '.join(few)}"]
    lines += ["", *_measures("all", pairs)]
    for language, some in by_language.items():
        lines += ["", *_measures(language, some)]
    return lines


def confusion(aspect: Aspect, pairs: Iterable[Pair]) -> Counter[tuple[str, str]]:
    """Return how often each (label, score) pair of answers occurs."""
    return Counter((aspect.label(pair), aspect.score(pair)) for pair in pairs)


def recall(aspect: Aspect, pairs: Iterable[Pair], wanted: str) -> Share:
    """Return the share of contacts with the label ``wanted`` that were scored so."""
    return share(
        pairs,
        lambda one: aspect.label(one) == wanted,
        lambda one: aspect.score(one) == wanted,
    )


def _language(pair: Pair) -> str:
    return pair.line.lang or "?"


def _confused(aspect: Aspect, pairs: Sequence[Pair]) -> list[str]:
    counts = confusion(aspect, pairs)
    used = [one for one in aspect.classes if any(one in pair for pair in counts)]
    head = f"{aspect.name}: labels down, scores across"
    names = " " * _LABEL + "".join(f"{one[: _CELL - 1]:>{_CELL}}" for one in used)
    rows = [
        f"  {label:<{_LABEL - 2}}"
        + "".join(f"{counts[label, score] or '.':>{_CELL}}" for score in used)
        for label in used
        if any(counts[label, score] for score in used)
    ]
    return [head, names, *rows]


def _recalls(
    aspect: Aspect, pairs: Sequence[Pair], columns: dict[str, Sequence[Pair]]
) -> Iterator[str]:
    """Yield the recall of each class in all and by language, beside each other as far as fits."""
    classes = [one for one in aspect.classes if recall(aspect, pairs, one).total]
    yield f"recall by {aspect.name}: share, 95 % interval (Wilson), count"
    names = tuple(columns)
    for start in range(0, len(names), _ACROSS):
        across = names[start : start + _ACROSS]
        yield (" " * _LABEL + "".join(f"{name:<{_RECALL}}" for name in across)).rstrip()
        for wanted in classes:
            found = (recall(aspect, columns[name], wanted) for name in across)
            yield (f"  {wanted:<{_LABEL - 2}}" + "".join(map(_short, found))).rstrip()


def _short(recalled: Share) -> str:
    if recalled.value is None:
        return f"{'-':<{_RECALL}}"
    low, high = recalled.interval()
    text = f"{recalled.value:.2f} [{low:.2f}, {high:.2f}] {recalled.hits}/{recalled.total}"
    return f"{text:<{_RECALL}}"


def _measures(name: str, pairs: Sequence[Pair]) -> list[str]:
    rows = [f"  {title:<18} {share(pairs, counts, hits)}" for title, counts, hits in MEASURES]
    return [f"{name} ({len(pairs)})", *rows]
