"""How well scores agree with labels that people gave: counts, shares and how sure these are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import sqrt

from schemas.scores import Score
from services.severity.lines import LabelledLine


@dataclass(frozen=True, slots=True)
class Pair:
    """What people said and what the policy said."""

    line: LabelledLine
    score: Score


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``total``, with the interval in which the true share lies in 95 of 100 cases."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        """The share; None when there is nothing to share."""
        return self.hits / self.total if self.total else None

    def interval(self) -> tuple[float, float]:
        """Return Wilson's score interval.

        >>> tuple(round(bound, 3) for bound in Share(8, 10).interval())
        (0.49, 0.943)
        """
        if not self.total:
            return 0.0, 1.0
        z, n, p = 1.959964, self.total, self.hits / self.total
        middle = p + z * z / (2 * n)
        spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        whole = 1 + z * z / n
        return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)

    def __str__(self) -> str:
        if self.value is None:
            return "-"
        low, high = self.interval()
        return f"{self.value:.3f}  [{low:.3f}, {high:.3f}]  {self.hits}/{self.total}"


Test = Callable[[Pair], bool]

MEASURES: tuple[tuple[str, Test, Test], ...] = (
    ("category", lambda one: True, lambda one: one.score.category == one.line.category),
    ("cause", lambda one: True, lambda one: one.score.cause == one.line.cause),
    ("level exact", lambda one: True, lambda one: one.score.level == one.line.level),
    ("level 3+ recall", lambda one: one.line.level >= 3, lambda one: one.score.level >= 3),
    (
        "level 3+ seen",
        lambda one: one.line.level >= 3,
        lambda one: one.score.level >= 3 or one.score.unsure,
    ),
    ("level 4 recall", lambda one: one.line.level == 4, lambda one: one.score.level == 4),
    ("level 1 rated 3+", lambda one: one.line.level == 1, lambda one: one.score.level >= 3),
    ("unsure", lambda one: True, lambda one: one.score.unsure),
)
"""Name, which pairs count, and which of these are hits. "Seen": rated so, or a person looks."""


def share(pairs: Iterable[Pair], counts: Test, hits: Test) -> Share:
    """Return the share of hits among the pairs that count."""
    counted = [pair for pair in pairs if counts(pair)]
    return Share(sum(map(hits, counted)), len(counted))
