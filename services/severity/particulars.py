"""What of a text only says who writes, where, or of which parcel: no part of what went wrong.

A clause of nothing but a telephone number or a waybill and its label, an address, a greeting, the
end of a letter, the day of an order. Rules pass over such things by themselves; a model that weighs
every word would weigh these too, and the texts it learned from have next to none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from services.severity.naming import IS_TIME, NAMES
from services.severity.numerals import Numeral

_MARK: Final = "\ue0ff"
"""Of a private area: stands for each character of a number that names."""
_TIME: Final = "\ue0fe"
"""And this one for each of a day or an hour."""
_BREAK: Final = r"[,。.;!?\n():]"
_LATIN: Final = re.compile("[a-z]")
_LAST_LINES: Final = 160
_POSTSCRIPT: Final = re.compile(r"\bp\.? ?s\b|又及|另外", re.ASCII)
_LONGEST_ADDRESS: Final = 100


@dataclass(frozen=True, slots=True)
class ParticularWords:
    """The policy's words for particulars; see ``policy.yaml`` for each."""

    reached: Sequence[str]
    dated: Sequence[str]
    living: Sequence[str]
    greetings: Sequence[str]
    closings: Sequence[str]


class Particulars:
    """Finds particulars in texts whose numbers are known."""

    def __init__(self, words: ParticularWords) -> None:
        label = rf"(?:(?:{_either(words.reached)})[ :#.]*+)*"
        numbers = rf"{_MARK}++(?:[ ,/、]*{label}{_MARK}++)*"
        clause = rf"[ ]*{label}{numbers}[ ]*{label}(?={_BREAK}|$|[ ][\u3400-\u9fff])"
        address = (
            rf"[ ]*(?:{_either(words.living)})[^。;!?\n]{{0,{_LONGEST_ADDRESS}}}{_MARK}"
            rf"(?:[^,。.;!?\n]{{0,8}}(?={_BREAK}|$))?"
        )
        when = rf"(?:(?:{_either(words.dated)})[ :]*+)*"
        date = rf"[ ]*{when}{_TIME}++(?:[ ,]*{when}{_TIME}++)*[ ]*{when}(?={_BREAK}|$)"
        either = rf"(?:{clause}|{address}|{date})"
        self._clause = re.compile(rf"^{either}(?:{_BREAK}| )*|(?:{_BREAK}| ){either}", re.ASCII)
        self._greeting = re.compile(rf"(?:(?:{_either(words.greetings)})[ ,。.!:~\n]*)+", re.ASCII)
        self._closing = re.compile(
            rf"(?:^|(?<=[,。.;!?\n]))[ ]*(?:{_either(words.closings)})", re.ASCII
        )

    def find(self, text: str, numbers: Sequence[Numeral]) -> list[tuple[int, int]]:
        """Return the stretches of a folded ``text``; none where nothing else would be left."""
        spans = []
        greeting = self._greeting.match(text)
        if greeting is not None:
            spans.append(greeting.span())
        closing = self._closing.search(text, max(0, len(text) - _LAST_LINES))
        if closing is not None and not _POSTSCRIPT.search(text, closing.end()):
            spans.append((closing.start(), len(text)))
        names = [one for one in numbers if one.value in (NAMES, IS_TIME)]
        if names:
            marked = _marked(text, names)
            spans += [found.span() for found in self._clause.finditer(marked)]
        return spans if spans and _says_more(text, spans) else []


def _marked(text: str, names: Sequence[Numeral]) -> str:
    for one in names:
        mark = _MARK if one.value == NAMES else _TIME
        text = text[: one.start] + mark * (one.end - one.start) + text[one.end :]
    return text


def _says_more(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    left = [(0, 0), *sorted(spans), (len(text), len(text))]
    return any(
        any(map(str.isalpha, text[before[1] : after[0]])) for before, after in pairwise(left)
    )


def _either(words: Sequence[str]) -> str:
    """Match any of ``words``, a Latin one not inside a longer word."""
    return (
        "|".join(
            rf"(?<![a-z]){word}(?![a-z])" if _LATIN.match(word[-1]) else word for word in words
        )
        or "(?!)"
    )
