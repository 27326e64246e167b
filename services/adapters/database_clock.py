"""MongoDB's time for every worker: a machine whose own clock is an hour off opens, escalates and
answers at the same moments as the others (ADR 0031).

The time is asked for once and then counted on by the monotonic clock, which nobody sets; it is
compared again every half minute. The machine's own clock is only looked at to complain of it.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

import pymongo
from pymongo.database import Database

from services.adapters.clock import SystemClock
from services.adapters.mongo import Document, outages
from services.domain.errors import OutageError

logger: Final = logging.getLogger(__name__)

LOOK_SECONDS: Final = 30.0
WAIT_SECONDS: Final = 0.3
"""Whoever asks for the time is not kept waiting for a database that is away."""
TOLERATED: Final = timedelta(seconds=2)
"""A machine that is further off than this is told of."""


class DatabaseClock(SystemClock):
    """The Clock port; while MongoDB is away it counts on from what it knows.

    Raises:
        OutageError: MongoDB is away at the start.
    """

    def __init__(self, database: Database[Document]) -> None:
        super().__init__()
        self._database = database
        self._anchor, self._anchored_at = _time_of(database), self.monotonic()
        self._looked_at = self._anchored_at
        self._complain()

    def _wall(self) -> datetime:
        if self.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._look()
        return self._anchor + timedelta(seconds=self.monotonic() - self._anchored_at)

    def _look(self) -> None:
        self._looked_at = self.monotonic()
        try:
            with pymongo.timeout(WAIT_SECONDS):
                self._anchor = _time_of(self._database)
        except OutageError as outage:
            logger.warning("MongoDB's time cannot be read", extra={"error": str(outage)})
            return
        self._anchored_at = self.monotonic()
        self._complain()

    def _complain(self) -> None:
        off = super()._wall() - self._anchor
        if abs(off) > TOLERATED:
            seconds = round(off.total_seconds(), 1)
            logger.warning("the clock of this machine is off", extra={"seconds": seconds})


@outages()
def _time_of(database: Database[Document]) -> datetime:
    moment: datetime = database.client.admin.command("hello")["localTime"]
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
