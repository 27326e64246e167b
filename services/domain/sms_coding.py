"""The octets of a short message as text, by the coding that its centre names. Pure."""

from typing import Final

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of GSM 03.38, by its 128 numbers."""
_BEHIND_ESCAPE: Final = {
    0x0A: "\n", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\",
    0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
_ESCAPE: Final = 0x1B
_DEFAULT: Final = 0
_CODINGS: Final = {8: "utf-16-be", 15: "gb18030"}
"""By their number; 15 is what the centres in China say for GB 18030."""


def decoded(octets: bytes, coding: int) -> str:
    """Return the text of ``octets``; what cannot be read in it is marked as lost (U+FFFD).

    Coding 0 is the default alphabet of GSM, one character an octet, as centres hand it on over
    SMPP; octets that alphabet does not have are UTF-8, else Latin-1.

    >>> decoded(b"li\\x00example.com \\x1b\\x65\\x05", 0), decoded("还没到".encode("gb18030"), 15)
    ('li@example.com €é', '还没到')
    """
    if coding != _DEFAULT:
        return octets.decode(_CODINGS.get(coding, "latin-1"), "replace")
    if max(octets, default=0) < len(_BASIC):
        return _of_gsm(octets)
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _of_gsm(octets: bytes) -> str:
    found: list[str] = []
    is_escaped = False
    for octet in octets:
        if is_escaped:  # an unknown one is shown as it is without the escape (GSM 03.38, 6.2.1.1)
            found.append(_BEHIND_ESCAPE.get(octet, _BASIC[octet]))
            is_escaped = False
        elif octet == _ESCAPE:
            is_escaped = True
        else:
            found.append(_BASIC[octet])
    return "".join(found)
