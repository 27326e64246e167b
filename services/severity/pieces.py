"""How many pieces a price is for: "八支,每支八百八", "4 vases, 3,000 yuan each", "3 x 2,000"."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from services.severity.numerals import MEASURES, Numeral, chinese

_MEASURE: Final = "".join(sorted(MEASURES))
_EACH: Final = re.compile(
    rf"(?:[每一]([{_MEASURE}])|单价|均价)(?:要|是|卖|成本|进价|约|才|就|采购|价?值|大概|差不多|得)*$"
    r"|\beach(?: one)?(?: of (?:them|these|those|which))?"
    r"(?: (?:is|was|are|were|worth|costs?|costing|at|about|around|priced|valued|one|item|some))*"
    r"[ ¥$€£]*$",
    re.ASCII,
)
_EACH_AFTER: Final = re.compile(
    rf"[^,。;!?\n]{{0,3}}(?:一|每|/)([{_MEASURE}])"
    r"|(?: (?!and\b|but\b|for\b|so\b|of\b)[a-z]+){0,3} (?:(?:each|apiece|ea)\b"
    r"|(?:per|a) (?P<noun>bottle|box|piece|pair|set|unit|bag|case|carton|item|crate|pack|roll"
    r"|head|pallet|jar|tin|tray)\b)",
    re.ASCII,
)
_FOR_ONE: Final = re.compile(rf"(?:一|每|/)[{_MEASURE}](?=[,。;!?的])")
_TIMES: Final = re.compile(r"(?<![\d.,])(\d{1,4}) ?[x×*] ?[¥$€£]?$", re.ASCII)
_PIECES: Final = re.compile(
    rf"(\d{{1,4}}|[一二两三四五六七八九十百]+)多?余?([{_MEASURE}])", re.ASCII
)
_COUNTED: Final = re.compile(
    r" (?:of (?:them|these|those)\b|pcs\b"
    r"|(?:(?!(?:a|the|of|for|and|at|in|to|is|was|from)\b)[a-z'-]+ ){0,2}?"
    r"(?!(?:days|hours|weeks|months|years|times|minutes|yuan|dollars|euros|pounds|pence|bucks"
    r"|calls|emails|messages|kilos|kilograms|grams|metres|meters|inches|miles|stars|is|was|has|as"
    r"|this|yes|us|floors|levels|percent|colleagues|people|customers|rupees|pesos)\b)"
    r"(?P<noun>[a-z'-]+)s\b)",
    re.ASCII,
)
_BOTH: Final = re.compile(r"\bboth\b|\ba pair\b", re.ASCII)
_MOST_PIECES: Final = 1000


def is_for_each(clause: str) -> bool:
    """Return whether a price that follows in this ``clause`` is that of one piece."""
    return _EACH.search(clause) is not None


def is_for_one(text: str, price: Numeral) -> bool:
    """Return whether it is said right behind a number that it is the price of one: "两千一部"."""
    return _FOR_ONE.match(text, price.end) is not None


def pieces(text: str, price: Numeral, clause: str, numbers: Sequence[Numeral]) -> int:
    """Return how many pieces have ``price``; 1 when it is for all of them.

    ``clause`` is what stands before the price in its clause, ``numbers`` are all of the text's.
    """
    times = _TIMES.search(clause)
    if times is not None:
        return min(int(times[1]), _MOST_PIECES) or 1
    each = _EACH.search(clause) or _EACH_AFTER.match(text, price.end)
    if each is None:
        return 1
    measure, noun = each[1], each.groupdict().get("noun")
    counts = [*_chinese(text, price, measure), *_english(text, price, noun, numbers)]
    return max((count for count in counts if count <= _MOST_PIECES), default=1)


def _chinese(text: str, price: Numeral, measure: str | None) -> Iterator[int]:
    for found in _PIECES.finditer(text):
        if found.start() != price.start and found[2] == (measure or found[2]):
            yield int(found[1]) if found[1].isdecimal() else int(chinese(found[1]) or 1)


def _english(
    text: str, price: Numeral, noun: str | None, numbers: Sequence[Numeral]
) -> Iterator[int]:
    for number in numbers:
        if number.start != price.start and 2 <= number.value <= _MOST_PIECES:
            found = _COUNTED.match(text, number.end)
            # Of twelve boxes in two vans at 300 a box there are twelve.
            if found is not None and (noun is None or (found["noun"] or noun).startswith(noun)):
                yield int(number.value)
    if noun is None and _BOTH.search(text) is not None:
        yield 2
