"""The case log and its projection, in MongoDB (ADR 0002)."""

from collections.abc import Iterable, Sequence
from typing import Final

from pymongo import ASCENDING, DESCENDING, UpdateOne
from pymongo.database import Database

from services.adapters.mongo import Document, outages
from services.adapters.mongo_case_documents import (
    LARGEST_N,
    entry_id,
    from_entry,
    from_projection,
    to_entry,
    to_projection,
)
from services.adapters.mongo_inserts import READ_BATCH, insert_new
from services.adapters.store_rules import check_entries
from services.domain.case_store import LogEntry, Projection
from services.domain.errors import OutageError

_ATTEMPTS: Final = 4


class MongoCaseStore:
    """The CaseStore port on a database from :func:`services.adapters.mongo.open_database`.

    ``slot`` names the process: each has a barrier document of its own, so that they do not
    wait for each other.
    """

    def __init__(self, database: Database[Document], slot: str = "cases-0") -> None:
        self._log = database["case_log"]
        self._cases = database["cases"]
        self._barrier = database["barrier"]
        self._slot = slot

    @outages()
    def projections(self, case_keys: Iterable[str]) -> dict[str, Projection]:
        """Return the projections that exist, by case key."""
        fields = {"n": 1, "tip": 1, "value": 1}
        found = self._cases.find({"_id": {"$in": list(case_keys)}}, fields, batch_size=READ_BATCH)
        return {document["_id"]: to_projection(document) for document in found}

    @outages()
    def entries_after(self, case_key: str, n: int) -> list[LogEntry]:
        """Return the log entries with a number above ``n``, in order."""
        found = self._log.find(
            {"_id": {"$gt": entry_id(case_key, n), "$lte": entry_id(case_key, LARGEST_N)}},
            sort=[("_id", ASCENDING)],
            batch_size=READ_BATCH,
        )
        return [to_entry(document) for document in found]

    @outages()
    def newest_entries(self, case_key: str, limit: int, up_to_n: int) -> list[LogEntry]:
        """Return up to ``limit`` entries numbered at most ``up_to_n``, newest first."""
        if limit <= 0 or up_to_n <= 0:  # a limit of 0 means none to MongoDB
            return []
        newest = entry_id(case_key, min(up_to_n, LARGEST_N))
        found = self._log.find(
            {"_id": {"$gt": entry_id(case_key, 0), "$lte": newest}},
            sort=[("_id", DESCENDING)],
            limit=limit,
            batch_size=limit,
        )
        return [to_entry(document) for document in found]

    @outages()
    def entries_holding(self, case_key: str, marks: Iterable[str]) -> list[LogEntry]:
        """Return the entries that hold any of these sources or tokens, in order of n."""
        found = self._log.find(
            {"case": case_key, "marks": {"$in": list(marks)}}, batch_size=READ_BATCH
        )
        return sorted(map(to_entry, found), key=lambda entry: entry.n)

    @outages()
    def append(self, entries: Sequence[LogEntry]) -> frozenset[str]:
        """Insert one entry per case; return the case keys whose entry met a conflict.

        Raises:
            ValueError: two entries of one case, or one without a source.
        """
        check_entries(entries)
        refused = insert_new(self._log, [from_entry(entry) for entry in entries])
        return frozenset(entries[position].case_key for position in refused)

    @outages()
    def project(self, projections: Sequence[Projection]) -> None:
        """Write projections, each only over an older one of its case.

        Most are either the first of a case (an insert) or follow one that exists (a gated
        replace). A replace that found no projection comes where a worker died before its case's
        first: looked up only then.
        """
        documents = {
            one.case_key: from_projection(one) for one in sorted(projections, key=lambda one: one.n)
        }
        first = {key: document for key, document in documents.items() if document["n"] == 1}
        later = {key: document for key, document in documents.items() if document["n"] != 1}
        for _ in range(_ATTEMPTS):
            lost = insert_new(self._cases, list(first.values()))
            keys = list(first)
            later |= {keys[position]: first[keys[position]] for position in lost}
            if self._replace_older(list(later.values())):
                return
            found = self._cases.find({"_id": {"$in": list(later)}}, {"_id": 1})
            present = {document["_id"] for document in found}
            first = {key: later[key] for key in later.keys() - present}
            later = {}
        raise OutageError("mongodb", "projections come and go: the primary is changing")

    def _replace_older(self, documents: Sequence[Document]) -> bool:
        """Replace those whose stored form is older; return whether each had one."""
        if not documents:
            return True
        replaced = self._cases.bulk_write(
            [_replace_if_newer(one) for one in documents], ordered=False
        )
        return replaced.matched_count == len(documents)

    @outages()
    def barrier(self) -> None:
        """Return after a majority acknowledged a write made now."""
        self._barrier.update_one({"_id": self._slot}, {"$inc": {"writes": 1}}, upsert=True)


def _replace_if_newer(document: Document) -> UpdateOne:
    """The gate stands in the update, not in the filter: by ``_id`` alone MongoDB finds a document
    without planning a query, which is a third of what a replace costs."""
    is_newer = {"$lt": ["$n", document["n"]]}
    newer = {"$cond": [is_newer, {"$literal": document}, "$$ROOT"]}
    return UpdateOne({"_id": document["_id"]}, [{"$replaceWith": newer}])
