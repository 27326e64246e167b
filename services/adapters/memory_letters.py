"""Ends of dead letters in memory: the twin of :mod:`services.adapters.mongo_letters`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from services.adapters.memory_hooks import Hooked
from services.domain.letter_store import LetterEnd, LetterFate


class MemoryLetterStore(Hooked):
    """The LetterStore port."""

    def __init__(self) -> None:
        super().__init__()
        self._ends: dict[str, LetterEnd] = {}

    def replayed(self, ends: Sequence[LetterEnd]) -> None:
        """See the port."""
        with self._operation("replayed"):
            self._ends |= {end.place: end for end in ends}

    def discarded(self, ends: Sequence[LetterEnd]) -> list[LetterEnd]:
        """See the port."""
        with self._operation("discarded"):
            earlier = [self._ends[end.place] for end in ends if end.place in self._ends]
            self._ends = {end.place: end for end in ends} | self._ends
            return earlier

    def ends(self) -> Iterator[LetterEnd]:
        """See the port."""
        with self._operation("ends"):
            yield from list(self._ends.values())

    def closed_book(self, before: datetime) -> list[str]:
        """Return the cases of discarded letters that ended before then, each once for ever."""
        old = [
            one
            for one in self._ends.values()
            if one.fate is LetterFate.DISCARDED and one.at < before and one.case is not None
        ]
        self._ends |= {one.place: replace(one, case=None) for one in old}
        return [one.case for one in old if one.case is not None]

    def silence(self, before: datetime, words: str) -> int:
        """Put ``words`` where a note was written on a letter that ended before then."""
        old = [
            one for one in self._ends.values() if one.at < before and one.note not in ("", words)
        ]
        self._ends |= {one.place: replace(one, note=words) for one in old}
        return len(old)
