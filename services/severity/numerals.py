"""Numbers as people write them: 5,499 · 2w · 1.2万 · 一万二 · 拾捌万陆仟 · two thousand."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick

_DIGITS: Final = {
    **{word: number for number, word in enumerate("零一二三四五六七八九")},
    **{word: number for number, word in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    **{"〇": 0, "两": 2, "俩": 2, "仨": 3, "几": 3, "数": 3},
}
_UNITS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_GREAT: Final = {"万": 10**4, "亿": 10**8}
_SUFFIXES: Final = {
    **{"k": 1e3, "w": 1e4, "grand": 1e3, "thousand": 1e3, "million": 1e6, "m": 1e6},
    **{"lakh": 1e5, "lakhs": 1e5, "lac": 1e5, "lacs": 1e5, "crore": 1e7, "crores": 1e7},
    **{"mil": 1e6, "mn": 1e6, "mln": 1e6, "bn": 1e9, "billion": 1e9, "dozen": 12},
}
_SMALL: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_ENGLISH: Final = {word: number for number, word in enumerate(_SMALL.split(" "))} | {
    word: 10 * number for number, word in enumerate(_TENS.split(" "), 2)
}
_ENGLISH_UNITS: Final = {
    **{"hundred": 100, "thousand": 1000, "grand": 1000, "million": 10**6, "billion": 10**9},
    **{"lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7, "dozen": 12},
}
_ENGLISH_VAGUE: Final = {"a couple of": 2, "couple": 2, "several": 3, "a few": 3, "dozens": 24}

_HAN: Final = "零〇一二两俩三仨四五六七八九壹贰叁肆伍陆柒捌玖几数十拾百佰千仟万亿"
_WORD: Final = "|".join(sorted({*_ENGLISH, *_ENGLISH_UNITS}, key=len, reverse=True))
_WRITTEN: Final = re.compile(
    rf"(?:(?P<digits>\d{{1,3}}(?:,\d{{2,3}})*,\d{{3}}(?:\.\d+)?|\d{{1,3}}(?:\.\d{{3}}){{2,}}"
    rf"|\d+(?:\.\d+)?)"
    rf"(?:\ ?(?P<suffix>grand|thousand|million|billion|lakhs?|lacs?|crores?|dozen|m(?:il|l?n)|bn"
    rf"|[kwm])(?![a-z])"
    rf"|\ ?(?P<great>[{_HAN}]+(?:\d(?!\d))?))?"
    rf"|(?P<han>[{_HAN}]+))(?P<more>[多余来][百千万亿]+)?",
    re.ASCII,
)
_MULTIPLE: Final = "hundred|thousand|grand|million|billion|lakhs?|crores?|dozen"
_SPELT: Final = re.compile(
    rf"\b(?:(?P<vague>a\ couple\ of|couple|several|a\ few|dozens)(?:\ (?P<times>{_MULTIPLE}))?"
    rf"|(?P<half>half\ an?\ )?(?P<english>(?:{_WORD})(?:(?:[ -]|\ and\ )(?:{_WORD}))*)"
    rf"(?P<more>[ -]and[ -]a[ -]half(?:[ -](?P<of>{_MULTIPLE}))?)?)\b",
    re.ASCII,
)
_DIGIT: Final = re.compile(rf"[{_HAN}0-9]")
_SPELT_WORDS: Final = AhoCorasick(sorted({*_ENGLISH, *_ENGLISH_UNITS, *_ENGLISH_VAGUE, "half a"}))
_HALVED: Final = frozenset("百千万亿")
"""半万: five thousand."""
MEASURES: Final = frozenset("件个台箱盒袋瓶张条双套本只支枚部块副幅函把株棵头")
"""What pieces are counted by."""
_FOR_ONE: Final = re.compile("[百千万][一二两三四五六七八九]?一$")
MAX_LENGTH: Final = 12
"""Longer runs of digits are telephone numbers, waybills and cards."""


class Numeral(NamedTuple):
    """A number in a text; ``is_digits`` when it is written with digits alone."""

    value: float
    start: int
    end: int
    is_digits: bool


def numerals(text: str) -> Iterator[Numeral]:
    """Yield the numbers of a folded text: first those in digits and characters, then English."""
    suffixes: set[int] = set()
    begun = _DIGIT.search(text)
    while begun is not None:
        # It stands at a digit, so it is there: looking for it from there on is what is slow.
        found = _WRITTEN.match(text, begun.start())
        if found is None:
            raise AssertionError(f"no number at a digit: {begun[0]!r}")
        end = found.end()
        if text[end : end + 1] in MEASURES and _FOR_ONE.search(found[0]):
            # "两千一部" are two thousand for each, no two thousand and one hundred.
            found = _WRITTEN.match(text, begun.start(), end - 1) or found
        value = _written(found) if len(found[0]) <= 2 * MAX_LENGTH else None
        if value is not None and found["more"]:
            value *= _times(found["more"][1:])
        if value is not None:
            written = found["suffix"] or found["great"] or found["more"]
            plain = found["digits"] is not None and not written
            suffixes.add(found.start("suffix"))
            start, end = found.span()
            if text[start] in _HALVED and text[start - 1 : start] == "半":
                value, start = value / 2, start - 1
            yield Numeral(value, start, end, plain)
        begun = _DIGIT.search(text, found.end())
    end = 0
    # It is looked for only where one of its words begins, as above.
    words = _SPELT_WORDS.find_matches_as_indexes(text, overlapping=True)
    for start in sorted({start for _, start, _ in words}):
        is_new = start >= end and start not in suffixes
        spelt = _SPELT.match(text, start) if is_new else None
        if spelt is not None:
            end = spelt.end()
            yield Numeral(_spelt(spelt), start, end, False)


def _written(found: "re.Match[str]") -> float | None:
    if found["digits"] is None:
        return chinese(found["han"])
    digits = found["digits"].replace(",", "")
    if digits.count(".") > 1:  # 2.500.000, as much of the world writes it.
        digits = digits.replace(".", "")
    if len(digits) > MAX_LENGTH:
        return None
    if found["suffix"]:
        return float(digits) * _SUFFIXES[found["suffix"]]
    return float(digits) if not found["great"] else _mixed(digits, found["great"])


def _times(units: str) -> float:
    """Return by what 一百二十(余万) is more than 一百二十."""
    product = 1.0
    for unit in units:
        product *= {**_UNITS, **_GREAT}[unit]
    return product


def _spelt(found: "re.Match[str]") -> float:
    if found["vague"] is None:
        value = _english(found["english"])
        if found["of"]:
            return (value + 0.5) * _ENGLISH_UNITS[found["of"]]
        if found["more"]:  # Half of the last word: "a grand and a half".
            value += _ENGLISH_UNITS.get(re.split("[ -]", found["english"])[-1], 1) / 2
        return value / 2 if found["half"] else value
    times = _ENGLISH_UNITS[found["times"]] if found["times"] else 1
    return float(_ENGLISH_VAGUE[found["vague"]] * times)


def _mixed(digits: str, rest: str) -> float | None:
    """Read ``3`` + ``千五`` or ``1.2`` + ``万``."""
    unit = {**_UNITS, **_GREAT}.get(rest[0])
    if unit is None:
        return None
    tail = rest[1:]
    if tail and tail[0] in _GREAT:
        unit, tail = unit * _GREAT[tail[0]], tail[1:]
    value = float(digits) * unit
    if not tail:
        return value
    digit = int(tail) if tail.isdecimal() else _DIGITS.get(tail)
    if digit is not None:
        return value + digit * unit / 10
    more = None if tail[-1].isdecimal() else chinese(tail)
    return None if more is None else value + more


def chinese(text: str) -> float | None:
    """Return the value of a Chinese numeral; 几 and 数 count as three.

    >>> chinese("一万二"), chinese("两千零三"), chinese("拾捌万陆仟"), chinese("几百")
    (12000.0, 2003.0, 186000.0, 300.0)
    """
    if len(text) > 1 and all(character in _DIGITS for character in text):
        if "几" in text or "数" in text or len(text) > 8:
            return None
        if len(text) == 2 and "零" not in text and "〇" not in text:
            return None if _DIGITS[text[1]] != _DIGITS[text[0]] + 1 else float(_DIGITS[text[0]])
        return float("".join(str(_DIGITS[character]) for character in text))
    total, section, digit, last = 0, 0, None, 1
    after_zero = False
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
            after_zero = after_zero or digit == 0
        elif character in _UNITS:
            last = _UNITS[character]
            section += (1 if digit is None else digit or 1) * last
            digit, after_zero = None, False
        else:
            last = _GREAT[character]
            total = (total + section + (digit or 0) or 1) * last
            section, digit, after_zero = 0, None, False
    if digit is not None:
        short = last >= 100 and not after_zero
        section += digit * last // 10 if short else digit
    return float(total + section)


def _english(text: str) -> float:
    total, section = 0, 0
    for word in re.split(r"[ -]", text):
        if word in _ENGLISH:
            section += _ENGLISH[word]
        elif word == "hundred":
            section = (section or 1) * 100
        elif word in _ENGLISH_UNITS:
            total += (section or 1) * _ENGLISH_UNITS[word]
            section = 0
    return float(total + section)
