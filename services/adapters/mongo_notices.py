"""What notification remembers, in MongoDB: insert-only, winners read back (ADR 0008)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar

from pymongo import ASCENDING
from pymongo.database import Database

from schemas.cases import CaseState
from schemas.codec import decode
from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import READ_BATCH, insert_or_read
from services.domain.notice_store import NoticeRow, Reach, Standing, Told, Waiting
from services.domain.reach import read_reach

_TOLD_FIELDS: Final = {"_id": 0, "out": 0, "source": 0, "whom": 0}
_STANDING: Final = ("level", "team", "assignee", "waiting_for")
_RANGES_AT_ONCE: Final = 100
_AFTER_SEPARATOR: Final = "}"
"""Comes directly after ``|`` in ASCII: the end of the range of everybody of one case."""

T = TypeVar("T")


class MongoNoticeStore:
    """The NoticeStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._notices = database["notices"]
        self._standings = database["notice_standings"]

    @outages()
    def about(self, pairs: Iterable[tuple[str, str]]) -> dict[str, list[Told]]:
        """See the port."""
        wanted = [_whom(case_key, who) for case_key, who in pairs]
        return _by_case(self._find({"whom": {"$in": wanted}}))

    @outages()
    def of_cases(self, case_keys: Iterable[str]) -> dict[str, list[Told]]:
        """See the port."""
        found: dict[str, list[Told]] = {}
        for some in _pieces(sorted(set(case_keys)), _RANGES_AT_ONCE):
            ranges = [
                {"whom": {"$gte": _whom(key, ""), "$lt": f"{key}{_AFTER_SEPARATOR}"}}
                for key in some
            ]
            found |= _by_case(self._find({"$or": ranges}))
        return found

    def _find(self, wanted: Document) -> Iterator[Document]:
        return self._notices.find(
            wanted, _TOLD_FIELDS, sort=[("whom", ASCENDING)], batch_size=READ_BATCH
        )

    @outages()
    def stand(self, found: Mapping[tuple[str, int], Standing]) -> dict[tuple[str, int], Standing]:
        """See the port."""
        changes = {f"{case_key}#{seq}": (case_key, seq) for case_key, seq in found}
        documents: dict[str, Document] = {
            key: {"_id": key, **{name: getattr(found[change], name) for name in _STANDING}}
            for key, change in changes.items()
        }
        earlier = insert_or_read(self._standings, documents)
        kept = {
            changes[key]: Standing(*(one[name] for name in _STANDING))
            for key, one in earlier.items()
        }
        return {**found, **kept}

    @outages()
    def insert(self, rows: Sequence[NoticeRow]) -> dict[str, NoticeRow]:
        """See the port."""
        first = {row.key: row for row in reversed(rows)}
        earlier = insert_or_read(self._notices, {key: _from_row(row) for key, row in first.items()})
        return first | {key: to_row(document) for key, document in earlier.items()}

    @outages()
    def sent_since(self, since: datetime, recipients: Iterable[str], limit: int) -> dict[str, int]:
        """See the port. In one walk along the index ``to``, which alone is read; whom it does not
        reach, because others got more than the limit, is counted by himself."""
        names = sorted(set(recipients))
        if not names:
            return {}
        at = {"$gte": to_micros(since)}
        most = limit * len(names)
        walk = self._notices.find(
            {"to": {"$in": names}, "decided_us": at},
            {"_id": 0, "to": 1},
            hint="to",
            limit=most,
            batch_size=READ_BATCH,
        )
        found = Counter(one["to"] for one in walk)
        unread = [name for name in names if name >= max(found)] if found.total() == most else ()
        for name in unread:
            found[name] = self._notices.count_documents({"to": name, "decided_us": at}, limit=limit)
        return {name: min(count, limit) for name, count in found.items()}

    @outages()
    def due(self, partitions: Iterable[int], until: datetime, limit: int) -> list[Waiting]:
        """See the port."""
        wanted = {
            "partition": {"$in": sorted(set(partitions))},
            "due_us": {"$lte": to_micros(until)},
        }
        fields = dict.fromkeys(("case", "due_us", "seq", "kind", "who"), 1)
        found = self._notices.find(wanted, fields, sort=[("due_us", ASCENDING)], limit=limit)
        return [
            Waiting(
                one["_id"],
                one["case"],
                from_micros(one["due_us"]),
                one["seq"],
                one["kind"],
                one.get("who"),
            )
            for one in found
        ]


class MongoContactDirectory:
    """The ContactDirectory port over dedup's ledger; what is sealed stays so."""

    def __init__(self, database: Database[Document]) -> None:
        self._contacts = database["contacts"]
        self._cases = database["cases"]

    @outages()
    def standings(self, case_keys: Iterable[str]) -> dict[str, Standing]:
        """See the port."""
        wanted = {"_id": {"$in": sorted(set(case_keys))}}
        found = self._cases.find(wanted, {"value": 1}, batch_size=READ_BATCH)
        states = {
            one["_id"]: decode(CaseState, one["value"], _STANDING)
            for one in found
            if one.get("value")
        }
        return {
            key: Standing(state.level, state.team, state.assignee, state.waiting_for)
            for key, state in states.items()
        }

    @outages()
    def reaches(self, contact_keys: Iterable[str]) -> dict[str, Reach]:
        """See the port."""
        wanted = sorted(set(contact_keys))
        if not wanted:
            return {}
        found = self._contacts.find({"_id": {"$in": wanted}}, {"out": 1}, batch_size=READ_BATCH)
        return {one["_id"]: read_reach(one["out"]) for one in found}


def _whom(case_key: str, who: str) -> str:
    return f"{case_key}|{who}"


def _pieces(items: Sequence[T], size: int) -> Iterator[list[T]]:
    left = iter(items)
    while piece := list(islice(left, size)):
        yield piece


def _by_case(documents: Iterable[Document]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for document in documents:
        found.setdefault(document["case"], []).append(_to_told(document))
    for told in found.values():
        told.sort(key=lambda one: one.seq)
    return found


def _from_row(row: NoticeRow) -> Document:
    told = row.told
    document: Document = {
        "_id": row.key,
        "case": row.case_key,
        "source": row.source,
        "seq": told.seq,
        "kind": str(told.kind),
        "at_us": to_micros(told.at),
        "requested": told.is_requested,
        "contact": told.contact_id,
        "channel": str(told.channel),
        "language": told.language,
        "out": row.out,
    }
    if told.who is not None:
        document |= {"who": told.who, "whom": _whom(row.case_key, told.who)}
    seldom = {
        "code": told.calling_code,
        "due_us": row.due and to_micros(row.due),
        "partition": row.partition if row.due else None,
        "to": row.to,
        "decided_us": row.decided_at and to_micros(row.decided_at),
        "digest": row.digest,
        "digest_due_us": row.digest_due and to_micros(row.digest_due),
        "unreached_us": row.unreached_at and to_micros(row.unreached_at),
    }
    return document | {name: value for name, value in seldom.items() if value is not None}


def to_row(document: Document) -> NoticeRow:
    """Return a stored decision."""
    return NoticeRow(
        document["_id"],
        document["case"],
        document["source"],
        _to_told(document),
        document["out"],
        _instant(document, "due_us"),
        document.get("partition", 0),
        document.get("to"),
        _instant(document, "decided_us"),
        document.get("digest"),
        _instant(document, "digest_due_us"),
        _instant(document, "unreached_us"),
    )


def _instant(document: Document, name: str) -> datetime | None:
    return from_micros(document[name]) if name in document else None


def _to_told(document: Document) -> Told:
    return Told(
        who=document.get("who"),
        seq=document["seq"],
        kind=document["kind"],
        at=from_micros(document["at_us"]),
        is_requested=document["requested"],
        contact_id=document["contact"],
        channel=document["channel"],
        language=document["language"],
        calling_code=document.get("code"),
    )
