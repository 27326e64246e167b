"""How many short messages a text takes: networks count, and bill, by these. Pure.

3GPP TS 23.038 (the alphabet) and 23.040 (the header of a message in parts): 160 characters of the
GSM alphabet or 70 of any other in one message; 153 or 67 in each of several. A character is never
cut in two by the end of a part.
"""

from typing import Final, Literal, NamedTuple

_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE: Final = frozenset("^{}\\[~]|€\f")
"""Characters of the GSM alphabet that take two places."""
_ROOM: Final = {"gsm": (160, 153), "ucs2": (70, 67)}
_OUTSIDE: Final = 0x10000
"""From here on a character takes two places of UCS-2."""


class Segments(NamedTuple):
    """``units`` are places taken, ``messages`` how many messages they fill."""

    alphabet: Literal["gsm", "ucs2"]
    units: int
    messages: int


def segments_of(text: str) -> Segments:
    """Return what ``text`` takes.

    >>> segments_of("Your parcel is here."), segments_of("您的快件已到。")
    (Segments(alphabet='gsm', units=20, messages=1), Segments(alphabet='ucs2', units=7, messages=1))
    """
    is_gsm = all(one in _GSM or one in _GSM_DOUBLE for one in text)
    alphabet: Literal["gsm", "ucs2"] = "gsm" if is_gsm else "ucs2"
    widths = [_width(one, is_gsm) for one in text]
    alone, part = _ROOM[alphabet]
    if sum(widths) <= alone:
        return Segments(alphabet, sum(widths), 1)
    messages, left = 1, part
    for width in widths:
        if width > left:
            messages, left = messages + 1, part
        left -= width
    return Segments(alphabet, sum(widths), messages)


def _width(character: str, is_gsm: bool) -> int:
    if is_gsm:
        return 2 if character in _GSM_DOUBLE else 1
    return 2 if ord(character) >= _OUTSIDE else 1
