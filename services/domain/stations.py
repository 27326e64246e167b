"""Stations that a complaint names in its own words, and what is a complaint about one (ADR 0063).

A name in a text counts only where it says which place is meant: it needs a word for what it is
(``站``, ``depot``) and enough besides that is its own. A city that is also the name of a hub, or
"the station", is said of anywhere.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Annotated, Final

from pydantic import Field

from schemas.vocabulary import Category, Cause
from services.domain.policies import PolicyPart
from services.domain.traditional import traditional

_WORD: Final = re.compile(r"[a-z0-9]+")
_NUMBERS: Final = re.compile(r"[第号一二三四五六七八九十百0-9]")
_LEAST, _LEAST_LATIN = 2, 4
"""Characters, and Latin letters, of a name that are its own."""


class Conflict(PolicyPart):
    """What is a complaint about a station or its staff: it never goes to the station's own team
    alone. By such a category or cause an independent team leads; by any other the station's team
    may lead, and ``watch`` is told."""

    categories: frozenset[Category] = frozenset()
    causes: frozenset[Cause] = frozenset()
    watch: str
    generic: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=40)], ...],
        Field(
            description="Words for what a place is, not which. A station's name is looked for in "
            "the text of a complaint when it has one of them; none: texts are not searched."
        ),
    ] = ()


class StationNames:
    """Names to be found in texts: of several at one place the longest counts."""

    def __init__(self, names: Iterable[str], generic: Collection[str]) -> None:
        self._generic = sorted((_folded(one) for one in generic), key=len, reverse=True)
        self._names = sorted(dict.fromkeys(names), key=lambda one: (-len(one), one))

    @cached_property
    def _by_pair(self) -> dict[str, list[tuple[str, str]]]:
        """Chinese names by their first two characters."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name in self._names:
            folded = "".join(_folded(name).split())
            if not folded.isascii() and self._is_telling(folded):
                found.setdefault(folded[:2], []).append((folded, name))
        return found

    @cached_property
    def _by_word(self) -> dict[str, list[tuple[list[str], str]]]:
        """Latin names by their first word."""
        found: dict[str, list[tuple[list[str], str]]] = {}
        for name in self._names:
            words = _WORD.findall(_folded(name))
            own = "".join(one for one in words if one not in self._generic and one.isalpha())
            is_named = len(own) >= _LEAST_LATIN and not self._generic_words.isdisjoint(words)
            if _folded(name).isascii() and is_named:
                found.setdefault(words[0], []).append((words, name))
        return found

    @cached_property
    def _generic_words(self) -> frozenset[str]:
        return frozenset(self._generic)

    def _is_telling(self, folded: str) -> bool:
        own = folded
        for word in self._generic:
            own = own.replace(word, "")
        return own != folded and len(_NUMBERS.sub("", own)) >= _LEAST

    def in_text(self, text: str) -> list[str]:
        """Return the names that a text has, as they were given, each once.

        >>> names = StationNames(["杭州三站", "三站", "Leeds North Depot"], ["站", "depot"])
        >>> names.in_text("杭州 三站的快递员骂人"), names.in_text("At Leeds-North depot"), \
names.in_text("三站")
        (['杭州三站'], ['Leeds North Depot'], [])
        """
        if not self._names or not self._generic:
            return []
        folded = _folded(text)
        return list(dict.fromkeys([*self._chinese(folded), *self._latin(folded)]))

    def _chinese(self, folded: str) -> Iterable[str]:
        text, at = "".join(folded.split()), 0
        by_pair = self._by_pair
        while by_pair and at < len(text) - 1:
            named = by_pair.get(text[at : at + 2], ())
            hit = next((one for one in named if text.startswith(one[0], at)), None)
            if hit is not None:
                yield hit[1]
            at += len(hit[0]) if hit is not None else 1

    def _latin(self, folded: str) -> Iterable[str]:
        if not self._by_word:
            return
        words, at = _WORD.findall(folded), 0
        while at < len(words):
            named = self._by_word.get(words[at], ())
            hit = next((one for one in named if words[at : at + len(one[0])] == one[0]), None)
            if hit is not None:
                yield hit[1]
            at += len(hit[0]) if hit is not None else 1


_SIMPLER: Final = str.maketrans(traditional())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().translate(_SIMPLER)
