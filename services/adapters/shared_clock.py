"""A clock that all processes of an instance share and a demo or a test may move.

The machine's time plus an offset that stands in MongoDB and only grows. Whether it may be
moved is decided when the instance starts, by a setting that no production has: only then is
there a document to move (ADR 0007). A test may also let it stand: then it shows one moment until
it is told the next, however slow the machine is (ADR 0042).
"""

import logging
from datetime import datetime, timedelta
from typing import Final

import pymongo
from pymongo import ReturnDocument
from pymongo.database import Database

from services.adapters.clock import SystemClock
from services.adapters.database_clock import DatabaseClock
from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document, outages
from services.domain.clock import Clock
from services.domain.errors import OutageError, UnsafeStart
from services.domain.spans import span_words

logger: Final = logging.getLogger(__name__)

READ_SECONDS: Final = 0.5
WAIT_SECONDS: Final = 0.3
"""Whoever asks for the time is not kept waiting for a database that is away."""
AHEAD: Final = timedelta(seconds=READ_SECONDS + WAIT_SECONDS)
"""A move counts from so much later on. By then everybody has read of it, so all are moved at one
moment: a worker that is still in yesterday refuses what one in today asks of it."""
STANDING_WAIT_SECONDS: Final = 10.0
"""A clock that stands asks for longer: what it knows may be days old."""
_OFFSET: Final = {"_id": "offset"}


class SharedClock(SystemClock):
    """The Clock port; reads the offset again every ``READ_SECONDS``, and never goes back.

    While MongoDB is away the clock runs on with the offset it knows. Where it stands it is read
    each time, so that nobody acts by a moment that is over.
    """

    def __init__(self, database: Database[Document]) -> None:
        super().__init__()
        self._database = database
        self._stands: datetime | None = None
        self._move: tuple[datetime, timedelta] | None = None
        """From when on which offset will count."""
        self._read_at = float("-inf")

    def now(self) -> datetime:
        """Return the aware UTC time of the instance."""
        if self._stands is not None or self.monotonic() - self._read_at >= READ_SECONDS:
            self._read()
        if self._move is not None and self._wall() >= self._move[0]:
            self.offset = max(self.offset, self._move[1])
            self._move = None
        return super().now()

    def _wall(self) -> datetime:
        return super()._wall() if self._stands is None else self._stands - self.offset

    def _read(self) -> None:
        try:
            with pymongo.timeout(WAIT_SECONDS if self._stands is None else STANDING_WAIT_SECONDS):
                self.look()
        except OutageError as outage:
            logger.warning("the clock's offset cannot be read", extra={"error": str(outage)})
            self._read_at = self.monotonic()

    @outages()
    def look(self) -> None:
        """Read how far the clock was moved, and whether it stands.

        Raises:
            OutageError: MongoDB is away.
        """
        document = self._database["clock"].find_one(_OFFSET) or {"micros": 0}
        moved = timedelta(microseconds=document["micros"])
        since = document.get("since_us")
        if since is not None and (begin := from_micros(since)) > self._wall():
            self._move = begin, moved
            moved = timedelta(microseconds=document["earlier"])
        self.offset = max(self.offset, moved)
        if (stands := document.get("stands")) is not None:
            self._stands = from_micros(stands)
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
        clock = SharedClock(database)
        clock.look()  # before anybody is shown the machine's time where another one stands
        return clock
    moved = offset_of(database)
    if moved:
        raise UnsafeStart(
            f"the clock of this instance was moved by {span_words(moved)}, so time would go back: "
            "start it with COMPLAINTS_MOVABLE_CLOCK=1, or on another database"
        )
    return DatabaseClock(database)


def real_time(clock: Clock) -> Clock:
    """Return the clock that others outside go by: signatures are dated by it, also where a demo
    moved the time on."""
    return SystemClock() if isinstance(clock, SharedClock) else clock


@outages()
def offset_of(database: Database[Document]) -> timedelta | None:
    """Return how far the clock was moved; None where it never may be."""
    document = database["clock"].find_one(_OFFSET)
    return None if document is None else timedelta(microseconds=document["micros"])


@outages()
def advance(database: Database[Document], by: timedelta) -> timedelta | None:
    """Move the clock on, for everybody at one moment, ``AHEAD`` from now; return how far it was
    moved in all, None where it may not be.

    Raises:
        ValueError: it would go back.
    """
    if by < timedelta():
        raise ValueError("a clock never goes back")
    now = SystemClock().now()
    still = {"$gt": [{"$ifNull": ["$since_us", 0]}, to_micros(now)]}  # the last move is to come
    document = database["clock"].find_one_and_update(
        _OFFSET,
        [
            {
                "$set": {
                    "earlier": {"$cond": [still, "$earlier", "$micros"]},
                    "micros": {"$add": ["$micros", by // timedelta(microseconds=1)]},
                    "since_us": to_micros(now + AHEAD),
                }
            }
        ],
        return_document=ReturnDocument.AFTER,
    )
    return None if document is None else timedelta(microseconds=document["micros"])


@outages()
def let_stand(database: Database[Document], at: datetime) -> None:
    """Let a movable clock show ``at`` and nothing else until it is told again: for tests, which
    say themselves when time passes. An earlier moment than the one it shows changes nothing."""
    database["clock"].update_one(_OFFSET, {"$max": {"stands": to_micros(at)}})
