"""Waybill numbers as people write them, and as one comparable form.

People type spaces and hyphens, lower case, full-width digits, the letter O for zero and
I or l for one; pasted numbers carry invisible marks. The normal form has none of that:
upper-case letters where the number's pattern has letters, ASCII digits where it has digits.

A number wrongly taken for a waybill joins the complaints of strangers; one not recognised
only opens a case of its own. So in doubt it is no waybill: telephone numbers, identity and
bank cards, dates, amounts and ``000000000000`` are left alone.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_DIGIT_LOOKALIKES: Final = str.maketrans("OQDIL|", "000111")
_SEPARATORS: Final = re.compile(r"[\s\-·._/]+")
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")

_POSTAL: Final = re.compile(r"[A-Z]{2}[0-9OQDIL|]{9}[A-Z]{2}")
"""UPU S10: two letters, nine digits (the last one checks), two letters of the country."""
_LOOKALIKE_COUNTRIES: Final = ("DO", "ID", "IL", "LI")
_PREFIXED: Final = re.compile(r"([A-Z]{2}[ABCE-HJKMNPR-Z]?)([0-9OQDIL|]{9,16})")
"""Most Chinese networks: two or three letters, then digits. A third letter that looks like
a digit is one, else ``SFI302…`` would not be ``SF1302…``."""
_USUAL: Final = re.compile(r"((?![DILOQ]{2})[A-Z]{2})([0-9]{9,16})").fullmatch
"""Two letters, not both like digits, then digits: already in normal form."""
_DIGITS: Final = re.compile(r"[0-9OQDIL|]{10,16}")
_WORDS: Final = frozenset(
    {"NO", "TEL", "FAX", "MOB", "QQ", "WX", "VX", "ID", "RMB", "CNY", "USD", "HKD"}
    | {"AM", "AN", "AND", "ARE", "AS", "AT", "BY", "FOR", "HAS", "IN", "IS", "IT", "MY"}
    | {"OF", "ON", "OR", "OUR", "THE", "TO", "WAS"}
)
"""Short words that stand before a number without being part of it."""
_NETWORKS: Final = frozenset({"sf", "yt", "jt", "jd", "yd", "ky", "zto", "sto", "dpk"})
"""Prefixes known well enough to stand apart from their digits in lower case."""
_AFTER_WORD: Final = re.compile(rf"^(?:{'|'.join(sorted(_WORDS))})(?=[0-9]{{5}})")

_OTHER_NUMBER: Final = re.compile(
    r"(?:0{0,2}86)?1[3-9][0-9]{9}|01[3-9][0-9]{9}"  # mobile
    r"|0[1-9][0-9]{9,10}|[48]00[0-9]{7}"  # landline, service line
    r"|20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"  # date and hour …
    r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){0,2}"  # … minute, second
    r"|([0-9])\1+"  # a placeholder
)
_CHECKED_BY_LUHN: Final = re.compile(r"[3-6][0-9]{15}|(?:35|86)[0-9]{13}")
"""Bank cards of 16 digits, and the IMEI of a telephone."""

_GAP: Final = r"[ \-·.]?"
_NUMERAL: Final = r"[0-9OoIl]"
_START: Final = r"(?<![A-Za-z0-9])"
_END: Final = r"(?![A-Za-z0-9])"
_LETTERED: Final = re.compile(
    rf"{_START}(?:"
    rf"(?P<service>[A-Za-z]{{2}})(?P<serial>{_GAP}(?:{_NUMERAL}{_GAP}){{9}})(?P<country>[A-Za-z]{{2}})"
    rf"|(?P<prefix>[A-Za-z]{{2,3}})(?P<digits>{_GAP}[0-9OoIl](?:{_GAP}{_NUMERAL}){{8,}})"
    rf"){_END}"
)
_BARE: Final = re.compile(rf"{_START}[0-9](?:{_GAP}{_NUMERAL})*{_END}")
_USUAL_DIGITS: Final = 13
"""After the prefix, at SF, YT and JT: settles where a number written in groups ends."""
_NOT_A_NUMBER_PART: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"(?:\+?86[ -]?)?1[3-9][0-9]{9}|1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}(?![ -]?[0-9])"  # mobile
    r"|[1-9][0-9]{5}[ -]?(?:18|19|20)[0-9]{6}[ -]?[0-9]{3}[0-9Xx]"  # identity card
    r"|0[1-9][0-9]{1,2}[ -][0-9]{7,8}|[48]00[ -][0-9]{3,4}[ -][0-9]{3,4}"  # landline
    r"|20[0-9]{2}([-. ])[0-9]{1,2}\1[0-9]{1,2}"  # date
    r"|20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"|[0-9]{1,11}\.[0-9]{1,2}(?!\.)"  # amount
    r"|[0-9]{1,3}(?= ?[件元块斤天个次箱])"  # so many
    r")(?![0-9A-Za-z])"
)

_SPELLED: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9A-Za-z][ -]){9,}[0-9A-Za-z](?![0-9A-Za-z]| [0-9A-Za-z]\b)"
)
"""A number read out one character at a time."""


def normalise_waybill(written: str | None) -> str | None:
    """Return the normal form of ``written``, or None when it cannot be a waybill number.

    >>> normalise_waybill(" yt 4424 7716 30048")
    'YT4424771630048'
    >>> normalise_waybill("７７７２４８０１９９６４４０１")
    '777248019964401'
    >>> normalise_waybill("SF1314OO2793816"), normalise_waybill("EA33l748209CN")
    ('SF1314002793816', 'EA331748209CN')
    >>> normalise_waybill("don't know") is normalise_waybill("138 0013 8000") is None
    True
    """
    if not written:
        return None
    usual = _USUAL(written)
    if usual and usual[1] not in _WORDS:
        return written if len(set(usual[2])) > 1 else None
    packed = _SEPARATORS.sub("", _folded(written)).upper()
    if _POSTAL.fullmatch(packed) and _has_country(packed):
        return packed[:2] + packed[2:11].translate(_DIGIT_LOOKALIKES) + packed[11:]
    packed = _AFTER_WORD.sub("", packed)
    prefixed = _PREFIXED.fullmatch(packed)
    if prefixed and not prefixed[1].translate(_DIGIT_LOOKALIKES).isdigit():
        digits = prefixed[2].translate(_DIGIT_LOOKALIKES)
        return prefixed[1] + digits if len(set(digits)) > 1 else None
    if _DIGITS.fullmatch(packed):
        digits = packed.translate(_DIGIT_LOOKALIKES)
        return None if _is_another_number(digits) else digits
    return None


def stated_waybill(written: str | None, text: str) -> str | None:
    """Return the normal form of the waybill number that a contact states: that in its field,
    whatever is written around it there, else the first in its ``text``.

    >>> stated_waybill("运单号：SF1314OO2793816（顺丰）", "YT4413998102276")
    'SF1314002793816'
    >>> stated_waybill("不记得", "YT4413998102276")
    'YT4413998102276'
    """
    normal = normalise_waybill(written)
    if normal is None and written:
        normal = next(iter(waybills_in(written)), None)
    return normal or next(iter(waybills_in(text)), None)


def waybills_in(text: str) -> tuple[str, ...]:
    """Return the normal forms of the waybill numbers inside ``text``, in order, each once.

    Bare digits count from 12 to 15, alone or as one row of groups: a mobile number has 11,
    an identity card 18 and a bank card 16 to 19 digits.

    >>> waybills_in("包裹YT4413998102276何时送?电话13800138000")
    ('YT4413998102276',)
    >>> waybills_in("My number is 777 2480 1996 4401, card 6222 0212 3456 7890 123")
    ('777248019964401',)
    >>> waybills_in("我念给你,S F 1 5 O 2 7 7 3 O 1 4 8 5 9,对")
    ('SF1502773014859',)
    """
    found: list[tuple[int, str | None]] = []

    def take(match: re.Match[str]) -> str:
        if (match["prefix"] or "").upper() in _WORDS:
            return match[0].replace(match["prefix"], "\0" * len(match["prefix"]), 1)
        written = _with_letters(match)
        if written is None:
            return match[0]
        found.append((match.start(), normalise_waybill(written)))
        return "\0" * len(written) + match[0][len(written) :]

    spoken = _SPELLED.sub(lambda match: _SEPARATORS.sub("", match[0]), _folded(text))
    rest = _LETTERED.sub(take, spoken)
    rest = _NOT_A_NUMBER_PART.sub(lambda match: "\0" * len(match[0]), rest)
    for match in _BARE.finditer(rest):
        found.extend((match.start(), normalise_waybill(digits)) for digits in _bare(match[0]))
    found.sort(key=lambda place: place[0])
    return tuple(dict.fromkeys(waybill for _, waybill in found if waybill))


def _folded(text: str) -> str:
    """Full width to ASCII, every dash a hyphen, without marks that nobody sees."""
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKC", text).translate(_DASHES)
    if folded.isprintable():
        return folded  # marks of that kind (Cf) are not
    return "".join(c for c in folded if unicodedata.category(c) != "Cf")


def _with_letters(match: re.Match[str]) -> str | None:
    """Return the part of the match that is one number, or None when its letters are words."""
    if match["country"]:
        serial, letters = match["serial"], match["service"] + match["country"]
        is_spaced = " " in (serial[0], serial[-1])
        return None if is_spaced and not (letters.isupper() or _checks(serial)) else match[0]
    prefix, digits = match["prefix"], match["digits"]
    is_spaced = not digits[0].isalnum()
    if is_spaced and not _is_prefix(prefix):
        return None
    end = _end_of_number(digits)
    plain = "".join(filter(str.isalnum, digits[:end])).upper().translate(_DIGIT_LOOKALIKES)
    return None if end == 0 or (is_spaced and _is_another_number(plain)) else prefix + digits[:end]


def _is_prefix(letters: str) -> bool:
    """Whether letters that stand apart from the digits belong to the number."""
    return letters.isupper() or letters.lower() in _NETWORKS


def _end_of_number(digits: str) -> int:
    """Return where the number ends whose ``digits`` may go on with something else, or 0."""
    ends: dict[int, int] = {}
    total = 0
    for group in re.finditer(rf"{_NUMERAL}+", digits):
        total += len(group[0])
        ends[total] = group.end()
    first, last = min(ends), max(ends)
    if first >= 10:
        return ends[first] if first <= 16 else 0
    if _USUAL_DIGITS in ends:
        return ends[_USUAL_DIGITS]
    return ends[last] if 10 <= last <= 15 else 0


def _bare(run: str) -> Iterator[str]:
    """Yield what may be a number in a row of groups: each long group, else the whole row."""
    groups = re.findall(rf"{_NUMERAL}+", run)
    long = [group for group in groups if len(group) >= 12]
    for digits in long or ["".join(groups)]:
        if 12 <= len(digits) <= 15:
            yield digits


def _is_another_number(digits: str) -> bool:
    if _CHECKED_BY_LUHN.fullmatch(digits):
        doubled = (int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits)))
        return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
    return _OTHER_NUMBER.fullmatch(digits) is not None


def _has_country(packed: str) -> bool:
    """Whether the last two characters are letters, not digits that look like letters."""
    if not packed[11:].translate(_DIGIT_LOOKALIKES).isdigit():
        return True
    return packed[11:] in _LOOKALIKE_COUNTRIES and _checks(packed[2:11])


def _checks(serial: str) -> bool:
    """Whether the ninth digit is what UPU S10 makes of the first eight."""
    digits = _SEPARATORS.sub("", serial).upper().translate(_DIGIT_LOOKALIKES)
    total = sum(int(d) * w for d, w in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=False))
    return {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11) == int(digits[8])
