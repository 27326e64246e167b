"""How often the customer has asked before, and how many customers one cause has hit.

Both are read from numbers beside counting words: "第三次投诉" (two before), "打了两次电话",
"my second message"; "31票订单" of a shop, "forty residents".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ahocorasick_rs import AhoCorasick

from services.severity.numerals import Numeral

_CLAUSE_END: Final = re.compile(r"[,。;!?\n]|(?<!\d)[.:]")
_ORDINALS: Final = ("second", "third", "fourth", "fifth", "sixth", "seventh")
_ORDINAL: Final = re.compile(
    rf"\b(?:(?P<word>{'|'.join(_ORDINALS)})|(?P<number>\d{{1,2}})(?:nd|rd|th))\b", re.ASCII
)
_ORDINAL_MARKS: Final = AhoCorasick(
    [*_ORDINALS, *(f"{digit}{end}" for digit in range(10) for end in ("nd", "rd", "th"))]
)
"""Texts without any of them have no such word; most have not."""
_MOST_CONTACTS: Final = 50
_QUEUE_REACH: Final = 16
_SIZE_REACH: Final = 32
_MOST_CUSTOMERS: Final = 10**7


@dataclass(frozen=True, slots=True)
class CountWords:
    """The policy's words about counts; see ``policy.yaml`` for each."""

    times: Sequence[str]
    contacting: Sequence[str]
    other_contacts: Sequence[str]
    people: Sequence[str]
    queues: Sequence[str]
    parcels: Sequence[str]
    sizes: Sequence[str]
    unhit: Sequence[str]


class Counter:
    """Reads earlier contacts and customers hit from a text whose numbers are known."""

    def __init__(self, words: CountWords) -> None:
        self._times = _after(words.times)
        self._contacting = _any(words.contacting)
        self._others = _any(words.other_contacts)
        self._people = _after(words.people)
        self._queues = re.compile(rf"(?:{'|'.join(words.queues) or '(?!)'})$", re.ASCII)
        self._parcels = _after(words.parcels)
        self._sizes = re.compile(rf"(?:{'|'.join(words.sizes) or '(?!)'})$", re.ASCII)
        self._unhit = _any(words.unhit)

    def earlier_contacts(self, text: str, numbers: Sequence[Numeral]) -> int:
        """Return how many contacts before this one the text names; 0 when none."""
        most = 0
        for number in numbers:
            if number.value > _MOST_CONTACTS or not self._times.match(text, number.end):
                continue
            clause = _clause(text, number.start)
            if self._contacting.search(clause) and not self._others.search(clause):
                most = max(most, int(number.value) - _is_ordinal(text, number))
        for found in (
            _ORDINAL.finditer(text) if _ORDINAL_MARKS.find_matches_as_indexes(text) else ()
        ):
            clause = text[found.start() : found.end() + 48]
            is_contact = self._times.match(text, found.end()) or self._contacting.search(clause)
            if is_contact and not self._others.search(_clause(text, found.start())):
                position = (
                    _ORDINALS.index(found["word"]) + 2 if found["word"] else int(found["number"])
                )
                most = max(most, position - 1)
        return most

    def customers(self, text: str, numbers: Sequence[Numeral], *, is_shop: bool) -> int:
        """Return how many customers the text says are hit; 1 when it names no number.

        Parcels stand for customers when a shop or a firm sends them (``is_shop``).
        """
        most = 1
        for number in numbers:
            if not most < number.value <= _MOST_CUSTOMERS:
                continue
            people = self._people.match(text, number.end)
            if (people is not None and not self._is_size(text, number, people)) or (
                is_shop and self._parcels.match(text, number.end)
            ):
                before = text[max(0, number.start - _QUEUE_REACH) : number.start]
                most = most if self._queues.search(before) else int(number.value)
        return most

    def _is_size(self, text: str, number: Numeral, people: "re.Match[str]") -> bool:
        """Return whether the number only says how many there are: "an office of 60 people"."""
        before = text[max(0, number.start - _SIZE_REACH) : number.start]
        is_size = self._sizes.search(before) is not None
        return is_size and self._unhit.match(text, people.end()) is not None


def _is_ordinal(text: str, number: Numeral) -> bool:
    before = text[max(0, number.start - 2) : number.start]
    written = text[number.start : number.end]
    return before.endswith(("第", "客户", "用户", "来电人")) or written == "二"


def _clause(text: str, position: int) -> str:
    """Return the clause around ``position``."""
    begin = 0
    for found in _CLAUSE_END.finditer(text):
        if found.start() >= position:
            return text[begin : found.start()]
        begin = found.end()
    return text[begin:]


def _any(words: Sequence[str]) -> "re.Pattern[str]":
    return re.compile("|".join(words) or r"(?!)", re.ASCII)


def _after(words: Sequence[str]) -> "re.Pattern[str]":
    """Match one of ``words`` right after a number, Latin ones after a space."""
    return re.compile(rf"[ \n-]?(?:多|余|来|几|\+)?[ ]?(?:{'|'.join(words)})", re.ASCII)
