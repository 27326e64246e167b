"""Texts evened out, so that one spelling in the policy finds all that people write.

Widths, case, traditional characters, quotation marks, white space, and the dialect words
and typing errors that the policy lists. Line breaks stay, as they end a clause; so does a
space between Chinese characters, which becomes a comma. Every folded text ends with a mark.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping
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
_PLAIN: Final = re.compile(
    "[\x00-\x7f\xa5\xb7\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u3000-\u3002\u3008-\u3011"
    "\u3400-\u9fff\uff01-\uff5e\uffe5]*"
)
"""Characters that are evened out each by itself, whatever stands beside them: of most texts all."""
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


class _Evened(dict[int, str]):
    """What each plain character becomes, worked out when it is first met."""

    def __init__(self, even: Callable[[str], str]) -> None:
        super().__init__()
        self._even = even

    def __missing__(self, code: int) -> str:
        self[code] = self._even(chr(code))
        return self[code]


class Folder:
    """Folds texts; ``spellings`` are further replacements, of characters or whole words."""

    def __init__(self, spellings: Mapping[str, str]) -> None:
        single = {old: new for old, new in spellings.items() if len(old) == 1}
        table = str.maketrans({**traditional(), **_MARKS, **single})
        # What a character becomes may itself be replaced: once and for all here.
        self._table = {old: str(new).translate(table) for old, new in table.items()}
        self._evened = _Evened(self._even_by_table)
        # Where a spelling makes something else of a character, all is looked at together.
        self._are_plain_alone = all(
            _PLAIN.fullmatch(new) and new.translate(self._table) == new
            for new in self._table.values()
        )
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
        if self._are_plain_alone and _PLAIN.fullmatch(text):
            return text.translate(self._evened)
        return self._even_by_table(text)

    def _even_by_table(self, text: str) -> str:
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
