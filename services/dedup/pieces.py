"""Hashes of pieces of text: 32 bits, enough to compare and too little to read. Pure.

The last bit says whether a piece names goods, so that two texts can be asked whether they name
other ones without being read.
"""

from collections.abc import Iterable
from typing import Final
from zlib import crc32

GOODS: Final = 1
_MOST_KEPT: Final = 100_000
"""Pairs and words that most texts are made of; about 10 MB."""


class PieceHashes(dict[str, int]):
    """The hash of each piece, worked out once for those that come often.

    ``heads`` are characters with which pairs that name goods end, ``words`` pieces that name
    goods whatever their end, ``others`` those that end so and name none.
    """

    def __init__(self, heads: str, words: Iterable[str], others: Iterable[str]) -> None:
        super().__init__()
        self._heads = frozenset(heads)
        self._words = frozenset(words)
        self._others = frozenset(others)

    def __missing__(self, piece: str) -> int:
        is_goods = piece in self._words or (
            piece[-1] in self._heads and len(piece) > 1 and piece not in self._others
        )
        made = plain(piece) | GOODS if is_goods else plain(piece)
        if len(self) < _MOST_KEPT:
            self[piece] = made
        return made


def plain(text: str) -> int:
    """Return the hash of what names no goods."""
    return crc32(text.encode()) & ~GOODS
