"""Telephone numbers among the numbers of a text: each is one, however it is grouped.

"138 1234 5678" are no five thousand of anything, and "95338" is a hotline, no price.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from services.severity.numerals import Numeral

_GAP: Final = r"[ -]"
_PHONE: Final = re.compile(
    r"(?<!\d)(?<!\d[.,])(?:"
    rf"\+\d{{1,3}}(?:{_GAP}?\d{{1,11}}){{1,5}}"  # abroad
    rf"|\(?0\d{{1,4}}\)?(?:{_GAP}?\d{{3,8}}){{1,3}}"  # an area, a network
    rf"|1[3-9]\d{_GAP}\d{{4}}{_GAP}?\d{{4}}"  # a mobile of the mainland
    rf"|[48]00{_GAP}\d{{3,4}}{_GAP}?\d{{3,4}}"  # a hotline
    rf"|\(?\d{{3,4}}\)?{_GAP}\d{{3,4}}{_GAP}\d{{3,4}}"  # three groups: North America, cards
    rf"|[2-9]\d{{3}}{_GAP}\d{{4}}"  # Hong Kong, Macao
    r"|95[35]\d\d|12(?:305|315|345)"  # couriers and authorities of the mainland
    r")(?!\d|[.,]\d)(?![ ]?(?:[元块圆蚊]|yuan|rmb|usd|hkd|dollars?|euros?|pounds?))",
    re.ASCII,
)
_FIRST_HOTLINE: Final = 12_305
_LAST_HOTLINE: Final = 95_599
_LEAST_DIGITS: Final = 8
_AS_ONE: Final = 1e10
"""What a telephone number is worth as a number: more than any sum or count."""


def with_phones(text: str, numbers: list[Numeral]) -> list[Numeral]:
    """Return the ``numbers`` of a folded ``text``, each telephone number as one beyond all sums."""
    if "+" not in text and not any(map(_may_be_one, numbers)) and not _has_groups(numbers):
        return numbers
    spans = [
        found.span()
        for found in _PHONE.finditer(text)
        if sum(map(str.isdecimal, found[0])) >= _LEAST_DIGITS or found[0].isdecimal()
    ]
    others = [one for one in numbers if not any(begin <= one.start < end for begin, end in spans)]
    return others + [Numeral(_AS_ONE, begin, end, True) for begin, end in spans]


def _may_be_one(number: Numeral) -> bool:
    return number.is_digits and _FIRST_HOTLINE <= number.value <= _LAST_HOTLINE


def _has_groups(numbers: Sequence[Numeral]) -> bool:
    return any(
        one.is_digits and other.is_digits and other.start - one.end in (1, 2)
        for one, other in pairwise(numbers)
    )
