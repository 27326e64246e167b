"""How far two people agree who labelled the same texts without seeing each other's labels."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.domain.errors import SettingsError

LABELS: Final = ("category", "cause", "level")
Labels = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Agreement:
    """One kind of label: how often both are the same, and how much of that is not chance."""

    label: str
    same: int
    total: int
    kappa: float
    differences: list[tuple[str, str, int]]
    """What one and the other said where they differ, the most frequent first."""


def read_labels(name: str, lines: Iterable[str]) -> dict[str, Labels]:
    """Return the labels by id from lines ``id category cause level …``, with tabs between.

    Raises:
        SettingsError: a line has no such fields, or an id comes twice.
    """
    found: dict[str, Labels] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        fields = line.rstrip("\n").split("\t")
        if len(fields) <= len(LABELS):
            raise SettingsError(f"{name} line {number}: id, category, cause and level are needed")
        if fields[0] in found:
            raise SettingsError(f"{name} line {number}: {fields[0]} comes a second time")
        category, cause, level = (field.strip() for field in fields[1:4])
        found[fields[0]] = (category, cause, level)
    return found


def agreements(one: Mapping[str, Labels], other: Mapping[str, Labels]) -> list[Agreement]:
    """Compare the labels of the texts that both have."""
    both = sorted(one.keys() & other.keys())
    return [
        _agreement(label, [(one[each][place], other[each][place]) for each in both])
        for place, label in enumerate(LABELS)
    ]


def _agreement(label: str, pairs: Sequence[tuple[str, str]]) -> Agreement:
    differing = Counter(pair for pair in pairs if pair[0] != pair[1])
    ranked = sorted(differing.items(), key=lambda one: (-one[1], one[0]))
    return Agreement(
        label=label,
        same=sum(first == second for first, second in pairs),
        total=len(pairs),
        kappa=kappa(pairs),
        differences=[(first, second, count) for (first, second), count in ranked],
    )


def kappa(pairs: Sequence[tuple[str, str]]) -> float:
    """Return Cohen's kappa: 1 is full agreement, 0 is what chance alone would give.

    >>> round(kappa([("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")]), 3)
    0.5
    """
    if not pairs:
        return 0.0
    total = len(pairs)
    first, second = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    observed = sum(one == other for one, other in pairs) / total
    chance = sum(first[label] * second[label] for label in first) / total**2
    return 1.0 if chance == 1 else (observed - chance) / (1 - chance)


def report(found: Sequence[Agreement]) -> list[str]:
    """Return the comparison as lines of text."""
    lines = [f"{'label':<10}{'same':>12}{'share':>8}{'kappa':>8}   most frequent differences"]
    for one in found:
        value = one.same / one.total if one.total else 0.0
        told = ", ".join(f"{a}/{b} {count}" for a, b, count in one.differences[:4])
        lines.append(
            f"{one.label:<10}{f'{one.same}/{one.total}':>12}{value:>8.3f}{one.kappa:>8.3f}   {told}"
        )
    return lines
