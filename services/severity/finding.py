"""Finds the rows of hashes, many at a time: an open table in arrays."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.severity.grams import Hashes, Ints

_ROOM: Final = 8
"""Places for each hash: most are found, or found missing, at the first look."""
_FREE: Final = -1


class Finder:
    """The rows of known ``hashes``, which number from ``first`` on."""

    def __init__(self, hashes: Hashes, first: int) -> None:
        size = 1 << (_ROOM * len(hashes) + 1).bit_length()
        self._mask = np.uint64(size - 1)
        self._first = first
        self._hashes = hashes
        self._table: NDArray[np.int32] = np.full(size, _FREE, dtype=np.int32)
        waiting = np.arange(len(hashes), dtype=np.int32)
        places = self._places(hashes)
        while len(waiting):
            free = self._table[places] == _FREE
            # Of several that want one place, the last one written has it.
            self._table[places[free]] = waiting[free]
            left = self._table[places] != waiting
            waiting, places = waiting[left], (places[left] + 1) & (size - 1)

    def known(self, hashes: Hashes) -> tuple[Ints, Ints]:
        """Return where in ``hashes`` the known ones are, in order, and the row of each."""
        places = self._places(hashes)
        found = self._table[places].astype(np.int64)
        others = np.flatnonzero(found != _FREE)
        others = others[self._hashes[found[others]] != hashes[others]]
        while len(others):
            places[others] = (places[others] + 1) & int(self._mask)
            found[others] = self._table[places[others]]
            others = others[found[others] != _FREE]
            others = others[self._hashes[found[others]] != hashes[others]]
        kept = np.flatnonzero(found != _FREE)
        return kept, found[kept] + self._first

    def _places(self, hashes: Hashes) -> Ints:
        places: Ints = (hashes & self._mask).astype(np.int64)
        return places
