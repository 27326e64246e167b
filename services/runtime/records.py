"""What passes through the batch loop: records in, records out, dead letters, outcomes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from schemas.dead import REPLAY_OF

Headers = tuple[tuple[str, bytes], ...]


class Spot(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


class Source(NamedTuple):
    """Where a record stands, for ever: a topic made anew under the same name differs.

    ``str`` gives the form that ledgers and logs store.
    """

    topic_id: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic_id}:{self.partition}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Source":
        """Read what ``str`` wrote."""
        topic_id, partition, offset = text.rsplit(":", 2)
        return cls(topic_id, int(partition), int(offset))


class Inbound(NamedTuple):
    """A record as read: bytes untouched."""

    topic: str
    partition: int
    offset: int
    topic_id: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp_ms: int = 0

    @property
    def source(self) -> Source:
        return Source(self.topic_id, self.partition, self.offset)

    @property
    def spot(self) -> Spot:
        return Spot(self.topic, self.partition)

    @property
    def is_replay(self) -> bool:
        """Return whether it died once: what was decided about it was perhaps never produced."""
        return any(name == REPLAY_OF for name, _ in self.headers)


class Outbound(NamedTuple):
    """A record to produce inside the batch's transaction."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def size(self) -> int:
        """Return how many bytes it has."""
        own = len(self.key or b"") + len(self.value or b"")
        return own + sum(len(name.encode()) + len(value) for name, value in self.headers)


class DeadReason(StrEnum):
    """Why a record went to the dead letters; also the metric label."""

    MALFORMED = "malformed"
    HANDLER_ERROR = "handler_error"
    CONFLICTING = "conflicting"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that cannot be processed, and why (never quoting its content)."""

    inbound: Inbound
    reason: DeadReason
    error: str
    field: str
    rule: str
    case: str | None = None
    """The case that the handler knows it to be about, where the record does not say."""


@dataclass(slots=True)
class Handled:
    """What a handler made of a batch. Its database writes are already acknowledged."""

    outbound: list[Outbound] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    notices: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """How notices ended, by channel, state and reason."""
    withheld: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Notices that were decided not to be told, or not now, by channel and reason."""
    unreached: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Notices that had to be told and reached nobody, by kind of recipient, kind and reason."""
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What people made of the machine's judgements, by verdict and stated confidence."""
    corrections: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What they said otherwise, by field and direction."""
    accepted: list[datetime] = field(default_factory=list)
    """When each of the contacts was accepted that the handler is done with."""

    def add(self, other: "Handled") -> None:
        """Append what ``other`` holds, in order."""
        self.outbound.extend(other.outbound)
        self.dead.extend(other.dead)
        self.outcomes.update(other.outcomes)
        self.notices.update(other.notices)
        self.withheld.update(other.withheld)
        self.unreached.update(other.unreached)
        self.verdicts.update(other.verdicts)
        self.corrections.update(other.corrections)
        self.accepted.extend(other.accepted)


Positions = Mapping[tuple[str, int], int]
"""(topic id, partition) → offset of the next record this worker will commit: everything
at or after it has not been committed by anyone."""
