"""Waybill numbers as people write them, and as one comparable form.

People type spaces and hyphens, lower case, full-width digits, the letter O for zero and
I or l for one. The normal form has none of that: upper-case letters where the number's
pattern has letters, ASCII digits where it has digits.
"""

import re
import unicodedata
from typing import Final

_DIGIT_LOOKALIKES: Final = str.maketrans("OQDIL|", "000111")
_GAP: Final = r"[ \-·.]?"
_SEPARATORS: Final = re.compile(r"[\s\-·._/]+")
_NUMERAL: Final = r"[0-9OoIl]"

_POSTAL: Final = re.compile(r"^[A-Z]{2}[0-9A-Z|]{9}[A-Z]{2}$")
"""UPU S10: two letters, nine digits, two letters of the country."""
_PREFIXED: Final = re.compile(r"^([A-Z]{2,3})([0-9A-Z|]{9,16})$")
"""Most Chinese networks: a short letter prefix, then digits."""
_DIGITS: Final = re.compile(r"^[0-9A-Z|]{10,16}$")

_IN_TEXT: Final = re.compile(
    # letters + 9 digits + letters | prefix + 10..15 digits | 12..15 bare digits
    rf"(?<![A-Za-z0-9])(?:"
    rf"[A-Za-z]{{2}}{_GAP}(?:{_NUMERAL}{_GAP}){{8}}{_NUMERAL}{_GAP}[A-Za-z]{{2}}"
    rf"|[A-Za-z]{{2,3}}{_GAP}[0-9](?:{_GAP}{_NUMERAL}){{9,14}}"
    rf"|[0-9](?:{_GAP}{_NUMERAL}){{11,14}}"
    rf")(?![A-Za-z0-9])"
)


def normalise_waybill(written: str | None) -> str | None:
    """Return the normal form of ``written``, or None when it cannot be a waybill number.

    >>> normalise_waybill(" yt 4424 7716 30048")
    'YT4424771630048'
    >>> normalise_waybill("７７７２４８０１９９６４４０１")
    '777248019964401'
    >>> normalise_waybill("SF1314OO2793816"), normalise_waybill("EA33l748209CN")
    ('SF1314002793816', 'EA331748209CN')
    >>> normalise_waybill("don't know") is None
    True
    """
    if not written:
        return None
    folded = unicodedata.normalize("NFKC", written)
    packed = _SEPARATORS.sub("", folded).upper()
    if _POSTAL.match(packed):
        digits = packed[2:11].translate(_DIGIT_LOOKALIKES)
        if digits.isdigit():
            return packed[:2] + digits + packed[11:]
    prefixed = _PREFIXED.match(packed)
    if prefixed and not prefixed[1].translate(_DIGIT_LOOKALIKES).isdigit():
        digits = prefixed[2].translate(_DIGIT_LOOKALIKES)
        if digits.isdigit():
            return prefixed[1] + digits
    if _DIGITS.match(packed):
        digits = packed.translate(_DIGIT_LOOKALIKES)
        if digits.isdigit():
            return digits
    return None


def waybills_in(text: str) -> tuple[str, ...]:
    """Return the normal forms of the waybill numbers inside ``text``, in order, each once.

    Bare digits count from 12 to 15: a mobile number has 11, an identity card 18 and a
    bank card 16 to 19 digits, and are left alone.

    >>> waybills_in("包裹YT4413998102276何时送?电话13800138000")
    ('YT4413998102276',)
    """
    folded = unicodedata.normalize("NFKC", text)
    found = (normalise_waybill(match[0]) for match in _IN_TEXT.finditer(folded))
    return tuple(dict.fromkeys(waybill for waybill in found if waybill))
