"""When a word does not mean what it says: denied, feared, conceded, quoted.

A *denial* stands right before a word, with nothing but fillers between ("not visibly
damaged", "没有任何破损"), in the same clause. A *place* is a stretch of text where every
word counts for more or less than elsewhere ("… 就算了", "> quoted", "主要是 …").
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.severity.patterns import to_regex

_LOOK_BACK: Final = 48


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a text and the factor of what is found in it."""

    start: int
    end: int
    factor: float


class Denials:
    """All kinds of denial of a policy, each as one expression over what precedes a word."""

    def __init__(
        self, kinds: Mapping[str, tuple[Sequence[str], Sequence[str]]], classes: "Classes"
    ) -> None:
        self._kinds = {
            kind: re.compile(_before(words, fillers, classes), re.ASCII)
            for kind, (words, fillers) in kinds.items()
        }

    def __contains__(self, kind: str) -> bool:
        return kind in self._kinds

    def denies(self, kinds: Sequence[str], text: str, position: int) -> bool:
        """Return whether what stands at ``position`` is denied in one of these ways."""
        before = text[max(0, position - _LOOK_BACK) : position]
        return any(self._kinds[kind].search(before) is not None for kind in kinds)


Classes = Mapping[str, tuple[str, ...]]


def _before(words: Sequence[str], fillers: Sequence[str], classes: Classes) -> str:
    starts = "|".join(to_regex(word, classes) for word in words)
    between = "|".join(to_regex(word, classes) for word in fillers)
    return rf"(?:{starts})(?:[ \n]*(?:{between}))*[ \n]*$"


class Places:
    """Finds the places of a text; most texts have none, so one look must be cheap."""

    def __init__(self, patterns: Sequence[tuple[str, float]]) -> None:
        self._patterns = [
            (re.compile(pattern, re.ASCII | re.MULTILINE), factor) for pattern, factor in patterns
        ]

    def find(self, text: str) -> list[Place]:
        """Return the places of ``text``, in the order of the policy."""
        return [
            Place(*found.span(), factor)
            for pattern, factor in self._patterns
            for found in pattern.finditer(text)
        ]


def factor_at(places: Sequence[Place], position: int) -> float:
    """Return by what a word at ``position`` counts: all places around it together.

    >>> factor_at([Place(0, 5, 0.5), Place(3, 9, 2.0)], 4)
    1.0
    """
    product = 1.0
    for place in places:
        if place.start <= position < place.end:
            product *= place.factor
    return product
