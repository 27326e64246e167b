"""A long short message comes in parts: where each belongs, and the whole of them. Pure."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from schemas.contacts import MAX_TEXT
from services.domain.sms_coding import decoded

WITH_HEADER: Final = 0x40
"""Of esm_class: the octets begin with a header."""
MOST: Final = 255
"""Parts of a message: their number has one octet."""
GAP: Final = "［…］"
"""Stands in a text for each part that never came. No word and no digit: what is judged by the words
of a text is to judge those of its writer. People are told in words beside it."""
_CUT: Final = "…"
_REFERENCES: Final = {0x00: (1, "8"), 0x08: (2, "16")}
"""Elements of a header that say which part this is: the octets of the reference, and the name of
its kind (3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8)."""


class Place(NamedTuple):
    """Which part this is of which message of its sender; ``number`` counts from 1. Phones use a
    ``reference`` again."""

    reference: str
    total: int
    number: int


class Piece(NamedTuple):
    """A part as it came."""

    number: int
    coding: int
    octets: bytes


def place_of(reference: str, total: int | None, number: int | None) -> Place | None:
    """Return the place that a header or a centre names; None of a message that is whole in itself,
    and where it cannot be one: such a header is to be ignored (TS 23.040).

    >>> place_of("8.7", 3, 1), place_of("8.7", 1, 1), place_of("8.7", 2, 3)
    (Place(reference='8.7', total=3, number=1), None, None)
    """
    if total is None or number is None or not 1 < total <= MOST or not 1 <= number <= total:
        return None
    return Place(reference, total, number)


def without_header(content: bytes, esm_class: int) -> tuple[Place | None, bytes]:
    """Return what the header of a delivery says of its place, and the octets of its text. A header
    that is longer than the delivery is none.

    >>> without_header(bytes([5, 0, 3, 7, 2, 1]) + b"Hello", 0x40)
    (Place(reference='8.7', total=2, number=1), b'Hello')
    """
    if not esm_class & WITH_HEADER or not content or content[0] >= len(content):
        return None, content
    end = 1 + content[0]
    for kind, value in _elements(content[1:end]):
        if kind not in _REFERENCES:
            continue
        size, name = _REFERENCES[kind]
        if len(value) != size + 2:
            continue
        reference = f"{name}.{int.from_bytes(value[:size], 'big')}"
        place = place_of(reference, value[size], value[size + 1])
        if place is not None:
            return place, content[end:]
    return None, content[end:]


def _elements(header: bytes) -> Iterator[tuple[int, bytes]]:
    while len(header) >= 2:
        kind, size = header[0], header[1]
        yield kind, header[2 : 2 + size]
        header = header[2 + size :]


def joined(pieces: Iterable[Piece], total: int) -> str:
    """Return the text of a message of ``total`` parts, with a mark where some never came. The
    octets of neighbours are joined first: a character may be cut between them.

    >>> joined([Piece(1, 8, b"\\x8f\\xd8\\x6c"), Piece(2, 8, b"\\xa1")], 2)
    '还没'
    """
    have = {one.number: one for one in pieces}
    text = ""
    for is_there, numbers in groupby(range(1, total + 1), key=have.__contains__):
        run = list(numbers)
        text += _text_of(have[one] for one in run) if is_there else GAP * len(run)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - len(_CUT)] + _CUT


def missing_in(text: str) -> int:
    """Return how many parts of a short message are marked in ``text`` as never having come.

    >>> missing_in(joined([Piece(2, 0, b"not here")], 3))
    2
    """
    return text.count(GAP)


def _text_of(pieces: Iterable[Piece]) -> str:
    return "".join(
        decoded(b"".join(one.octets for one in alike), coding)
        for coding, alike in groupby(pieces, key=lambda one: one.coding)
    )
