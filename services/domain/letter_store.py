"""What became of dead letters: which were replayed and which somebody gave up, and why.

A letter without such an end is *open*: somebody's complaint still waits for a person.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class LetterFate(StrEnum):
    """How a dead letter ended."""

    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class LetterEnd:
    """The end of one dead letter.

    ``place`` is where the letter lies and ``source`` where its original stood, both as
    ``<topic id>:<partition>:<offset>``; ``letter`` is the id that people use. ``note`` says
    why it was discarded, or where the replay stands. ``case`` is the key of the case that it was
    about, where dedup had decided of which; of a discarded one, its contact may be of a case
    that never came to be, which nothing else would find when its time is over.
    """

    place: str
    letter: str
    fate: LetterFate
    source: str
    by: str
    at: datetime
    note: str
    case: str | None = None


class LetterStore(Protocol):
    """Durable; every method raises OutageError when the database is away."""

    def replayed(self, ends: Sequence[LetterEnd]) -> None:
        """Write that letters were replayed; this counts more than that they were discarded."""
        ...

    def discarded(self, ends: Sequence[LetterEnd]) -> list[LetterEnd]:
        """Write that letters are given up; return the earlier ends of those that had one, which
        stand."""
        ...

    def ends(self) -> Iterator[LetterEnd]:
        """Yield every end."""
        ...
