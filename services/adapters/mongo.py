"""How we talk to MongoDB: concerns, time limits, and what its errors mean to us.

Writes are acknowledged by a majority that has them in its journal; reads see only such
writes. Whoever decides on what it read, or produces what it wrote, relies on both
(ADR 0002), so a deployment that cannot give them is refused at the start.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from bson.errors import BSONError
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)
from pymongo.monitoring import CommandListener

from services.domain.errors import ComplaintsError, OutageError, UnsafeStart

Document = dict[str, Any]

DUPLICATE_KEY: Final = 11000
SELECTION_MS: Final = 2000
"""What is tried without a server fails after this. A round of a worker may try three times, and
still has to end in time when it is asked to."""
CONNECT_MS: Final = 2000
SOCKET_MS: Final = 7000
"""A frozen server is noticed after this; above WRITE_MS, so that the server answers first."""
WRITE_MS: Final = 5000
HEARTBEAT_MS: Final = 2000
"""A server that vanished without a word is noticed within this and CONNECT_MS."""

OUTAGE_CODES: Final = frozenset(
    {
        6, 7, 89, 9001,                     # host unreachable or unknown, network
        24, 50, 202, 262,                   # lock, operation and network time limits
        43, 237,                            # cursor gone: the server changed under a read
        64, 100,                            # write concern not met
        91, 11600, 11601, 11602,            # shutting down, interrupted
        134, 189, 10107, 13435, 13436,      # not primary, or no majority to read from yet
        112, 225, 246,                      # gave way to another operation
        13, 18, 14031,                      # access withdrawn, disk full: no record's fault
    }
)  # fmt: skip
"""Server errors in which nothing is wrong with the records (MongoDB's error_codes.yml)."""


class StoreDefectError(ComplaintsError):
    """MongoDB refused something for a reason that no retry mends.

    Carries codes only: pymongo's own error quotes whole documents, that is personal data.
    """


def app_name(database: str, service: str) -> str:
    """Return what a process of a service tells MongoDB that it is: a restore looks for it."""
    return f"complaints:{database}:{service}"


def connect(
    uri: str,
    *,
    selection_ms: int = SELECTION_MS,
    app: str = "complaints",
    listeners: Sequence[CommandListener] = (),
) -> MongoClient[Document]:
    """Return a client with our concerns and limits, known as ``app``; does not touch the network.
    ``listeners`` are told of every command.

    Raises:
        UnsafeStart: the URI asks for zlib, whose decompression has a known hole in 6.0.5.
    """
    if "zlib" in uri.partition("?")[2]:
        raise UnsafeStart("the MongoDB URI asks for zlib compression: remove it")
    # At level DEBUG pymongo writes every command with its documents.
    logging.getLogger("pymongo.command").setLevel(logging.WARNING)
    return MongoClient(
        uri,
        w="majority",
        journal=True,
        wTimeoutMS=WRITE_MS,
        readConcernLevel="majority",
        readPreference="primary",
        retryWrites=True,
        retryReads=True,
        serverSelectionTimeoutMS=selection_ms,
        connectTimeoutMS=CONNECT_MS,
        heartbeatFrequencyMS=HEARTBEAT_MS,
        socketTimeoutMS=SOCKET_MS,
        waitQueueTimeoutMS=SELECTION_MS,
        appName=app,
        event_listeners=list(listeners),
    )


def open_database(
    uri: str, name: str, service: str | None = None, listeners: Sequence[CommandListener] = ()
) -> Database[Document]:
    """Connect and make sure of the guarantees; close with ``database.client.close()``. A
    ``service`` is one that must not run while the database is restored.

    Raises:
        OutageError: MongoDB is away.
        UnsafeStart: it runs in a way that could lose or double records.
    """
    app = "complaints" if service is None else app_name(name, service)
    client = connect(uri, app=app, listeners=listeners)
    try:
        database = client[name]
        assert_safe(database)
    except ComplaintsError:
        client.close()
        raise
    return database


def assert_safe(database: Database[Document]) -> None:
    """Check what every guarantee stands on.

    Raises:
        UnsafeStart: saying what is missing.
        OutageError: MongoDB is away.
    """
    concern = database.write_concern.document
    if concern.get("w") != "majority" or concern.get("j") is not True:
        raise UnsafeStart(f"MongoDB writes are not majority and journaled but {concern}")
    if database.read_concern.level != "majority":
        raise UnsafeStart(f"MongoDB reads are not majority but {database.read_concern.level}")
    if not database.client.options.retry_writes:
        raise UnsafeStart("retryable writes are off")
    with outages():
        hello = database.client.admin.command("hello")
    if "setName" not in hello:
        raise UnsafeStart(
            "MongoDB is not a replica set, so nothing is ever acknowledged by a majority: "
            "start mongod with --replSet and run rs.initiate() once"
        )


def refuse_half_restored(database: Database[Document]) -> None:
    """See that no restore is half done: a worker would decide again what is about to come back.

    Raises:
        UnsafeStart: one is.
        OutageError: MongoDB is away.
    """
    with outages():
        begun = database["recovery"].find_one({"_id": "restore"})
    if begun is not None:
        raise UnsafeStart(
            f"the restore of the backup of {begun['backup']} is not done: run `complaints restore` "
            "with the same folder once more"
        )


@contextmanager
def outages() -> Iterator[None]:
    """Say what a failure inside means: an outage, or a defect; also usable as a decorator.

    Other exceptions, defects of our own code among them, pass unchanged.
    """
    try:
        yield
    except (PyMongoError, BSONError) as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from None


def _meaning(error: Exception) -> ComplaintsError | None:
    match error:
        case BulkWriteError():
            codes = {refusal["code"] for refusal in error.details["writeErrors"]}
            doubts = {doubt["code"] for doubt in error.details["writeConcernErrors"]}
            if doubts or codes & OUTAGE_CODES:
                return OutageError("mongodb", f"write not acknowledged, codes {codes | doubts}")
            return StoreDefectError(f"write refused, codes {codes}")
        case ConnectionFailure():
            reason = str(error).partition(", full error")[0][:200]
            return OutageError("mongodb", f"{type(error).__name__}: {reason}")
        case ExecutionTimeout() | WriteConcernError():
            return OutageError("mongodb", f"{type(error).__name__}, code {error.code}")
        case OperationFailure():
            problem = f"{type(error).__name__}, code {error.code}"
            is_outage = error.code in OUTAGE_CODES
            return OutageError("mongodb", problem) if is_outage else StoreDefectError(problem)
        case BSONError():
            return StoreDefectError(f"{type(error).__name__}: not storable")
    return None
