"""What stores refuse, in one place, so that the twins in memory are as strict as MongoDB."""

from collections.abc import Sequence
from typing import Final

from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from services.domain.case_store import LogEntry
from services.domain.dedup_store import (
    SIGHTS_PER_HASH,
    SIGHTS_PER_PERSON,
    ContactRow,
    Lookup,
    Sight,
)
from services.domain.errors import PoisonError
from services.domain.incident_store import ContactText

LARGEST_HASH: Final = 2**32 - 1


def tracking_taken() -> PoisonError:
    """Return what is wrong with a row that bears another contact's tracking code.

    Codes are made from contact ids, so our API did not make such a record.
    """
    return PoisonError("tracking", "tracking_taken", "another contact has this tracking code")


def check_rows(rows: Sequence[ContactRow]) -> None:
    """Refuse rows that cannot be stored as they are.

    Raises:
        ValueError: the pieces of a text or waybill are hashed to more than 32 bits.
    """
    for row in rows:
        hashes = (*row.grams, *row.marks)
        if hashes and not 0 <= min(hashes) <= max(hashes) <= LARGEST_HASH:
            raise ValueError("grams and marks are hashes of 32 bits")


def text_of(out: bytes) -> ContactText:
    """Return what a contact shows of incidents, from dedup's decision as it was produced."""
    contact = decode(ContactDeduplicated, out).contact
    return ContactText(contact.text, contact.facts.hub)


def most_sights(lookup: Lookup) -> int:
    """Return how many contacts one lookup may find."""
    return SIGHTS_PER_PERSON if isinstance(lookup, str) else SIGHTS_PER_HASH


def to_sight(row: ContactRow) -> Sight:
    """Return what comparison sees of a row."""
    return Sight(row.contact_id, row.case_id, row.persons, row.received_at, row.grams, row.marks)


def check_entries(entries: Sequence[LogEntry]) -> None:
    """Refuse a batch whose conflicts could not be told apart by case key.

    Raises:
        ValueError: two entries of one case, or one without a source (MongoDB would index
            that as a mark of its own, which only one entry of the case could have).
    """
    if len({entry.case_key for entry in entries}) < len(entries):
        raise ValueError("append takes one entry per case")
    if not all(entry.sources for entry in entries):
        raise ValueError("an entry accounts for at least one source")
