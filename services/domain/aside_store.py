"""What sender remembers of notices that cannot go now, so that they hold up nobody else's.

A row is written before the notice's record is committed, and taken away after its end was told.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Aside:
    """A notice on the lane of its channel; ``value`` are the bytes of its request, ``partition``
    the one of its case, ``provider`` whom of the channel it waits for, where that has several."""

    notice_id: str
    channel: str
    partition: int
    at: datetime
    value: bytes
    provider: str = ""


class AsideStore(Protocol):
    """Durable, shared by all senders. All raise OutageError when the database is away."""

    def put(self, rows: Sequence[Aside]) -> None:
        """Insert what is not there."""
        ...

    def oldest(
        self,
        channel: str,
        partitions: Iterable[int],
        without: Collection[str],
        limit: int,
        provider: str | None = None,
    ) -> list[Aside]:
        """Return the rows of a lane that came first, of these partitions; with ``provider`` only
        those that wait for it."""
        ...

    def of(self, notice_ids: Iterable[str]) -> dict[str, Aside]:
        """Return the rows of those of these notices that wait on a lane."""
        ...

    def waiting(self, channel: str, partitions: Iterable[int]) -> dict[str, int]:
        """Return how many rows of a lane wait for each provider, of these partitions."""
        ...

    def take_away(self, notice_ids: Iterable[str]) -> None:
        """Remove rows: how these notices ended is told."""
        ...
