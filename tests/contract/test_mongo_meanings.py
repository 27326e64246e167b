"""Each error of MongoDB is an outage or a defect, and quotes nobody's data."""

import traceback
from typing import Any, cast

import pytest
from bson.errors import InvalidDocument
from pymongo import errors as pymongo_errors
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError

from services.adapters.mongo import Document, StoreDefectError, outages
from services.adapters.mongo_inserts import insert_new
from services.domain.errors import ComplaintsError, OutageError

SECRET = "13800138000"


def bulk_error(*codes: int, concerns: tuple[int, ...] = ()) -> BulkWriteError:
    """Return an error as pymongo makes it: with the documents that were to be written."""
    refusals = [
        {"index": i, "code": code, "errmsg": SECRET, "op": {"phone": SECRET}}
        for i, code in enumerate(codes)
    ]
    doubts = [{"code": code, "errmsg": "waiting for replication timed out"} for code in concerns]
    return BulkWriteError({"writeErrors": refusals, "writeConcernErrors": doubts})


def meaning_of(error: Exception) -> ComplaintsError:
    with pytest.raises(ComplaintsError) as meant, outages():
        raise error
    return meant.value


@pytest.mark.parametrize(
    "error",
    [
        pymongo_errors.AutoReconnect("connection closed"),
        pymongo_errors.NetworkTimeout("timed out"),
        pymongo_errors.NotPrimaryError("not primary", {"code": 10107, "op": SECRET}),
        pymongo_errors.ServerSelectionTimeoutError("no servers"),
        pymongo_errors.WaitQueueTimeoutError("no connection free"),
        pymongo_errors.ConnectionFailure("refused"),
        pymongo_errors.ExecutionTimeout(SECRET, 50),
        pymongo_errors.WriteConcernError(SECRET, 100),
        pymongo_errors.WTimeoutError(SECRET, 64),
        pymongo_errors.CursorNotFound(SECRET, 43),
        OperationFailure(SECRET, 134),
        OperationFailure(SECRET, 13),
        bulk_error(10107),
        bulk_error(11000, 11602),
        bulk_error(concerns=(64,)),
        bulk_error(11000, concerns=(64,)),
    ],
    ids=lambda error: type(error).__name__,
)
def test_when_the_database_cannot_do_its_part_it_is_an_outage(error: PyMongoError) -> None:
    meaning = meaning_of(error)
    assert isinstance(meaning, OutageError)
    assert meaning.service == "mongodb"
    assert SECRET not in "".join(traceback.format_exception(meaning))


@pytest.mark.parametrize(
    "error",
    [
        OperationFailure(SECRET, 2),
        pymongo_errors.DuplicateKeyError(SECRET, 11000),
        pymongo_errors.DocumentTooLarge(SECRET),
        InvalidDocument(SECRET),
        bulk_error(11000),
        bulk_error(11000, 10334),
    ],
    ids=lambda error: type(error).__name__,
)
def test_when_the_database_refuses_what_it_is_given_it_is_a_defect(error: Exception) -> None:
    meaning = meaning_of(error)
    assert isinstance(meaning, StoreDefectError)
    assert SECRET not in "".join(traceback.format_exception(meaning))


@pytest.mark.parametrize(
    "error",
    [
        ValueError("ours"),
        OutageError("kafka", "not ours to judge"),
        pymongo_errors.InvalidOperation("closed"),
        pymongo_errors.ConfigurationError("wrong URI"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_everything_else_passes_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)) as seen, outages():
        raise error
    assert seen.value is error


class RefusingCollection:
    """A collection whose every bulk insert ends with ``error``."""

    def __init__(self, error: BulkWriteError) -> None:
        self._error = error

    def insert_many(self, documents: list[Document], ordered: bool) -> None:
        raise self._error


def insert_into(error: BulkWriteError) -> list[int]:
    with outages():
        return insert_new(cast(Any, RefusingCollection(error)), [{"_id": n} for n in range(3)])


def test_what_stands_in_the_place_of_an_insert_is_told_by_position() -> None:
    assert insert_into(bulk_error(11000, 11000)) == [0, 1]


@pytest.mark.parametrize(
    "error", [bulk_error(concerns=(64,)), bulk_error(11000, concerns=(64,)), bulk_error(11000, 91)]
)
def test_an_insert_that_no_majority_acknowledged_is_never_taken_for_a_conflict(
    error: BulkWriteError,
) -> None:
    with pytest.raises(OutageError):
        insert_into(error)
