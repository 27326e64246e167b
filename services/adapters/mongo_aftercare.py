"""Aftercare and retention over MongoDB."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pymongo import ASCENDING, UpdateOne
from pymongo.database import Database

from schemas.cases import CaseState
from schemas.codec import decode, encode
from schemas.contacts import ContactDeduplicated
from services.adapters.mongo import Document, outages
from services.domain.retention import without_person

PAGE: Final = 500
_VALUE: Final = {"_id": 0, "value": 1}


class MongoAftercare:
    """The AftercareStore port."""

    def __init__(self, database: Database[Document]) -> None:
        self._cases = database["cases"]
        self._contacts = database["contacts"]

    def due(self, until: datetime) -> Iterator[CaseState]:
        """Return cases whose next look is due at ``until``, the one due first first."""
        return self._found("follow_up_at", {"$lte": until})

    def ended(self, before: datetime) -> Iterator[CaseState]:
        """Return cases that were answered for good before ``before``, the oldest first."""
        return self._found("ended_at", {"$lt": before})

    def anonymised(self, since: datetime) -> Iterator[CaseState]:
        """Return cases whose personal data were declared removed at or after ``since``."""
        return self._found("anonymised_at", {"$gte": since})

    @outages()
    def forget(self, tenant: str, case_id: str, at: datetime) -> int:
        """Remove the personal parts of a case's contacts; return how many still had any."""
        wanted = {
            "tenant": str(tenant),
            "case_id": str(case_id),
            "anonymised_at": {"$exists": False},
        }
        updates = [
            UpdateOne(
                {"_id": row["_id"]},
                {
                    "$set": {
                        "out": encode(without_person(decode(ContactDeduplicated, row["out"]))),
                        "grams": b"",
                        "anonymised_at": at,
                    },
                    "$unset": {"person": "", "aliases": "", "marks": "", "lookups": ""},
                },
            )
            for row in self._contacts.find(wanted, {"out": 1})
        ]
        if not updates:
            return 0
        return self._contacts.bulk_write(updates, ordered=False).modified_count

    def _found(self, name: str, bounds: Document) -> Iterator[CaseState]:
        """Read page by page, in the order of the index; a page takes less than the ten minutes
        after which MongoDB forgets a cursor."""
        wanted = {name: {"$exists": True, **bounds}}
        with outages():
            found = self._cases.find(wanted, _VALUE, sort=[(name, ASCENDING)], batch_size=PAGE)
            for document in found:
                yield decode(CaseState, document["value"])
