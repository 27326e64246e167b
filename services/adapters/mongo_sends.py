"""Attempts to reach somebody, in MongoDB: claims before, results after, both insert-only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from schemas.cases import CaseChanged
from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from schemas.notices import NoticeRequested
from services.adapters.case_queries import CaseQueries
from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import READ_BATCH, insert_new, insert_or_read
from services.adapters.whole_matter import history_up_to
from services.domain.send_store import (
    ENDS_BADLY,
    AddressMark,
    Attempt,
    Bundle,
    Claim,
    Outcome,
    Result,
    Unmarked,
)


class MongoSendStore:
    """The SendStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._claims = database["notice_claims"]
        self._results = database["notice_results"]
        self._notices = database["notices"]
        self._marks = database["address_marks"]
        self._unmarked = database["address_unmarks"]
        self._releases = database["notice_releases"]

    @outages()
    def attempts(self, notice_ids: Iterable[str]) -> dict[str, list[Attempt]]:
        """See the port. Claims are read first: whatever came in between, no result is without
        its claim."""
        wanted = {"notice": {"$in": sorted(set(notice_ids))}}
        claims = {c.key: c for c in map(_to_claim, self._claims.find(wanted))}
        results = {r.key: r for r in map(_to_result, self._results.find(wanted))}
        found: dict[str, list[Attempt]] = {}
        for key in claims.keys() | results.keys():
            claim, result = claims.get(key), results.get(key)
            known = claim or result
            if known is not None:
                found.setdefault(known.notice_id, []).append(Attempt(known.attempt, claim, result))
        for attempts in found.values():
            attempts.sort(key=lambda attempt: attempt.number)
        return found

    @outages()
    def claim(self, claims: Sequence[Claim]) -> frozenset[str]:
        """See the port."""
        refused = insert_new(self._claims, [_from_claim(claim) for claim in claims])
        return frozenset(claims[position].key for position in refused)

    @outages()
    def record(self, results: Sequence[Result]) -> dict[str, Result]:
        """See the port."""
        first = {result.key: result for result in reversed(results)}
        earlier = insert_or_read(
            self._results, {key: _from_result(result) for key, result in first.items()}
        )
        return first | {key: _to_result(document) for key, document in earlier.items()}

    @outages()
    def requested(self, notice_ids: Iterable[str]) -> dict[str, NoticeRequested]:
        """See the port."""
        wanted = {"_id": {"$in": sorted(set(notice_ids))}, "requested": True}
        found = self._notices.find(wanted, {"out": 1}, batch_size=READ_BATCH)
        return {document["_id"]: decode(NoticeRequested, document["out"]) for document in found}

    @outages()
    def release(self, sources: Mapping[str, str]) -> dict[str, str]:
        """See the port. The ledger first: whoever dies between the two is asked again."""
        rows = {key: {"_id": key, "source": source} for key, source in sources.items()}
        earlier = insert_or_read(self._releases, rows)
        self._notices.update_many(
            {"_id": {"$in": sorted(rows)}, "due_us": {"$exists": True}}, {"$unset": {"due_us": ""}}
        )
        return {key: earlier.get(key, row)["source"] for key, row in rows.items()}

    @outages()
    def attempts_called(self, provider_id: str) -> dict[str, tuple[str, int]]:
        """See the port."""
        newest = {name: {"$first": f"$$ROOT.{name}"} for name in ("notice", "attempt")}
        found = self._results.aggregate(
            [
                {"$match": {"provider_id": provider_id}},
                {"$sort": {"at_us": DESCENDING}},
                {"$group": {"_id": "$provider"} | newest},
            ]
        )
        return {one["_id"] or "": (one["notice"], one["attempt"]) for one in found}

    @outages()
    def ended_badly(self, limit: int) -> list[Result]:
        """See the port."""
        wanted = {"outcome": {"$in": sorted(ENDS_BADLY)}}
        found = self._results.find(wanted, sort=[("at_us", DESCENDING)], limit=limit)
        return [_to_result(one) for one in found]

    @outages()
    def last_to(self, address: str) -> str | None:
        """See the port."""
        found = self._claims.find_one({"to": address}, {"notice": 1}, sort=[("at_us", DESCENDING)])
        return None if found is None else str(found["notice"])

    @outages()
    def latest_to(self, address: str, limit: int) -> list[str]:
        """See the port."""
        newest = [("at_us", DESCENDING)]
        found = self._claims.find({"to": address}, {"notice": 1}, sort=newest, limit=limit)
        return [str(one["notice"]) for one in found]

    @outages()
    def mark(self, marks: Sequence[AddressMark]) -> None:
        """See the port."""
        known = self._unmarked.find({"address": {"$in": sorted({one.address for one in marks})}})
        freed = {(one["address"], one["notice"], one["mark_us"]) for one in known}
        rows = [_from_mark(one) for one in marks]
        fresh = [row for row in rows if (row["_id"], row["notice"], row["at_us"]) not in freed]
        if fresh:
            insert_new(self._marks, fresh)

    @outages()
    def unmark(
        self, addresses: Iterable[str], actor: str, reason: str, at: datetime
    ) -> list[Unmarked]:
        """See the port. Written down first: whoever dies between the two is asked again, and the
        word that came first stands."""
        freed = [
            Unmarked(mark, actor, reason, at) for _, mark in sorted(self.marked(addresses).items())
        ]
        if freed:
            insert_new(self._unmarked, [_from_unmarked(one) for one in freed])
            for one in freed:
                self._marks.delete_one(_from_mark(one.mark))
        return freed

    @outages()
    def marked(self, addresses: Iterable[str]) -> dict[str, AddressMark]:
        """See the port."""
        found = self._marks.find({"_id": {"$in": sorted(set(addresses))}}, batch_size=READ_BATCH)
        return {one["_id"]: _to_mark(one) for one in found}


class MongoLetterFacts:
    """The LetterFacts port over dedup's ledger and the case log."""

    def __init__(self, database: Database[Document]) -> None:
        self._contacts = database["contacts"]
        self._notices = database["notices"]
        self._queries = CaseQueries(database)

    @outages()
    def contacts(self, contact_keys: Iterable[str]) -> dict[str, ContactDeduplicated]:
        """See the port."""
        wanted = sorted(set(contact_keys))
        if not wanted:
            return {}
        found = self._contacts.find({"_id": {"$in": wanted}}, {"out": 1}, batch_size=READ_BATCH)
        return {document["_id"]: decode(ContactDeduplicated, document["out"]) for document in found}

    def contacts_of(
        self, tenant: str, case_id: str, person: str | None, limit: int
    ) -> list[ContactDeduplicated]:
        """See the port."""
        return self._queries.contacts(tenant, case_id, person, limit)

    def changes_from(self, tenant: str, case_id: str, seq: int, limit: int) -> list[CaseChanged]:
        """See the port."""
        return self._queries.history(tenant, case_id, after_seq=seq - 1, limit=limit)

    def history(self, tenant: str, case_id: str, up_to_seq: int) -> list[CaseChanged]:
        """See the port."""
        return history_up_to(self._queries, tenant, case_id, up_to_seq)

    @outages()
    def bundle(self, digest_id: str, limit: int) -> Bundle:
        """See the port."""
        wanted = {"digest": digest_id}
        count = self._notices.count_documents(wanted)
        # Those of one case lie together seldom: a few more are read than are shown.
        found = list(
            self._notices.find(
                wanted, {"case": 1, "kind": 1}, sort=[("case", ASCENDING)], limit=limit * 4
            )
        )
        cases = dict.fromkeys(one["case"].partition("|")[2] for one in found)
        return Bundle(count, found[0]["kind"] if found else "", tuple(cases)[:limit])


def _from_claim(claim: Claim) -> Document:
    known = {"to": claim.to, "texts": claim.texts}
    return {name: value for name, value in known.items() if value is not None} | {
        "_id": claim.key,
        "notice": claim.notice_id,
        "attempt": claim.attempt,
        "case": claim.case_key,
        "channel": str(claim.channel),
        "owner": claim.owner,
        "at_us": to_micros(claim.at),
    }


def _to_claim(document: Document) -> Claim:
    return Claim(
        document["notice"],
        document["attempt"],
        document["case"],
        document["channel"],
        document["owner"],
        from_micros(document["at_us"]),
        document.get("to"),
        document.get("texts"),
    )


def _from_mark(mark: AddressMark) -> Document:
    return {
        "_id": mark.address,
        "reason": mark.reason,
        "notice": mark.notice_id,
        "at_us": to_micros(mark.at),
    }


def _to_mark(document: Document) -> AddressMark:
    return AddressMark(
        document["_id"], document["reason"], document["notice"], from_micros(document["at_us"])
    )


def _from_unmarked(one: Unmarked) -> Document:
    mark = one.mark
    return {
        "_id": f"{mark.address}#{to_micros(mark.at)}",
        "address": mark.address,
        "notice": mark.notice_id,
        "mark_reason": mark.reason,
        "mark_us": to_micros(mark.at),
        "actor": one.actor,
        "reason": one.reason,
        "at_us": to_micros(one.at),
    }


def _from_result(result: Result) -> Document:
    named = {"provider_id": result.provider_id, "provider": result.provider}
    return {name: value for name, value in named.items() if value is not None} | {
        "_id": result.key,
        "notice": result.notice_id,
        "attempt": result.attempt,
        "outcome": str(result.outcome),
        "reason": result.reason,
        "at_us": to_micros(result.at),
    }


def _to_result(document: Document) -> Result:
    return Result(
        document["notice"],
        document["attempt"],
        Outcome(document["outcome"]),
        document["reason"],
        from_micros(document["at_us"]),
        document.get("provider_id"),
        document.get("provider"),
    )
