"""Reads the database as it stands: majority read concern, whole collections in key order."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from pymongo import ASCENDING, MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from services.adapters.mongo import CONNECT_MS, SELECTION_MS, SOCKET_MS
from services.audit.logic.history import History, opened, read_document, read_entry
from services.domain.errors import OutageError

Document = dict[str, Any]
CASES_AT_A_TIME: Final = 1000
_LOG_FIELDS: Final = {
    "case": 1,
    "n": 1,
    "marks": 1,
    "events": 1,
    "settlements": 1,
    "sent": 1,
    "words_removed_at": 1,
}
_OF_WAYBILLS: Final = "w|"
_AFTER_WAYBILLS: Final = "w}"
_AFTER_LOG: Final = "$"
"""Sorts directly after the ``#`` of log ids and before every character of a case key."""


_PATIENT: Final[dict[str, Any]] = {"serverSelectionTimeoutMS": 10_000}
_IMPATIENT: Final[dict[str, Any]] = {
    "serverSelectionTimeoutMS": SELECTION_MS,
    "connectTimeoutMS": CONNECT_MS,
    "socketTimeoutMS": SOCKET_MS,
}
"""A read is tried twice, each time for so long: with 10 s a continuous audit whose database went
away just then took 24 s to end (`tests/faults/test_stopping.py`)."""


class LedgerRow(NamedTuple):
    """What the checks need of a row of ``contacts``."""

    contact_key: str
    source: str
    case_key: str
    out: bytes
    """Empty once its personal data were removed."""


@contextmanager
def database_of(uri: str, name: str, *, is_patient: bool = True) -> Iterator[Database[Document]]:
    """Yield the database for reading. Who follows an instance is not ``is_patient``: he asks again
    later, and has to end in time when he is told to, wherever the database is.

    Raises:
        OutageError: it does not answer.
    """
    limits = _PATIENT if is_patient else _IMPATIENT
    client: MongoClient[Document] = MongoClient(uri, appname="complaints-audit", **limits)
    try:
        yield client.get_database(name, read_concern=ReadConcern("majority"))
    except PyMongoError as error:
        raise OutageError("mongodb", f"{type(error).__name__}: {str(error)[:300]}") from error
    finally:
        client.close()


def estimated(database: Database[Document], collection: str) -> int:
    """Return about how many documents there are, for showing progress."""
    return database[collection].estimated_document_count()


def histories(database: Database[Document]) -> Iterator[History]:
    """Yield every case in key order: first some documents are read, then their logs, so that
    a document is never newer than the log beside it."""
    last = ""
    while True:
        documents = {
            document["_id"]: document
            for document in database.cases.find({"_id": {"$gt": last}})
            .sort("_id", ASCENDING)
            .limit(CASES_AT_A_TIME)
        }
        span = {"$gte": last + _AFTER_LOG} if last else {}
        is_last = len(documents) < CASES_AT_A_TIME
        if not is_last:
            last = max(documents)
            span["$lt"] = last + _AFTER_LOG
        yield from _with_logs(database, documents, span)
        if is_last:
            return


def ledger(database: Database[Document]) -> Iterator[LedgerRow]:
    """Yield the decided contacts."""
    fields = {"tenant": 1, "case_id": 1, "source": 1, "out": 1, "anonymised_at": 1}
    for row in database.contacts.find({}, fields, batch_size=2000):
        # Its bytes were changed on purpose: there is nothing left to compare.
        out = b"" if "anonymised_at" in row else row["out"]
        yield LedgerRow(row["_id"], row["source"], f"{row['tenant']}|{row['case_id']}", out)


def claimed(database: Database[Document]) -> Iterator[str]:
    """Yield the case of each claim on a waybill."""
    span = {"_id": {"$gte": _OF_WAYBILLS, "$lt": _AFTER_WAYBILLS}}
    for row in database["claims"].find(span, {"case_id": 1}, batch_size=10_000):
        yield f"{row['_id'].split('|')[1]}|{row['case_id']}"


def absorbed(database: Database[Document]) -> Iterator[str]:
    """Yield the sources that were recognised as sent again."""
    for row in database.absorbed.find({}, {"_id": 1}, batch_size=20_000):
        yield row["_id"]


def _with_logs(
    database: Database[Document], documents: dict[str, Document], span: dict[str, str]
) -> Iterator[History]:
    entries = database.case_log.find({"_id": span} if span else {}, _LOG_FIELDS)
    for case_key, group in groupby(entries.sort("_id", ASCENDING), key=itemgetter("case")):
        document = documents.pop(case_key, None)
        yield History(
            case_key,
            [read_entry(entry) for entry in group],
            None if document is None else read_document(document),
        )
    for case_key, document in documents.items():
        yield History(case_key, [], read_document(document))


def logs_of(database: Database[Document], case_keys: Sequence[str]) -> Iterator[History]:
    """Yield the logs of some cases, without their documents."""
    entries = database.case_log.find({"case": {"$in": list(case_keys)}}, _LOG_FIELDS)
    for case_key, group in groupby(entries.sort("_id", ASCENDING), key=itemgetter("case")):
        yield History(case_key, [read_entry(entry) for entry in group], None)


def timers(database: Database[Document]) -> Iterator[tuple[str, int, int | None]]:
    """Yield every timer version: case key, the state's number, due (None: disarmed)."""
    fields = {"case": 1, "seq": 1, "due": 1}
    for row in database["timers"].find({}, fields, batch_size=10_000):
        yield row["case"], row["seq"], row.get("due")


def incident_rows(database: Database[Document]) -> Iterator[tuple[str, Document]]:
    """Yield the rows of places that changed an incident or counted a case, in order: the place,
    and the row with its changes opened."""
    fields = {"place": 1, "n": 1, "about": 1, "member": 1, "changes": 1}
    about = {"$or": [{"about": {"$exists": True}}, {"changes.0": {"$exists": True}}]}
    for row in database["incident_log"].find(about, fields).sort("_id", ASCENDING):
        yield row["place"], row | {"changes": [opened(one) or {} for one in row["changes"]]}


def policies(
    database: Database[Document], known: Sequence[str] = ()
) -> Iterator[tuple[str, str, str]]:
    """Yield every version of a policy that cases may go by, but for those whose ids are known:
    kind, version, text."""
    for row in database["policies"].find({"_id": {"$nin": list(known)}} if known else {}):
        yield row["kind"], row["version"], row["text"]


def moved_by(database: Database[Document]) -> timedelta:
    """Return how far the clock of a demo was moved."""
    document = database["clock"].find_one({"_id": "offset"})
    return timedelta(microseconds=document["micros"] if document else 0)
