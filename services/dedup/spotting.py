"""Which of many lists of words a text contains, and where first, in one pass over it. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from ahocorasick_rs import AhoCorasick

from services.domain.telling import any_of

Places = Mapping[str, int]
"""Where in a text the first word of a list begins; lists without a word in it are missing."""

_NOWHERE: Final[Places] = {}
_LATIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


class Spotter:
    """Finds which lists have words in a text; ``patterns`` find all of a list's words.

    Both agree on what a word is: one in Latin letters begins where a word begins.
    """

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        words = {name: [word.lower() for word in one] for name, one in lists.items()}
        self.patterns: dict[str, re.Pattern[str]] = {
            name: any_of(one) for name, one in words.items()
        }
        lists_of: dict[str, list[str]] = {}
        for name, one in words.items():
            for word in one:
                lists_of.setdefault(word, []).append(name)
        self._finder = AhoCorasick(list(lists_of))
        self._known = [(tuple(names), word.isascii()) for word, names in lists_of.items()]

    def places(self, folded: str) -> Places:
        """Return where the lists have their first words in a folded text."""
        found = self._finder.find_matches_as_indexes(folded, overlapping=True)
        if not found:
            return _NOWHERE
        places: dict[str, int] = {}
        for word, start, _ in found:
            names, is_latin = self._known[word]
            if is_latin and start > 0 and folded[start - 1] in _LATIN:
                continue
            for name in names:
                if start < places.get(name, start + 1):
                    places[name] = start
        return places
