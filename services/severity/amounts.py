"""The sums of money a text speaks of, in CNY: what is at stake, not what else has digits.

A number is a sum when a currency stands beside it ("3千块", "USD 2,100"), when a word of
worth leads to it ("货值 12000", "insured for 800"), or when it qualifies goods ("八千的相机").
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.severity.numerals import Numeral
from services.severity.pieces import is_for_each, is_for_one, pieces
from services.severity.stakes import Stakes

_NEAR: Final = 16
_CLAUSE_REACH: Final = 40
_CLAUSE: Final = re.compile(r"[,。;!?\n]|\.(?!\d)")
_LEADING_ENDS: Final = '约近多就是为了有个到在要都足满点于:¥()"tdfrsynw~'
"""What the words and marks end with that may stand between a word of worth and its number."""
_AFTER: Final = r"[ \n]*(?:多|来|余|几|把|出头|左右|上下|\+|整)*[ \n]*"
_AFTER_BEGINS: Final = frozenset(" \n多来余几把出左上+整")
"""What that begins with, where it is anything."""
MAX_CNY: Final = 1e9
"""More than this is a typing error or no money."""


class Amount(NamedTuple):
    """A sum at stake and where it stands."""

    cny: float
    start: int
    end: int
    is_claimed: bool = False
    """Whether it is only what the writer asks for."""


@dataclass(frozen=True, slots=True)
class MoneyWords:
    """The policy's words about money; see ``policy.yaml`` for each."""

    currencies: Mapping[str, tuple[float, Sequence[str]]]
    dollar_in_traditional: float
    worth: Sequence[str]
    bought: Sequence[str]
    not_money_after: Sequence[str]


class AmountReader:
    """Reads the sums at stake from a text whose numbers are known."""

    def __init__(self, words: MoneyWords, stakes: Stakes) -> None:
        self._stakes = stakes
        self._local_dollar = words.dollar_in_traditional
        self._rates = {unit: rate for rate, units in words.currencies.values() for unit in units}
        units = "|".join(_edged(unit) for unit in sorted(self._rates, key=len, reverse=True))
        never = "|".join(map(re.escape, words.not_money_after))
        worth = "|".join(_edged(word) for word in words.worth)
        self._by_end: dict[str, list[str]] = defaultdict(list)
        for unit in sorted(self._rates, key=len, reverse=True):
            self._by_end[unit[-1]].append(unit)
        self._worth_begins = {word[0] for word in words.worth}
        self._worth_ends = {word[-1] for word in words.worth} | set(_LEADING_ENDS)
        self._after_begins = {unit[0] for unit in self._rates} | _AFTER_BEGINS
        self._after = re.compile(rf"{_AFTER}(?:in )?({units})(?!{never})", re.ASCII)
        self._worth = re.compile(
            rf"(?:{worth})(?:大概|大约|约|近|将近|差不多|也就|是|为|了|有|个|到|在|要|都|"
            r"不到|不足|不满|差一?点|[少低小]于|接近|"
            r"[:¥()\" ]|about|around|at|of|for|is|was|approximately|roughly|over|nearly|"
            r"less than|lower than|under|below|almost|not (?:even|quite)|just|~)*$",
            re.ASCII,
        )
        self._bought = re.compile(
            rf"{_AFTER}(?:{'|'.join(map(re.escape, words.bought))})", re.ASCII
        )
        self._tail = re.compile(r"[\w%/-]|[.,:]\d", re.ASCII)
        self._measured = re.compile(rf"{_AFTER}[{_MEASURES}]")

    def read(
        self, text: str, numbers: Sequence[Numeral], *, is_traditional: bool = False
    ) -> list[Amount]:
        """Return the sums in a folded ``text`` among ``numbers``, those that may be at stake.

        Who writes traditional characters means the dollar of Hong Kong by a bare "$".
        """
        amounts = (
            self._amount(text, one, numbers, is_traditional=is_traditional) for one in numbers
        )
        return [one for one in amounts if one is not None]

    def _amount(
        self, text: str, number: Numeral, numbers: Sequence[Numeral], *, is_traditional: bool
    ) -> Amount | None:
        before = text[max(0, number.start - _NEAR) : number.start]
        if number.value in _PLACES and _FIGURES.match(text, number.end) is not None:
            return Amount(10 ** (number.value - 1), number.start, number.end)
        rate = self._rate(text, number, before)
        if rate is None:
            return None
        if is_traditional and before.endswith("$") and rate == self._rates["$"]:
            rate = self._local_dollar
        clause = _CLAUSE.split(text[max(0, number.start - _CLAUSE_REACH) : number.start])[-1]
        value = number.value
        if _CONTINENTAL.fullmatch(text, number.start, number.end):
            value *= 1000
        value *= pieces(text, number, clause, numbers)
        cny = value * rate
        if not 0 < cny <= MAX_CNY:
            return None
        return Amount(cny, number.start, number.end, self._stakes.is_claimed(clause))

    def _rate(self, text: str, number: Numeral, before: str) -> float | None:
        """Return what one of it is worth in CNY; None when the number is no money."""
        # "台币 9,800 元" are no yuan: what stands before is the more telling.
        before_it = before.rstrip(" ")
        last = before_it[-1:]
        for unit in self._by_end.get(last, ()):
            if before_it.endswith(unit) and not _is_inside_a_word(before_it, unit):
                return self._rates[unit]
        follows = text[number.end : number.end + 1]
        after = self._after.match(text, number.end) if follows in self._after_begins else None
        if after is not None:
            return self._rates[after[1]]
        if _GRAND.search(text, number.start, number.end) is not None:
            return 1.0 if _GRAND_ENDS.match(text, number.end) is not None else None
        may_be_led = last in self._worth_ends and not self._worth_begins.isdisjoint(before)
        if number.value < _LEAST_PRICE and not may_be_led:
            return None  # As most numbers are: a few days, one parcel.
        if self._tail.match(text, number.end) is not None:
            return None
        if may_be_led and self._worth.search(before) is not None:
            is_bare = self._measured.match(text, number.end) is None
            is_sold = self._bought.match(text, number.end) is not None
            return 1.0 if is_bare or is_sold else None
        if number.value < _LEAST_PRICE or before.endswith(_LABELS):
            return None
        is_sold = self._bought.match(text, number.end) is not None
        is_price = (
            self._is_colloquial(text, number)
            or (_ENDS.match(text, number.end) is not None and is_for_each(before))
            or is_for_one(text, number)
            or _stands_alone(text, number)
            or _is_grouped(text, number)
        )
        return 1.0 if is_sold or is_price else None

    def _is_colloquial(self, text: str, number: Numeral) -> bool:
        """Return whether the number is written as only prices are: 三万二, 两千三, 三千出头."""
        written = text[number.start : number.end]
        if self._measured.match(text, number.end) is not None:
            return False
        if (
            number.value >= _LEAST_ROUND
            and _ROUND.search(written)
            and _ENDS.match(text, number.end)
        ):
            return True
        if not _COLLOQUIAL.fullmatch(written):
            return False
        return written[-1] not in "百千万" or _ABOUT.match(text, number.end) is not None


_GRAND: Final = re.compile(r"grand(?: and a half)?$", re.ASCII)
_GRAND_ENDS: Final = re.compile(
    r"[ ]?[,.;!?。\n]|[ ](?:for|of|on|each|apiece|worth|is|was|gone|to|in|and)\b", re.ASCII
)
"""What follows a grand that is money and no piano."""
_LEAST_PRICE: Final = 100
_PLACES: Final = range(4, 9)
_FIGURES: Final = re.compile(
    r"[ -]figures?\b|位数(?!的?(?:取|密|验|号|单|编|码|字|数|提|工|卡|账|帐))", re.ASCII
)
"""What makes a sum of "six figures" and "六位数": the least it can be."""
_MOST_ALONE: Final = 100_000
_MEASURES: Final = (
    "个件天日号月年点时分秒票单户次回斤公克吨米厘里楼层栋室度岁人"
    "位名台箱盒袋瓶张条双套本只支枚颗片包粒桶周星"
)
_COLLOQUIAL: Final = re.compile(r"[一二两三四五六七八九十]+[百千万][一二两三四五六七八九]?")
_LEAST_ROUND: Final = 499  # 不到五百, too.
_ROUND: Final = re.compile(r"[百千万kw]")
_ENDS: Final = re.compile(r"(?:多|来|余|不止|往上|以上|打底|起步)?(?:的)?[,。;!?\n)]")
_ABOUT: Final = re.compile(r"出头|左右|上下|往上|以上|不止|多(?=[,。;!?\n])")
_LABELS: Final = ("尾号", "单号", "号", "编号", "工号", "电话", "no", "no.", "#", "-")


_CONTINENTAL: Final = re.compile(r"\d{1,3}\.\d{3}", re.ASCII)
"""7.300 euro are seven thousand: no sum of money has three decimals."""


def _stands_alone(text: str, number: Numeral) -> bool:
    """Return whether the number is all of its clause, as in "屏废了,1499": no year, no code."""
    is_plain = number.is_digits and _LEAST_PRICE <= number.value < _MOST_ALONE
    is_year = 1900 <= number.value < 2100
    between = text[max(0, number.start - 1) : number.start] + text[number.end : number.end + 1]
    return is_plain and not is_year and len(between) == 2 and not set(between) - set(",。;!?")


def _is_grouped(text: str, number: Numeral) -> bool:
    """Return whether it is written as sums are, "8,999", and counts nothing that follows."""
    is_grouped = _GROUPED.fullmatch(text, number.start, number.end) is not None
    return is_grouped and _NOTHING_COUNTED.match(text, number.end) is not None


_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d\d)?", re.ASCII)
_NOTHING_COUNTED: Final = re.compile(
    r"[ ]?(?:[,.;:!?)。\n]|$|的|(?:for|in|on|is|was|and|but|which|each|apiece|ea|altogether|a)\b)",
    re.ASCII,
)


def _edged(unit: str) -> str:
    """Match ``unit``, a Latin one not inside a longer word.

    Its first letter stands before what is asked of its edge: of many units few begin so.
    """
    first = unit[0]
    edge = f"(?<![a-z]{first})" if re.match("[a-z]", unit) else ""
    last = r"(?![a-z])" if re.search("[a-z]$", unit) else ""
    return re.escape(first) + edge + re.escape(unit[1:]) + last


def _is_inside_a_word(text: str, unit: str) -> bool:
    """Return whether ``unit``, with which ``text`` ends, is only the end of a Latin word."""
    return "a" <= unit[0] <= "z" and "a" <= text[-len(unit) - 1 : -len(unit)] <= "z"


def at_stake(
    amounts: Sequence[Amount], declared_cny: float | None, *, is_harmed: bool
) -> float | None:
    """Return the sum that counts: the largest of what is stated and what was declared.

    What is only claimed counts where no other sum is known and something was harmed.
    """
    sums = [one.cny for one in amounts if not one.is_claimed]
    if declared_cny is not None and declared_cny > 0:
        sums.append(declared_cny)
    if not sums and is_harmed:
        sums = [one.cny for one in amounts]
    return max(sums, default=None)
