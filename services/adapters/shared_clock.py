"""A clock that all processes of an instance share and a demo or a test may move.

The machine's time plus an offset that stands in MongoDB and only grows. Whether it may be
moved is decided when the instance starts, by a setting that no production has: only then is
there a document to move (ADR 0007).
"""

import logging
from datetime import datetime, timedelta
from typing import Final

import pymongo
from pymongo import ReturnDocument
from pymongo.database import Database

from services.adapters.clock import SystemClock
from services.adapters.database_clock import DatabaseClock
from services.adapters.mongo import Document, outages
from services.domain.errors import OutageError, UnsafeStart
from services.domain.spans import span_words

logger: Final = logging.getLogger(__name__)

READ_SECONDS: Final = 1.0
WAIT_SECONDS: Final = 0.3
"""Whoever asks for the time is not kept waiting for a database that is away."""
_OFFSET: Final = {"_id": "offset"}


class SharedClock(SystemClock):
    """The Clock port; reads the offset again at most once a second, and never goes back.

    While MongoDB is away the clock runs on with the offset it knows.
    """

    def __init__(self, database: Database[Document]) -> None:
        super().__init__()
        self._database = database
        self._read_at = float("-inf")

    def now(self) -> datetime:
        """Return the aware UTC time of the instance."""
        if self.monotonic() - self._read_at >= READ_SECONDS:
            self._read()
        return super().now()

    def _read(self) -> None:
        try:
            with pymongo.timeout(WAIT_SECONDS):
                self.offset = max(self.offset, offset_of(self._database) or timedelta())
        except OutageError as outage:
            logger.warning("the clock's offset cannot be read", extra={"error": str(outage)})
        self._read_at = self.monotonic()


def open_clock(database: Database[Document], is_movable: bool) -> SystemClock:
    """Return the clock of this process.

    Raises:
        UnsafeStart: the clock was moved in a movable instance; without the offset, time would
            go back.
        OutageError: MongoDB is away.
    """
    if is_movable:
        with outages():
            database["clock"].update_one(_OFFSET, {"$setOnInsert": {"micros": 0}}, upsert=True)
        return SharedClock(database)
    moved = offset_of(database)
    if moved:
        raise UnsafeStart(
            f"the clock of this instance was moved by {span_words(moved)}, so time would go back: "
            "start it with COMPLAINTS_MOVABLE_CLOCK=1, or on another database"
        )
    return DatabaseClock(database)


@outages()
def offset_of(database: Database[Document]) -> timedelta | None:
    """Return how far the clock was moved; None where it never may be."""
    document = database["clock"].find_one(_OFFSET)
    return None if document is None else timedelta(microseconds=document["micros"])


@outages()
def advance(database: Database[Document], by: timedelta) -> timedelta | None:
    """Move the clock on; return how far it was moved in all, None where it may not be.

    Raises:
        ValueError: it would go back.
    """
    if by < timedelta():
        raise ValueError("a clock never goes back")
    micros = by // timedelta(microseconds=1)
    document = database["clock"].find_one_and_update(
        _OFFSET, {"$inc": {"micros": micros}}, return_document=ReturnDocument.AFTER
    )
    return None if document is None else timedelta(microseconds=document["micros"])
