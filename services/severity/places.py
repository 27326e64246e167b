"""Stretches of a text where every word counts for less or more than elsewhere.

"… 就算了" concedes the clause before it, "主要是 …" stresses the one after it, "> …" quotes a
line. A place is found by its marker; how far it reaches is named in the policy.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.severity.patterns import Classes, keys_of, quickened, to_regex

_CLAUSE: Final = re.compile(r"[,。;!?\n]|\.(?!\d)|$")
_SENTENCE: Final = re.compile(r"[。;!?\n]|\.(?!\d)|$")
_QUESTION: Final = re.compile(r"(?:吗|呢|么|\?|吗\?|呢\?|么\?)[。 ]*$")


class Reach(StrEnum):
    """How far a place goes from its marker."""

    CLAUSE_BEFORE = "clause_before"
    CLAUSE_AFTER = "clause_after"
    SENTENCE_AFTER = "sentence_after"
    LINE = "line"
    LINE_OF_QUESTION = "line_of_question"


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a text and the factor of what is found in it."""

    start: int
    end: int
    factor: float


@dataclass(frozen=True, slots=True)
class PlaceMarker:
    """The policy's words for one kind of place."""

    words: Sequence[str]
    reach: Reach
    factor: float


class Places:
    """Finds the places of a text; most texts have none, see ``beginnings``."""

    def __init__(self, markers: Sequence[PlaceMarker], classes: Classes) -> None:
        self._markers = tuple(markers)
        self._patterns = [
            re.compile(
                quickened("|".join(to_regex(word, classes) for word in marker.words)), re.ASCII
            )
            for marker in self._markers
        ]
        self.beginnings = frozenset(
            key for one in self._markers for word in one.words for key in keys_of(word, classes)
        )
        """A text without any of these has no places."""

    def find(self, text: str, begun: Iterable[int]) -> list[Place]:
        """Return the places of a folded ``text``; ``begun`` is where any beginning stands."""
        places: list[Place] = []
        end = 0
        for position in sorted(set(begun)):
            if position >= end:
                made, end = self._made_at(text, position, end)
                places += made
        return places

    def _made_at(self, text: str, position: int, end: int) -> tuple[list[Place], int]:
        """Return the places of the first marker that makes any at ``position``, and where what
        was read of it ends: an agent's line that is no question is still an agent's line."""
        for marker, pattern in zip(self._markers, self._patterns, strict=True):
            found = pattern.match(text, position)
            if found is not None:
                end = found.end()
                if made := list(_reached(text, found, marker)):
                    return made, end
        return [], end


def _reached(text: str, found: "re.Match[str]", marker: PlaceMarker) -> Iterator[Place]:
    if marker.reach is Reach.CLAUSE_BEFORE:
        start = max((text.rfind(mark, 0, found.start()) for mark in ",。;!?\n"), default=-1)
        if start == found.start() - 1:
            # "慢点,也就算了": the marker is a clause of its own.
            start = max(text.rfind(mark, 0, max(0, start)) for mark in ",。;!?\n")
        yield Place(start + 1, found.end(), marker.factor)
    elif marker.reach in (Reach.LINE, Reach.LINE_OF_QUESTION):
        if text[: found.start()].rpartition("\n")[2].strip():
            return
        end = text.find("\n", found.end())
        end = len(text) if end < 0 else end
        if marker.reach is Reach.LINE or _QUESTION.search(text, found.end(), end):
            yield Place(found.start(), end, marker.factor)
    else:
        ends = _CLAUSE if marker.reach is Reach.CLAUSE_AFTER else _SENTENCE
        stop = ends.search(text, found.end())
        yield Place(found.start(), stop.start() if stop else len(text), marker.factor)


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
