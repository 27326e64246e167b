"""The read side for the API, the console and the command line: what MongoDB holds, as records.

Filters are built field by field from checked words, never from what a caller sends as a
whole. Reads see what a majority has. A case read here may be behind its log for the moment
between two writes of a worker (ADR 0002), never wrong.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from schemas.cases import CaseChanged, CaseState, CommandSettled
from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from schemas.keys import case_key
from schemas.vocabulary import CaseStatus
from services.adapters.case_search import (
    CaseFilter,
    Found,
    Order,
    Place,
    rank_of,
)
from services.adapters.instants import to_micros
from services.adapters.mongo import Document, outages
from services.adapters.mongo_case_counts import KnownIndexes, counted, page_by
from services.adapters.mongo_case_documents import LARGEST_N, entry_id
from services.adapters.mongo_case_filters import beyond, narrowing

MOST_CASES: Final = 100
"""As far as cases of one person are counted and listed."""
_ONLY_OUT: Final = {"_id": 0, "out": 1}
_ONLY_VALUE: Final = {"_id": 0, "value": 1}


class Queries(Protocol):
    """Everything the API, the console and the command line may ask. All raise OutageError when the
    database is away; a limit of 0 or less gives nothing."""

    def case(self, tenant: str, case_id: str) -> CaseState | None:
        """Return the newest state of a case."""
        ...

    def history(
        self, tenant: str, case_id: str, after_seq: int = 0, limit: int = 200
    ) -> list[CaseChanged]:
        """Return what happened to a case after ``after_seq``, in order."""
        ...

    def contacts(
        self, tenant: str, case_id: str, person: str | None = None, limit: int = 50
    ) -> list[ContactDeduplicated]:
        """Return the contacts of a case (only ``person``'s, if given), newest first."""
        ...

    def contact(self, tenant: str, contact_id: str) -> ContactDeduplicated | None:
        """Return one contact and the case it belongs to."""
        ...

    def by_tracking(self, tenant: str | None, code: str) -> ContactDeduplicated | None:
        """Return the contact with this tracking code, as the system writes codes."""
        ...

    def settlement(self, tenant: str, case_id: str, command_id: str) -> CommandSettled | None:
        """Return how the command with this id ended; None while it has not."""
        ...

    def recent(self, tenant: str, limit: int, status: CaseStatus | None = None) -> list[CaseState]:
        """Return the cases that changed last, newest first."""
        ...

    def search(
        self, tenant: str, wanted: CaseFilter, order: Order, limit: int, after: Place | None = None
    ) -> Found:
        """Return the page of cases that begins after ``after``."""
        ...

    def open_by_level(self, tenant: str) -> dict[int, int]:
        """Return how many cases are open, by the level of the whole matter; merged ones stand for
        none, and levels that have none are left out."""
        ...

    def cases_of_waybill(self, tenant: str, indexes: Sequence[str]) -> list[str]:
        """Return the ids of the cases about a waybill, given its index under every key."""
        ...

    def count_cases_of(self, tenant: str, person: Sequence[str], since: datetime) -> int:
        """Return how many cases have a contact of a person, known by any of these indexes, that
        was received since then; at most MOST_CASES."""
        ...

    def cases_of_person(self, tenant: str, person: Sequence[str]) -> list[str]:
        """Return the ids of the cases that have a contact of a person, known by any of these
        indexes: that of the newest contact first, at most MOST_CASES."""
        ...

    def contacts_by_id(
        self, tenant: str, contact_ids: Iterable[str]
    ) -> dict[str, ContactDeduplicated]:
        """Return the contacts that exist, by id."""
        ...


class CaseQueries:
    """:class:`Queries` on MongoDB."""

    def __init__(self, database: Database[Document]) -> None:
        self._contacts = database["contacts"]
        self._cases = database["cases"]
        self._indexes = KnownIndexes(self._cases)
        self._log = database["case_log"]
        self._claims = database["claims"]

    @outages()
    def case(self, tenant: str, case_id: str) -> CaseState | None:
        """Return the newest state of a case."""
        found = self._cases.find_one({"_id": _key(tenant, case_id)}, _ONLY_VALUE)
        # Without a value: only refused commands so far, nothing opened the case.
        return decode(CaseState, found["value"]) if found and "value" in found else None

    @outages()
    def history(
        self, tenant: str, case_id: str, after_seq: int = 0, limit: int = 200
    ) -> list[CaseChanged]:
        """Return what happened to a case after ``after_seq``, in order."""
        if limit <= 0:
            return []
        key = _key(tenant, case_id)
        entries = self._log.find(
            {
                "_id": {"$gt": entry_id(key, 0), "$lte": entry_id(key, LARGEST_N)},
                "last_seq": {"$gt": after_seq},
            },
            {"_id": 0, "events": 1},
            sort=[("_id", ASCENDING)],
            limit=limit,
        )
        changes: list[CaseChanged] = []
        for entry in entries:
            newer = (event for event in entry["events"] if event["seq"] > after_seq)
            changes.extend(decode(CaseChanged, event["value"]) for event in newer)
            if len(changes) >= limit:
                break
        return changes[:limit]

    @outages()
    def contacts(
        self, tenant: str, case_id: str, person: str | None = None, limit: int = 50
    ) -> list[ContactDeduplicated]:
        """Return the contacts of a case (only ``person``'s, if given), newest first."""
        if limit <= 0:
            return []
        wanted = {"tenant": str(tenant), "case_id": str(case_id)}
        if person is not None:
            wanted["person"] = str(person)
        newest = [("received_us", DESCENDING)]
        found = self._contacts.find(wanted, _ONLY_OUT, sort=newest, limit=limit)
        return [decode(ContactDeduplicated, document["out"]) for document in found]

    @outages()
    def contact(self, tenant: str, contact_id: str) -> ContactDeduplicated | None:
        """Return one contact and the case it belongs to."""
        return self._one_contact({"_id": f"{tenant}|{contact_id}"})

    @outages()
    def by_tracking(self, tenant: str | None, code: str) -> ContactDeduplicated | None:
        """Return the contact with this tracking code, as the system writes codes."""
        wanted = {"tracking": str(code)}
        if tenant is not None:
            wanted["tenant"] = str(tenant)
        return self._one_contact(wanted)

    @outages()
    def settlement(self, tenant: str, case_id: str, command_id: str) -> CommandSettled | None:
        """Return how the command with this id ended; None while it has not."""
        entry = self._log.find_one(
            {"case": _key(tenant, case_id), "marks": f"cmd:{command_id}"},
            {"_id": 0, "settlements": 1},
        )
        for settled in entry["settlements"] if entry else ():
            if settled["command_id"] == command_id:
                return decode(CommandSettled, settled["value"])
        return None

    @outages()
    def recent(self, tenant: str, limit: int, status: CaseStatus | None = None) -> list[CaseState]:
        """Return the cases that changed last, newest first."""
        if limit <= 0:
            return []
        wanted = {"tenant": str(tenant)}
        if status is not None:
            wanted["status"] = str(status)
        newest = [("updated_at", DESCENDING)]
        found = self._cases.find(wanted, _ONLY_VALUE, sort=newest, limit=limit)
        return [decode(CaseState, document["value"]) for document in found]

    @outages()
    def search(
        self, tenant: str, wanted: CaseFilter, order: Order, limit: int, after: Place | None = None
    ) -> Found:
        """Return the page of cases that begins after ``after``."""
        if limit <= 0:
            return Found([], None, 0)
        narrowed, is_known = narrowing(tenant, wanted, order), self._indexes.serve(wanted)
        field = "urgency" if order is Order.URGENT else "updated_at"
        page_of = narrowed
        if after is not None:
            page_of = {"$and": [narrowed, beyond(tenant, field, after)]}
        found = self._cases.find(
            page_of,
            _ONLY_VALUE,
            sort=[(field, DESCENDING), ("_id", ASCENDING)],
            limit=limit + 1,
            hint=page_by(wanted, order) if is_known else None,
        )
        states = [decode(CaseState, document["value"]) for document in found]
        page = states[:limit]
        more = Place(rank_of(page[-1], order), page[-1].case_id) if len(states) > limit else None
        if after is None and more is None:
            return Found(page, None, len(page))
        if not is_known:
            return Found(page, more, len(states), is_more=True)
        number, is_more = counted(self._cases, tenant, wanted)
        return Found(page, more, max(number, len(states)), is_more)

    @outages()
    def open_by_level(self, tenant: str) -> dict[int, int]:
        """Return how many cases of each level are open; without levels that have none."""
        counted = self._cases.aggregate(
            [
                {"$match": {"tenant": str(tenant), "urgency": {"$gt": 0}}},
                {"$group": {"_id": "$level", "count": {"$sum": 1}}},
            ]
        )
        return {row["_id"]: row["count"] for row in counted}

    @outages()
    def cases_of_waybill(self, tenant: str, indexes: Sequence[str]) -> list[str]:
        """Return the ids of the cases about a waybill, given its index under every key."""
        cases: dict[str, None] = {}
        for index in indexes:
            first = f"w|{tenant}|{index}#"
            within = {"$gte": first, "$lt": f"{first}:"}  # a generation's number follows
            for claim in self._claims.find({"_id": within}, {"_id": 0, "case_id": 1}):
                cases[claim["case_id"]] = None
        return list(cases)

    @outages()
    def count_cases_of(self, tenant: str, person: Sequence[str], since: datetime) -> int:
        """See the port; an index finds a person's contacts, newest first."""
        wanted = {
            "tenant": str(tenant),
            "lookups": {"$in": list(person)},
            "received_us": {"$gte": to_micros(since)},
        }
        counted = self._contacts.aggregate(
            [
                {"$match": wanted},
                {"$group": {"_id": "$case_id"}},
                {"$limit": MOST_CASES},
                {"$count": "cases"},
            ]
        )
        return next((int(row["cases"]) for row in counted), 0)

    @outages()
    def cases_of_person(self, tenant: str, person: Sequence[str]) -> list[str]:
        """See the port; the same index as for counting."""
        known = [str(index) for index in person]
        found = self._contacts.aggregate(
            [
                {"$match": {"tenant": str(tenant), "lookups": {"$in": known}}},
                {"$group": {"_id": "$case_id", "last": {"$max": "$received_us"}}},
                {"$sort": {"last": DESCENDING, "_id": ASCENDING}},
                {"$limit": MOST_CASES},
            ]
        )
        return [row["_id"] for row in found]

    @outages()
    def contacts_by_id(
        self, tenant: str, contact_ids: Iterable[str]
    ) -> dict[str, ContactDeduplicated]:
        """Return the contacts that exist, by id."""
        keys = [f"{tenant}|{contact_id}" for contact_id in contact_ids]
        found = self._contacts.find({"_id": {"$in": keys}}, _ONLY_OUT)
        contacts = (decode(ContactDeduplicated, document["out"]) for document in found)
        return {one.contact.contact_id: one for one in contacts}

    def _one_contact(self, wanted: dict[str, str]) -> ContactDeduplicated | None:
        found = self._contacts.find_one(wanted, _ONLY_OUT)
        return decode(ContactDeduplicated, found["out"]) if found else None


def _key(tenant: str, case_id: str) -> str:
    return case_key(tenant, case_id).decode()
