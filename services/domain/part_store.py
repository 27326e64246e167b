"""Parts of long short messages that wait for the others, and the memory of those that are gone on.

A part is here before its centre is told that we have it. A message is known by its provider,
sender, receiver, reference and number of parts (``key``), and because phones use references again,
by when its first part came. What people wrote and who they are is here only while it waits.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from schemas.personal import Sealed
from services.domain.sms_parts import Piece


@dataclass(frozen=True, slots=True)
class WaitingPart:
    """A part; ``digest`` is a keyed one of its content, by which it is known when it comes
    again."""

    digest: str
    piece: Piece = field(repr=False)


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """The parts of one message that have come, by their number. ``begun_at`` is when the first
    came and ``begun_by`` its digest: with the same key and both of them it is the same message.
    Once ``is_closed`` it takes no more, so that it is handed on as the same, however often."""

    key: str
    tenant: str
    total: int
    begun_at: datetime
    begun_by: str
    sender: Sealed
    parts: tuple[WaitingPart, ...]
    is_closed: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether every part has come."""
        return len(self.parts) == self.total


class Fate(StrEnum):
    """What became of a part that was put."""

    KEPT = "kept"
    """It is among the parts of its message, now or from before."""
    HANDED_ON = "handed_on"
    """It came again: its message is not here any more."""
    IN_THE_WAY = "in_the_way"
    """Not kept: another message stands under its key, which is closed, too old, or has another
    part of that number. Once that is handed on, it can be put."""


def name_of(key: str, part: WaitingPart) -> str:
    """Return what a part of the message ``key`` is known by when it comes again."""
    return f"{key}#{part.piece.number}#{part.digest}"


class Put(NamedTuple):
    """What became of a part, and the message that stands under its key now; None: none does."""

    fate: Fate
    message: WaitingMessage | None


class Taken(NamedTuple):
    """A message of which some parts never came, as it was taken: when it began and by which part,
    and the numbers of those that it had. What they said is not here."""

    begun_at: datetime
    begun_by: str
    numbers: frozenset[int]

    @classmethod
    def of(cls, message: WaitingMessage) -> "Taken":
        """Return what is remembered of a message."""
        numbers = frozenset(one.piece.number for one in message.parts)
        return cls(message.begun_at, message.begun_by, numbers)

    def lacks(self, other: "Taken") -> bool:
        """Return whether ``other`` may be parts of this one that came late: it has none of those
        that were taken. So nothing is the rest of itself."""
        return self.numbers.isdisjoint(other.numbers)


class PartStore(Protocol):
    """Durable, shared by all copies of the API; every method raises OutageError when the database
    is away. What a method did, a majority has when it returns."""

    def put(self, message: WaitingMessage, since: datetime) -> Put:
        """Keep the only part of ``message``: with those of the message under its key that began
        after ``since``, else as its first. The same part of the same message is kept once."""
        ...

    def oldest(self, until: datetime, after: datetime | None, limit: int) -> list[WaitingMessage]:
        """Return messages that began at ``until`` or before, and after ``after``, the oldest
        first."""
        ...

    def close(self, message: WaitingMessage) -> WaitingMessage | None:
        """Let a message take no more parts, and return it as it is now; None where it is gone."""
        ...

    def hand_on(self, message: WaitingMessage, until: datetime) -> None:
        """Remove a message, which is safe elsewhere. Until ``until`` each of its parts is known
        when it comes again, and the message itself, where some never came: unless it is what the
        one that is known under its key lacks."""
        ...

    def taken(self, key: str, now: datetime) -> Taken | None:
        """Return the message under a key that is known to have been taken without some of its
        parts."""
        ...
