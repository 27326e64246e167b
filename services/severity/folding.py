"""Texts evened out, so that one spelling in the policy finds all that people write.

Widths, case, traditional characters, quotation marks, white space, and the dialect words
and typing errors that the policy lists. Line breaks stay: they end a clause.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

_SPACES: Final = re.compile(r"[^\S\n]+")
_BREAKS: Final = re.compile(r" ?\n\s*")
_WRAPPED: Final = re.compile(r"(?<=[a-z,])\n(?=[a-z])")
_MARKS: Final = {"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "「": '"', "」": '"'}
_MARKS_2: Final = {"『": '"', "』": '"', "…": "。", "｡": "。", "—": "-", "–": "-", "\u200b": ""}


@cache
def traditional() -> dict[str, str]:
    """Return traditional characters with their simplified forms."""
    text = resources.files(__package__).joinpath("traditional.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    pairs = zip("".join(lines[::2]), "".join(lines[1::2]), strict=True)
    return dict(pairs)


class Folder:
    """Folds texts; ``spellings`` are further replacements, of characters or whole words."""

    def __init__(self, spellings: Mapping[str, str]) -> None:
        single = {old: new for old, new in spellings.items() if len(old) == 1}
        table = {**traditional(), **_MARKS, **_MARKS_2, **single}
        self._table = str.maketrans(table)
        self._words = {self._even(old): new for old, new in spellings.items() if len(old) > 1}
        longest_first = sorted(self._words, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_whole, longest_first)) or r"(?!)")

    def fold(self, text: str) -> str:
        """Return ``text`` evened out; the same text always gives the same result."""
        text = self._pattern.sub(lambda found: self._words[found[0]], self._even(text))
        text = _BREAKS.sub("\n", _SPACES.sub(" ", text))
        return _WRAPPED.sub(" ", text).strip()

    def _even(self, text: str) -> str:
        # Before NFKC, which would make three full stops of an ellipsis.
        text = text.replace("…", "。")
        text = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()
        return text.translate(self._table)


def _whole(word: str) -> str:
    """Match ``word``; a Latin one only as a whole."""
    escaped = re.escape(word)
    return rf"(?<![a-z]){escaped}(?![a-z])" if word[0].isascii() else escaped
