"""Sums that a text names and that are not at stake: denied, only supposed, or about something else.

"不值十万,也就三千", "worth 3,000, not 100,000", "imagine it had been a 50,000 watch", "my rent is
6,000 a month". What is only claimed ("赔我十万") is told apart: it counts where nothing else does.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.severity.numerals import Numeral
from services.severity.patterns import Classes, quickened, to_regex

_LEAST: Final = 50
"""Smaller numbers move no level."""
_BEFORE_REACH: Final = 56
_AFTER_REACH: Final = 36
_DISPUTE_REACH: Final = 32
_CLAUSE_END: Final = re.compile(r"[,。;:!?\n]|\.(?!\d)")
_ASKED: Final = re.compile(r"(?:吗|么|\?)[。?]?$|\?$")
_BETWEEN: Final = r"(?:[ ~¥$€£]|us\$|hk\$|rmb|usd|cny|eur|gbp)*+"


@dataclass(frozen=True, slots=True)
class StakeWords:
    """The policy's words for such sums; see ``policy.yaml`` for each."""

    not_at_stake: Sequence[str]
    not_at_stake_after: Sequence[str]
    supposed: Sequence[str]
    denied: Sequence[str]
    denied_fillers: Sequence[str]
    disputed: Sequence[str]
    claimed: Sequence[str]


class Stakes:
    """Tells numbers that are not at stake from those that may be."""

    def __init__(self, words: StakeWords, classes: Classes, units: Sequence[str]) -> None:
        def any_of(patterns: Sequence[str]) -> str:
            longest_first = sorted(patterns, key=len, reverse=True)
            return quickened("|".join(to_regex(one, classes) for one in longest_first)) or "(?!)"

        fillers = any_of(words.denied_fillers)
        self._before = re.compile(any_of(words.not_at_stake), re.ASCII)
        unit = "|".join(map(re.escape, sorted(units, key=len, reverse=True)))
        self._after = re.compile(
            rf"[ -]?(?:{unit})?钱?[ ]?(?:{any_of(words.not_at_stake_after)})", re.ASCII
        )
        # Possessive: "那块" is one filler or two, and no text may make the engine try each way.
        led = rf"{_BETWEEN}(?:(?:{fillers}){_BETWEEN})*+$"
        self._supposed = re.compile(rf"(?:{any_of(words.supposed)}){led}", re.ASCII)
        self._denied = re.compile(rf"(?<!是)(?:{any_of(words.denied)}){led}", re.ASCII)
        self._disputed = re.compile(any_of(words.disputed), re.ASCII)
        self._claimed = re.compile(any_of(words.claimed), re.ASCII)

    def aside(self, text: str, numbers: Sequence[Numeral]) -> frozenset[Numeral]:
        """Return those of ``numbers`` in a folded ``text`` that are not at stake."""
        return frozenset(
            number
            for number, begin, before, after in _stretches(text, numbers)
            if self._before.search(before) is not None
            or self._after.match(after) is not None
            or self._supposed.search(before) is not None
            or self._is_denied(text, begin, before, after)
        )

    def is_claimed(self, clause: str) -> bool:
        """Return whether the sum that follows in this ``clause`` is what the writer asks for."""
        return self._claimed.search(clause) is not None

    def _is_denied(self, text: str, begin: int, before: str, after: str) -> bool:
        if self._denied.search(before) is None or _ASKED.search(after) is not None:
            return False
        # "You refunded 300, not 3,000", "not the 3,000 you promised": it is what they argue about.
        earlier = text[max(0, begin - _DISPUTE_REACH) : begin]
        return all(self._disputed.search(one) is None for one in (earlier + before, after))


def _stretches(text: str, numbers: Sequence[Numeral]) -> Iterator[tuple[Numeral, int, str, str]]:
    """Yield each number that may move a level, where its clause begins, and what of the clause
    stands before and after it, up to the next such number."""
    large = sorted((one for one in numbers if one.value >= _LEAST), key=lambda one: one.start)
    for place, number in enumerate(large):
        begin = max(0, number.start - _BEFORE_REACH)
        if place:
            begin = max(begin, large[place - 1].end)
        for found in _CLAUSE_END.finditer(text, begin, number.start):
            begin = found.end()
        end = min(len(text), number.end + _AFTER_REACH)
        if place + 1 < len(large):
            end = max(number.end, min(end, large[place + 1].start))
        stop = _CLAUSE_END.search(text, number.end, end)
        # With the mark itself, as it may be a question's.
        end = stop.end() if stop is not None else end
        yield number, begin, text[begin : number.start], text[number.end : end]
