"""Numbers that only name something, among the numbers of a text: a telephone, a parcel, a house, a
day. Each is one, however it is written, and worth less than nothing: no sum and no count.

"138 1234 5678" are no five thousand of anything, "95338" is a hotline, no price, and who lives in
"8号楼2单元1502" has not lost 1502 yuan.
"""

import re
from collections.abc import Sequence
from typing import Final

from services.severity.numerals import Numeral

_GAP: Final = r"[ -]"
_NO_MONEY: Final = r"(?![ ]?(?:[元块圆蚊¥$€£]|yuan|rmb|cny|usd|hkd|dollars?|euros?|pounds?|bucks))"
_END: Final = rf"(?![\da-z]|[.,]\d){_NO_MONEY}"
_PHONE: Final = (
    rf"\+\d{{1,3}}(?:{_GAP}?\(?\d{{1,11}}\)?){{1,5}}"  # abroad
    rf"|\(?0\d{{1,4}}\)?(?:{_GAP}?\d{{3,8}}){{1,3}}"  # an area, a network
    rf"|1[3-9]\d{_GAP}?\d{{4}}{_GAP}?\d{{4}}"  # a mobile of the mainland
    rf"|[48]00{_GAP}?\d{{3,4}}{_GAP}?\d{{3,4}}"  # a hotline
    rf"|\(?\d{{3,4}}\)?{_GAP}\d{{3,4}}{_GAP}\d{{3,4}}"  # three groups: North America, cards
    rf"|[2-9]\d{{3}}{_GAP}\d{{4}}"  # Hong Kong, Macao
)
_HOTLINE: Final = r"95[35]\d\d|12(?:305|315|345)"
"""Couriers and authorities of the mainland."""
_CODE: Final = (
    r"(?!(?:rmb|cny|usd|us|hkd|hk|eur|gbp|jpy|twd|ntd|nt|rs|rm)\d)"
    rf"(?:[a-z]{{1,4}}-?\d(?:{_GAP}?\d){{5,}}(?:[a-z]{{2}})?"  # waybills and orders with letters
    r"|\d{1,3}[a-z]{1,4}\d[\da-z]{4,}"
    rf"|\d(?:{_GAP}?\d){{11,}})"  # and without
)
_COUNTED: Final = r"(?!单(?!元)|[户人家票件位名个份箱盒袋台次天])"
_HOUSE_PART: Final = r"(?:号[楼院门]|弄(?![坏丢错脏湿破])|幢|栋|座|单元|号楼|楼|层|室|巷|f\b|房)"
_HOUSE: Final = (
    rf"\d{{1,5}}[a-z]?(?:{_HOUSE_PART}|号(?=[a-z]?座|[a-z]?-?\d))"
    rf"(?:(?:[a-z]座|[a-z]|之|-)*\d{{1,5}}(?!\d){_COUNTED}(?:{_HOUSE_PART}|号)?(?:之\d+)?)*"
)
_ROADS: Final = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|close|court|square|boulevard|blvd|terrace"
    r"|crescent|gardens|queensway)\b"
)
_STREET: Final = (
    r"\d{1,5}[a-z]?,? (?:(?!(?:of|on|in|at|from|to|our|my|the|your|this|people|parcels?|orders?"
    r"|customers?|families|houses|homes|shops|residents|boxes|packages)\b)[a-z'.]+ ){0,2}"
    rf"{_ROADS}"
)
_POSTCODE: Final = r"[a-z]{1,2}\d{1,2}[a-z]? \d[a-z]{2}\b|(?<=, [a-z]{2} )\d{5}\b"
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_TIME: Final = (
    r"(?:19|20)\d\d(?:[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)|年(?:\d{1,2}月(?:\d{1,2}[日号]?)?)?)"
    r"|\d{1,2}月\d{1,2}[日号]?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? (?:19|20)\d\d)?"
    r"|\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]\.?m\b\.?)?|\d{1,2}(?:\.\d\d)? ?(?:[ap]\.?m\b\.?|o'clock)"
    r"|\d{1,2}点(?:半|钟|\d{1,2}分?)?(?!几|多?[元块])"
)
_NAMED: Final = re.compile(
    rf"(?P<time>{_TIME})|(?P<hotline>{_HOTLINE}){_END}"
    rf"|(?:{_CODE}|(?P<phone>{_PHONE})){_END}(?:[ ,]?(?:转|分机|ext\.?|extension)[ ]?\d{{2,6}})?"
    rf"|(?P<bare>\d{{6,11}}){_END}|{_HOUSE}|{_STREET}|{_POSTCODE}",
    re.ASCII,
)
_DIGIT: Final = re.compile(r"\d", re.ASCII)
_BEGIN: Final = re.compile(r"(?<![a-z0-9.])(?:[a-z]{1,4}-?|[+(])?(?<!\d[.,])\d", re.ASCII)
_AFTER_MONTH: Final = re.compile(rf"\b{_MONTH} (?:the )?$", re.ASCII)
_OF_MONTH: Final = re.compile(
    r"(?:[12]?\d|3[01])(?:st|nd|rd|th)?(?:,? (?:19|20)\d\d)?"
    rf"(?![\d,.]\d|[\da-z%]| of\b| [a-z]+s\b){_NO_MONEY}",
    re.ASCII,
)
_LABELLED: Final = re.compile(
    rf"#?(?=[a-z0-9/-]*\d)[a-z0-9]+(?:[ /-][a-z0-9]*\d[a-z0-9]*)*{_END}", re.ASCII
)
_AFTER_MONEY: Final = re.compile(
    r"(?:[值价额款失赔付约共多少钱费元¥$€£]|\b(?:rmb|cny|usd|hkd|worth|valued?|costs?|price|paid|for|of"
    r"|at|about|is|was|loss|total))[ :]*$",
    re.ASCII,
)
_AFTER_UNIT: Final = re.compile(r"(?:[¥$€£]|\b(?:rmb|cny|usd|hkd|eur|gbp|rm|rs))[ .]*$", re.ASCII)
_LABEL_REACH: Final = 24
_LEAST_DIGITS: Final = 8

NAMES: Final = -1.0
"""What a number is worth that names a person's telephone, a parcel, a place."""
IS_HOTLINE: Final = -2.0
IS_TIME: Final = -3.0


class Naming:
    """Finds the numbers that name; ``labels`` are regular expressions of what leads to one."""

    def __init__(self, labels: Sequence[str]) -> None:
        said = "|".join(rf"\b{one}" if one[0].isascii() else one for one in labels) or "(?!)"
        self._label = re.compile(rf"(?:{said})(?:[ :#号码]|编号|是|为|is|no\.?|number)*$", re.ASCII)

    def read(self, text: str, numbers: list[Numeral]) -> list[Numeral]:
        """Return the ``numbers`` of a folded ``text``, each that names something as one."""
        names: list[Numeral] = []
        # Most texts have no digit: this look is shorter than the one for a beginning.
        begun = None if _DIGIT.search(text) is None else _BEGIN.search(text)
        while begun is not None:
            name = self._name(text, begun.start(), begun.end() - 1)
            if name is not None:
                names.append(name)
            begun = _BEGIN.search(text, begun.end() if name is None else name.end)
        if not names:
            return numbers
        others = [one for one in numbers if not any(it.start <= one.start < it.end for it in names)]
        return others + names

    def _name(self, text: str, start: int, digit: int) -> Numeral | None:
        """Return the name that begins at ``start``, with its first digit at ``digit``, if any."""
        before = text[max(0, digit - _LABEL_REACH) : digit]
        if _AFTER_UNIT.search(before) is not None:
            return None
        found = _NAMED.match(text, start)
        if found is None and start != digit:
            found = _NAMED.match(text, digit)
        if found is not None and _is_name(found, before):
            return Numeral(_worth(found), *found.span(), True)
        value, before = NAMES, before[: len(before) - digit + start]
        if _AFTER_MONTH.search(before) is not None:
            found, value = _OF_MONTH.match(text, digit), IS_TIME
        elif self._label.search(before) is not None:
            found = _LABELLED.match(text, start)
        else:
            return None
        return None if found is None else Numeral(value, *found.span(), True)


def _is_name(found: "re.Match[str]", before: str) -> bool:
    if found["phone"] is not None:
        return sum(map(str.isdecimal, found[0])) >= _LEAST_DIGITS
    return found["bare"] is None or _AFTER_MONEY.search(before) is None


def _worth(found: "re.Match[str]") -> float:
    if found["time"] is not None:
        return IS_TIME
    return NAMES if found["hotline"] is None else IS_HOTLINE
