"""Hashes of pieces of text: 32 bits, enough to compare and too little to read. Pure.

The last bit says whether a piece names goods, so that two texts can be asked whether they name
other ones without being read.
"""

from collections.abc import Iterable
from typing import Final
from zlib import crc32

GOODS: Final = 1


class PieceHashes:
    """Hashes pieces. ``heads`` are characters with which pairs that name goods end, ``words``
    pieces that name goods whatever their end, ``others`` those that end so and name none."""

    def __init__(self, heads: str, words: Iterable[str], others: Iterable[str]) -> None:
        self._heads = frozenset(heads)
        self._words = frozenset(words)
        self._others = frozenset(others)

    def hashed(self, pieces: Iterable[str]) -> set[int]:
        """Return the hashes of ``pieces``; Latin ones never end with a head."""
        heads, words, others = self._heads, self._words, self._others
        return {
            crc32(one.encode()) | GOODS
            if (one[-1] in heads and one not in others) or one in words
            else crc32(one.encode()) & ~GOODS
            for one in pieces
        }


def plain(text: str) -> int:
    """Return the hash of what names no goods."""
    return crc32(text.encode()) & ~GOODS


SAYS_NOTHING: Final = plain("=")
"""The print of a text without a letter or digit: nobody says the same as another by it."""
