"""What dedup remembers, and the port through which it does.

Everything is insert-only: a decision is made once, a claim is won once. Whoever loses
reads the winner back, so no reader ever sees a decision change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ContactRow:
    """The decision about one contact; at the same time its ledger row.

    ``key`` is ``<tenant>|<contact id>``. ``source`` is where the contact stood when it was
    decided (topic id:partition:offset): the same source again is a replay, another one a
    resubmission. ``digest`` is a keyed hash of what the contact says, so that an
    idempotency key used twice for different contents is noticed. ``out`` is the record
    that was produced, byte for byte. ``grams`` are hashed pieces of the text for later
    comparison with other contacts of the same person.
    """

    key: str
    tenant: str
    contact_id: str
    source: str
    digest: str
    case_id: str
    relation: str
    person: str | None
    received_at: datetime
    tracking: str
    grams: tuple[int, ...]
    out: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """A unique statement, first come first served: this waybill is of this case, this person
    is known in this case, this case has this defect. ``contact_id`` won it."""

    key: str
    case_id: str
    contact_id: str
    person: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Absorbed:
    """A contact that was sent again: nothing happened, and this says so. Unique by source."""

    source: str
    contact_key: str
    first_source: str
    rule: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PersonSight:
    """An earlier contact of a person, as far as comparison needs it."""

    case_id: str
    received_at: datetime
    grams: tuple[int, ...]


class DedupStore(Protocol):
    """Durable, shared by all dedup workers. Reads see only what a majority has; writes
    return when a majority has them.

    Every method raises OutageError when the database cannot do its part.
    """

    def rows(self, keys: Iterable[str]) -> dict[str, ContactRow]:
        """Return the rows that exist, by key."""
        ...

    def claims(self, keys: Iterable[str]) -> dict[str, Claim]:
        """Return the claims that exist, by key."""
        ...

    def sights(
        self, persons: Iterable[tuple[str, str]], since: datetime
    ) -> Mapping[tuple[str, str], Sequence[PersonSight]]:
        """Return each (tenant, person)'s newest contacts received at or after ``since``,
        newest first, at most 50 a person."""
        ...

    def insert_claims(self, claims: Sequence[Claim]) -> dict[str, Claim]:
        """Insert what is not there; return the winner of every key asked for."""
        ...

    def insert_rows(self, rows: Sequence[ContactRow]) -> dict[str, ContactRow]:
        """Insert what is not there; return the winner of every key asked for."""
        ...

    def record_absorbed(self, absorbed: Sequence[Absorbed]) -> None:
        """Insert what is not there (a replay records nothing new)."""
        ...
