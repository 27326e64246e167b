"""Timers in MongoDB: inserted, read oldest first, deleted when superseded (ADR 0007)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from sys import intern
from typing import Final

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import READ_BATCH, insert_new
from services.domain.timer_store import Place, TimerRow

_ORDER: Final = [("due", ASCENDING), ("_id", ASCENDING)]
_NEWEST_FIRST: Final = {"case": ASCENDING, "seq": DESCENDING}


class MongoTimerStore:
    """The TimerStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._timers = database["timers"]

    @outages()
    def insert(self, rows: Sequence[TimerRow], forget_at: datetime) -> None:
        """Insert what is not there; a row that is there stays as it is."""
        insert_new(self._timers, [_from_row(row, forget_at) for row in rows])

    @outages()
    def due_between(
        self, partition: int, begin: Place, end: datetime, limit: int
    ) -> list[TimerRow]:
        """Return up to ``limit`` rows of a partition from ``begin``, due before ``end``."""
        begin_us, end_us = to_micros(begin.due), to_micros(end)
        if begin_us >= end_us or limit <= 0:  # a limit of 0 means all to MongoDB
            return []
        # One walk along the index; the second part only passes over ties that were read before.
        found = self._timers.find(
            {
                "partition": partition,
                "due": {"$gte": begin_us, "$lt": end_us},
                "$or": [{"due": {"$gt": begin_us}}, {"_id": {"$gte": begin.row_id}}],
            },
            sort=_ORDER,
            limit=limit,
            batch_size=min(limit, READ_BATCH),
        )
        return [_to_row(document) for document in found]

    @outages()
    def newest(self, case_keys: Iterable[str]) -> dict[str, int]:
        """Return the highest seq of each case that has rows."""
        # Sorted and grouped like this MongoDB leaps from case to case (DISTINCT_SCAN).
        found = self._timers.aggregate(
            [
                {"$match": {"case": {"$in": list(case_keys)}}},
                {"$sort": _NEWEST_FIRST},
                {"$group": {"_id": "$case", "seq": {"$first": "$seq"}}},
            ],
            batchSize=READ_BATCH,
        )
        return {document["_id"]: document["seq"] for document in found}

    @outages()
    def delete(self, row_ids: Iterable[str]) -> None:
        """Delete rows that are known to be superseded."""
        if wanted := list(row_ids):
            self._timers.delete_many({"_id": {"$in": wanted}})

    @outages()
    def remove(self, case_keys: Iterable[str]) -> None:
        """Delete every row of these cases."""
        if wanted := list(case_keys):
            self._timers.delete_many({"case": {"$in": wanted}})


def _from_row(row: TimerRow, forget_at: datetime) -> Document:
    """Absent rather than null: a row without a due time has no place in the index by due time,
    and only such a row has an end."""
    document: Document = {
        "_id": row.row_id,
        "case": row.case_key,
        "seq": row.seq,
        "partition": row.partition,
        "armed": to_micros(row.armed_at),
        "policy": row.policy,
    }
    if row.due is None:
        return document | {"forget_at": forget_at}
    # Whole microseconds: a BSON date would cut them to milliseconds and fire early.
    document |= {"due": to_micros(row.due)}
    document |= {"clock": row.clock, "level": row.level, "run": row.run}
    if row.stage is not None:
        document["stage"] = row.stage
    if row.step is not None:
        document["step"] = row.step
    return document


def _to_row(document: Document) -> TimerRow:
    """Words that many rows share are kept once: a worker holds 100,000 rows and more."""
    stage = document.get("stage")
    return TimerRow(
        case_key=document["case"],
        seq=document["seq"],
        partition=document["partition"],
        due=from_micros(document["due"]),
        armed_at=from_micros(document["armed"]),
        clock=intern(document["clock"]),
        stage=intern(stage) if stage else None,
        level=document["level"],
        run=document["run"],
        step=document.get("step"),
        policy=intern(document["policy"]),
    )
