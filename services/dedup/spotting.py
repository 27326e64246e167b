"""Which of many lists of words a text may contain, in one pass over it. Pure.

Most texts contain words of two or three of a dozen lists. What begins no word of a list is found
by looking up the beginnings of all its stretches at once; only then is the list's pattern asked.
"""

import re
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add, or_
from typing import Final

from services.domain.telling import any_of

_LATIN: Final = 3
"""Latin words are told by their first letters; those of fewer by pairs of characters."""
_BEGINNING: Final = re.compile(r"(?<![a-z0-9])[a-z][a-z']{2}")
_NONE: Final = frozenset[str]()


class Spotter:
    """Finds which lists have words in a text; ``patterns`` find the words themselves."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        words = {name: [word.lower() for word in one] for name, one in lists.items()}
        self.patterns = {name: any_of(one) for name, one in words.items()}
        starts: dict[str, set[str]] = {}
        for name, one in words.items():
            for word in one:
                starts.setdefault(_start(word), set()).add(name)
        self._single = frozenset(start for start in starts if len(start) == 1)
        self._starts = {start: frozenset(names) for start, names in starts.items()}

    def likely(self, folded: str) -> frozenset[str]:
        """Return the lists of which a word may be in the text: all that are, and few others."""
        seen = {*map(add, folded, folded[1:]), *_BEGINNING.findall(folded)}
        seen |= self._single.intersection(folded)
        found = [self._starts[start] for start in seen & self._starts.keys()]
        return reduce(or_, found, _NONE)

    def named(self, name: str, folded: str, likely: frozenset[str]) -> bool:
        """Return whether a word of the list is in the text."""
        return name in likely and self.patterns[name].search(folded) is not None


def _start(word: str) -> str:
    """Return how a word begins, as :meth:`Spotter.likely` looks for it."""
    return word[:_LATIN] if _BEGINNING.match(word) else word[:2]
