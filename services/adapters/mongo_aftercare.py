"""Aftercare and retention over MongoDB."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pymongo import ASCENDING, UpdateOne
from pymongo.database import Database

from schemas.cases import CaseState
from schemas.codec import decode, encode
from schemas.contacts import ContactDeduplicated
from services.adapters.instants import to_micros
from services.adapters.mongo import Document, outages
from services.adapters.mongo_case_documents import from_entry, to_entry
from services.domain.case_store import LogEntry
from services.domain.label_store import labels_of
from services.domain.letter_store import LetterFate
from services.domain.retention import REMOVED, without_person, without_words

PAGE: Final = 500
_VALUE: Final = {"_id": 0, "value": 1}
_PERSONAL: Final = ("person", "aliases", "marks", "lookups", "particulars")
"""Fields of a contact that lead to its person."""


class MongoAftercare:
    """The AftercareStore port."""

    def __init__(self, database: Database[Document]) -> None:
        self._cases = database["cases"]
        self._contacts = database["contacts"]
        self._log = database["case_log"]
        self._labels = database["labels"]
        self._letters = database["letter_ends"]

    def due(self, until: datetime) -> Iterator[CaseState]:
        """Return cases whose next look is due at ``until``, the one due first first."""
        return self._found("follow_up_at", {"$lte": until})

    def ended(self, before: datetime) -> Iterator[CaseState]:
        """Return cases that were answered for good before ``before``, the oldest first."""
        return self._found("ended_at", {"$lt": before})

    def anonymised(self, since: datetime) -> Iterator[CaseState]:
        """Return cases whose personal data were declared removed at or after ``since``."""
        return self._found("anonymised_at", {"$gte": since})

    def written_after(self) -> Iterator[CaseState]:
        """Return cases that changed after their personal data were declared removed: all that
        were removed are gone through, which a pass does once a day."""
        later = {"$expr": {"$lt": ["$anonymised_at", "$updated_at"]}}
        return self._found("anonymised_at", {}, later)

    @outages()
    def case(self, tenant: str, case_id: str) -> CaseState | None:
        """Return where a case stands; None where it is not there."""
        found = self._cases.find_one({"_id": f"{tenant}|{case_id}"}, _VALUE)
        return None if found is None or "value" not in found else decode(CaseState, found["value"])

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
                    "$unset": dict.fromkeys(_PERSONAL, ""),
                },
            )
            for row in self._contacts.find(wanted, {"out": 1})
        ]
        if not updates:
            return 0
        return self._contacts.bulk_write(updates, ordered=False).modified_count

    @outages()
    def worded(self, tenant: str, case_id: str) -> int:
        """Return how many log entries of a case hold what people wrote."""
        return sum(1 for _ in self._worded(_of_case(tenant, case_id)))

    @outages()
    def forget_words(self, tenant: str, case_id: str, at: datetime) -> int:
        """Remove what people wrote about a case from its log and labels; return from how many
        entries. All entries are marked as gone through, those that were changed as changed."""
        own = _of_case(tenant, case_id)
        silent = list(self._worded(own))
        labels = [
            UpdateOne({"_id": one.label_id}, {"$set": {"value": one.value}})
            for one in labels_of(silent)
        ]
        if labels:
            self._labels.bulk_write(labels, ordered=False)
        if silent:
            self._log.bulk_write([_silenced(one, at) for one in silent], ordered=False)
        if self._log.find_one(own, {"_id": 1}) is not None:
            self._log.update_many(own, {"$set": {"anonymised_at": at}})
        return len(silent)

    @outages()
    def forget_caseless(self, before: datetime, at: datetime) -> int:
        """Remove the personal parts of contacts that never came to be a case; return how many
        still had any. A letter is asked for its case until that was seen to."""
        wanted = {"fate": str(LetterFate.DISCARDED), "at_us": {"$lt": to_micros(before)}}
        count = 0
        for row in self._letters.find(wanted | {"case": {"$exists": True}}, {"case": 1}):
            tenant, _, case_id = row["case"].partition("|")
            if self.case(tenant, case_id) is None:
                count += self.forget(tenant, case_id, at)
            self._letters.update_one({"_id": row["_id"]}, {"$unset": {"case": ""}})
        return count

    @outages()
    def forget_letters(self, before: datetime) -> int:
        """Remove what was written on dead letters that ended before then; return on how many."""
        wanted = {"at_us": {"$lt": to_micros(before)}, "note": {"$nin": [None, REMOVED]}}
        return self._letters.update_many(wanted, {"$set": {"note": REMOVED}}).modified_count

    def _worded(self, own: Document) -> Iterator[LogEntry]:
        """Yield the entries that hold words, as they are without them."""
        for document in self._log.find(own, batch_size=PAGE):
            entry = to_entry(document)
            silent = without_words(entry)
            if silent is not entry:
                yield silent

    def _found(
        self, name: str, bounds: Document, more: Document | None = None
    ) -> Iterator[CaseState]:
        """Read page by page, in the order of the index; a page takes less than the ten minutes
        after which MongoDB forgets a cursor."""
        wanted = {name: {"$exists": True, **bounds}, **(more or {})}
        with outages():
            found = self._cases.find(wanted, _VALUE, sort=[(name, ASCENDING)], batch_size=PAGE)
            for document in found:
                yield decode(CaseState, document["value"])


def _of_case(tenant: str, case_id: str) -> Document:
    """Find the entries of a case that no pass went through."""
    key = f"{tenant}|{case_id}"
    return {"_id": {"$gte": f"{key}#", "$lt": f"{key}$"}, "anonymised_at": {"$exists": False}}


def _silenced(entry: LogEntry, at: datetime) -> UpdateOne:
    document = from_entry(entry)
    said = {name: document[name] for name in ("events", "sent") if name in document}
    return UpdateOne({"_id": document["_id"]}, {"$set": said | {"words_removed_at": at}})
