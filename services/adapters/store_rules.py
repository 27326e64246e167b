"""What stores refuse, in one place, so that the twins in memory are as strict as MongoDB."""

from collections.abc import Iterable, Sequence
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
from services.domain.retention import REMOVED

LARGEST_HASH: Final = 2**32 - 1
LARGEST_PARTICULAR: Final = 2**64 - 1


def tracking_taken() -> PoisonError:
    """Return what is wrong with a row that bears another contact's tracking code.

    Codes are made from contact ids, so our API did not make such a record.
    """
    return PoisonError("tracking", "tracking_taken", "another contact has this tracking code")


def check_rows(rows: Sequence[ContactRow]) -> None:
    """Refuse rows that cannot be stored as they are.

    Raises:
        ValueError: the pieces of a text or waybill are hashed to more than 32 bits, or a
            particular has more than 64.
    """
    for row in rows:
        hashes = (*row.grams, *row.marks)
        if hashes and not 0 <= min(hashes) <= max(hashes) <= LARGEST_HASH:
            raise ValueError("grams and marks are hashes of 32 bits")
        if row.particulars and not 0 <= min(row.particulars) <= max(row.particulars) <= (
            LARGEST_PARTICULAR
        ):
            raise ValueError("particulars have 64 bits")


def texts_of(rows: Iterable[tuple[str, bytes]]) -> dict[str, ContactText]:
    """Return what contacts show of incidents, from dedup's decisions as they were produced, by
    key; those whose personal data were removed show nothing."""
    contacts = ((key, decode(ContactDeduplicated, out).contact) for key, out in rows)
    return {
        key: ContactText(one.text, one.facts.hub) for key, one in contacts if one.text != REMOVED
    }


def most_sights(lookup: Lookup) -> int:
    """Return how many contacts one lookup may find."""
    return SIGHTS_PER_PERSON if isinstance(lookup, str) else SIGHTS_PER_HASH


def to_sight(row: ContactRow) -> Sight:
    """Return what comparison sees of a row."""
    return Sight(
        row.contact_id,
        row.case_id,
        row.persons,
        row.received_at,
        row.grams,
        row.marks,
        row.particulars,
    )


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
