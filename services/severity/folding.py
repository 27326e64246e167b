"""Texts evened out, so that one spelling in the policy finds all that people write.

Widths, case, traditional characters, quotation marks, white space, and the dialect words
and typing errors that the policy lists. Line breaks stay, as they end a clause; so does a
space between Chinese characters, which becomes a comma. Every folded text ends with a mark.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Final

from ahocorasick_rs import AhoCorasick

from services.domain.traditional import traditional

_SPACES: Final = re.compile(r"[^\S\n]+")
_BREAKS: Final = re.compile(r" ?\n\s*")
_WRAPPED: Final = re.compile(r"(?<=[a-z,])\n(?=[a-z])")
_PAUSE: Final = re.compile("(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
_MARKS: Final = {
    **dict.fromkeys("‘’`´", "'"),
    **dict.fromkeys("“”「」『』", '"'),
    **dict.fromkeys("—–‐‑", "-"),
    "…": "。",
    "｡": "。",
    "\u200b": "",
    "\ufeff": "",
}
_ENDS: Final = (".", "。", "!", "?", ";", ",", "\n")


_SURELY_TRADITIONAL: Final = 2


def is_traditional(text: str) -> bool:
    """Return whether ``text``, not yet folded, is written in traditional characters.

    >>> is_traditional("個電話壞咗"), is_traditional("电话坏了")
    (True, False)
    """
    return not text.isascii() and len(_traditional_only() & set(text)) >= _SURELY_TRADITIONAL


@cache
def _traditional_only() -> frozenset[str]:
    return frozenset(traditional())


class Folder:
    """Folds texts; ``spellings`` are further replacements, of characters or whole words."""

    def __init__(self, spellings: Mapping[str, str]) -> None:
        single = {old: new for old, new in spellings.items() if len(old) == 1}
        table = str.maketrans({**traditional(), **_MARKS, **single})
        # What a character becomes may itself be replaced: once and for all here.
        self._table = {old: str(new).translate(table) for old, new in table.items()}
        words = {self._even(old): new for old, new in spellings.items() if len(old) > 1}
        self._latin = {old: new for old, new in words.items() if old.isascii()}
        self._others: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for old, new in words.items():
            if not old.isascii():
                self._others[old[:2]].append((old, new))
        longest_first = sorted(map(re.escape, self._latin), key=len, reverse=True)
        self._pattern = re.compile(rf"(?<![a-z])(?:{'|'.join(longest_first)})(?![a-z])")
        # Few texts have any of these words.
        self._any = AhoCorasick(sorted(words))

    def fold(self, text: str) -> str:
        """Return ``text`` evened out; the same text always gives the same result."""
        text = self._even(text)
        if self._any.find_matches_as_indexes(text):
            text = self._spelled(text)
        if "\n" in text or "  " in text or "\t" in text:
            text = _BREAKS.sub("\n", _SPACES.sub(" ", text))
            text = _WRAPPED.sub(" ", text)
        text = text.strip()
        if " " in text and not text.isascii():
            text = _PAUSE.sub(",", text)
        return text if text.endswith(_ENDS) else f"{text}。"

    def _even(self, text: str) -> str:
        if text.isascii():
            return text.lower()
        # Before NFKC, which would make three full stops of an ellipsis.
        text = text.replace("…", "。").translate(self._table)
        even = unicodedata.normalize("NFKC", text).lower()
        return text if even == text else even.translate(self._table)

    def _spelled(self, text: str) -> str:
        """Replace whole words; few texts have any, so look by their first characters."""
        if not text.isascii():
            pairs = {text[place : place + 2] for place in range(len(text) - 1)}
            for start in sorted(pairs & self._others.keys()):
                for old, new in self._others[start]:
                    text = text.replace(old, new)
        if self._latin:
            text = self._pattern.sub(lambda found: self._latin[found[0]], text)
        return text
