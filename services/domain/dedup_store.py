"""What dedup remembers, and the port through which it does.

Everything is insert-only: a decision is made once, a claim is won once. Whoever loses
reads the winner back, so no reader ever sees a decision change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

Lookup = str | int
"""What a contact is found by: the blind index of a person, or a 32-bit hash of a part of its
waybill or text."""
SIGHTS_PER_PERSON: Final = 50
SIGHTS_PER_HASH: Final = 10
"""A stretch of text that very many share tells little, and finds many in vain."""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """The decision about one contact; at the same time its ledger row.

    ``key`` is ``<tenant>|<contact id>``. ``source`` is where the contact stood when it was
    decided (topic id:partition:offset): the same source again is a replay, another one a
    resubmission. ``digest`` is a keyed hash of what the contact says, so that an
    idempotency key used twice for different contents is noticed. ``out`` is the record
    that was produced, byte for byte. ``grams`` are hashed pieces of the text and ``marks``
    those of the waybill, ``particulars`` what only one of can be true of its item (64 bits
    each), for comparison with later contacts; ``lookups`` is what those find it by.
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
    marks: tuple[int, ...] = ()
    aliases: tuple[str, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    particulars: tuple[int, ...] = ()

    @property
    def persons(self) -> tuple[str, ...]:
        """Everything by which the complainant is known."""
        return (self.person, *self.aliases) if self.person is not None else ()


class Claim(NamedTuple):
    """A unique statement, first come first served: this waybill is of this case, this person
    is known in this case, this case has this defect. ``contact_id`` won it."""

    key: str
    case_id: str
    contact_id: str
    person: str | None
    at: datetime
    aliases: tuple[str, ...] = ()

    @property
    def persons(self) -> tuple[str, ...]:
        """Everything by which the complainant is known."""
        return (self.person, *self.aliases) if self.person is not None else ()


@dataclass(frozen=True, slots=True)
class Absorbed:
    """A contact that was sent again: nothing happened, and this says so. Unique by source."""

    source: str
    contact_key: str
    first_source: str
    rule: str
    at: datetime


class Sight(NamedTuple):
    """An earlier contact, as far as comparison needs it."""

    contact_id: str
    case_id: str
    persons: tuple[str, ...]
    received_at: datetime
    grams: tuple[int, ...]
    marks: tuple[int, ...] = ()
    particulars: tuple[int, ...] = ()


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
        self, wanted: Iterable[tuple[str, Lookup]], since: datetime
    ) -> Mapping[tuple[str, Lookup], Sequence[Sight]]:
        """Return, for each (tenant, lookup), the newest contacts found by it that were received
        at or after ``since``, newest first: at most 50 of a person, 10 by a hash.

        A contact that several lookups of the call find may be left out of all but one.
        """
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
