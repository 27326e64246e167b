"""A letter on paper: the page, drawn so that the address stands in the envelope's window.

The font is one that every PDF reader has for Chinese, so no font file travels with a letter.
The same letter gives the same bytes.
"""

import io
import unicodedata
from collections.abc import Iterator
from typing import Any, Final, Protocol

_FONT: Final = "STSong-Light"
_MM: Final = 72 / 25.4
_PAGE: Final = (210 * _MM, 297 * _MM)
_LEFT: Final = 25 * _MM
_WIDTH: Final = 165.0 * _MM
_BOTTOM: Final = 25 * _MM
_WINDOW: Final = (297 - 50) * _MM
"""Baseline of the first line of the address: in the window of a DIN lang or ZL envelope."""
_SUBJECT: Final = (297 - 103) * _MM
_SIZE: Final = 11.0
_LEADING: Final = 16.5
_CLOSING: Final = frozenset("，。；：？！、）》」』】”’…")
"""No line begins with these: they hang over its end, for which the margin has room."""


class Printed(Protocol):
    """What stands on the paper; ``notice_id`` small at the foot, so that a reply can be placed."""

    @property
    def notice_id(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...


def drawn(letter: Printed, company: str) -> bytes:
    """Return the letter as PDF, A4."""
    # Loaded here: only who writes letters needs the 30 MB.
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=_PAGE, invariant=1)
    canvas.setTitle(letter.subject)
    canvas.setAuthor(company)
    canvas.setSubject(letter.notice_id)
    _say(canvas, 8.0, _WINDOW + 14, [company])
    _say(canvas, _SIZE, _WINDOW, letter.address.splitlines()[:6])
    _say(canvas, 13.0, _SUBJECT, [letter.subject])
    left = list(_lines(letter.text))
    at = _SUBJECT - 2 * _LEADING
    while left:
        fits = max(1, int((at - _BOTTOM) // _LEADING))
        _say(canvas, _SIZE, at, left[:fits])
        left, at = left[fits:], _PAGE[1] - _LEFT
        _say(canvas, 8.0, 12 * _MM, [letter.notice_id])
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _say(canvas: Any, size: float, top: float, lines: list[str]) -> None:
    canvas.setFont(_FONT, size)
    for number, line in enumerate(lines):
        canvas.drawString(_LEFT, top - number * _LEADING, _printable(line))


def _printable(line: str) -> str:
    """Return ``line`` without what no printer can print."""
    return "".join(" " if unicodedata.category(c) == "Cc" else c for c in line)


def _lines(text: str) -> Iterator[str]:
    """Break ``text`` where the line is full: Chinese anywhere, words of letters between them."""
    longest = _WIDTH / _SIZE
    for paragraph in text.strip().splitlines():
        line, width = "", 0.0
        for word in _words(paragraph):
            wide = sum(map(_width, word))
            if line and width + wide > longest and word not in _CLOSING:
                yield line.rstrip()
                line, width = "", 0.0
                word = word.lstrip()
                wide = sum(map(_width, word))
            while wide > longest:
                cut = next(
                    n for n in range(len(word), 0, -1) if sum(map(_width, word[:n])) <= longest
                )
                yield word[:cut]
                word = word[cut:]
                wide = sum(map(_width, word))
            line, width = line + word, width + wide
        yield line.rstrip()


def _words(paragraph: str) -> Iterator[str]:
    word = ""
    for character in paragraph:
        if _width(character) == 1.0:
            if word:
                yield word
            yield character
            word = ""
        else:
            word += character
            if character == " ":
                yield word
                word = ""
    if word:
        yield word


def _width(character: str) -> float:
    """Return the width in units of the font's size; a little more than it is for letters."""
    return 1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.56
