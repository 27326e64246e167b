"""Numbers that a text names only as a limit: "不到五百", "less than 5000 yuan, 4800 to be exact".

Such a number is not reached. It counts as just below, or as the exact number that follows it
closely.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ahocorasick_rs import AhoCorasick

from services.severity.numerals import Numeral

_BEFORE_REACH: Final = 24
_LEADS: Final = r"(?:就|到|要|有|够|是|一|约|了|[¥$€£ ]|us\$|hk\$|rmb|usd|cny|the|a|an)*$"
"""What may stand between the words and their number."""
_UNITS: Final = (
    r"[ ]?(?:[元块圆钱刀镑欧币美港日人民多]|yuan|rmb|dollars?|euros?|pounds?|cny|usd)*[ ]?"
)
_MORE: Final = r"(?:都|还|也|就|可能|是|of)*[ ]?"
_SENTENCE_END: Final = re.compile(r"[。;!?\n]|\.(?!\d)")
_EXACT_REACH: Final = 20
_LEAST_EXACT: Final = 0.8
"""A smaller number after a limit is about something else."""


@dataclass(frozen=True, slots=True)
class LimitWords:
    """The policy's words for limits; see ``policy.yaml`` for each."""

    before: Sequence[str]
    after: Sequence[str]
    none_behind: Sequence[str]
    none_ahead: Sequence[str]


class Limits:
    """Reads limits among the numbers of a text."""

    def __init__(self, words: LimitWords) -> None:
        all_words = sorted({*words.before, *words.after})
        self._any = AhoCorasick(all_words) if all_words else None
        behind = "".join(f"(?<!{re.escape(one)})" for one in words.none_behind)
        ahead = "|".join(map(re.escape, words.none_ahead)) or "(?!)"
        self._before = re.compile(rf"{behind}(?:{_either(words.before)}){_LEADS}", re.ASCII)
        self._after = re.compile(rf"{_UNITS}{_MORE}(?:{_either(words.after)})(?!{ahead})", re.ASCII)

    def read(self, text: str, numbers: list[Numeral]) -> list[Numeral]:
        """Return the ``numbers`` of a folded ``text``, each limit as what it stands for."""
        if not numbers or self._any is None or not self._any.find_matches_as_indexes(text):
            return numbers
        ordered = sorted(numbers, key=lambda one: one.start)
        following = dict(pairwise(ordered))
        return [
            self._below(text, one, following.get(one)) if self._is_limit(text, one) else one
            for one in numbers
        ]

    def _is_limit(self, text: str, number: Numeral) -> bool:
        before = text[max(0, number.start - _BEFORE_REACH) : number.start]
        return (
            self._before.search(before) is not None
            or self._after.match(text, number.end) is not None
        )

    def _below(self, text: str, limit: Numeral, following: Numeral | None) -> Numeral:
        value = limit.value - 1 if limit.value > 1 else limit.value * _LEAST_EXACT
        if following is not None and _LEAST_EXACT * limit.value <= following.value < limit.value:
            between = text[limit.end : following.start]
            if len(between) <= _EXACT_REACH and _SENTENCE_END.search(between) is None:
                value = following.value
        return limit._replace(value=value)


def _either(words: Sequence[str]) -> str:
    """Match any of ``words``, a Latin one not inside a longer word."""
    return (
        "|".join(
            rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word)
            for word in sorted(words, key=len, reverse=True)
        )
        or "(?!)"
    )
