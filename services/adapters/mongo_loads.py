"""How many open cases each person has, counted now and then: good enough to spread new ones."""

import logging
from collections.abc import Mapping
from threading import Thread
from typing import Final

from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.adapters.mongo import Document
from services.domain.clock import Clock

logger: Final = logging.getLogger(__name__)

REFRESH_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 60.0
REST: Final = 50
"""So many times as long as a count took nobody counts again: in a storm, with hundreds of thousands
of open cases, a count takes most of a second, and is still no more than a fiftieth of the work."""
LONGEST_MS: Final = 5000
"""A count that takes longer is given up: 72,000 open cases took 0.12 s, so two million four."""
FIRST_SECONDS: Final = 0.25
"""So long a worker that has just begun waits for its first count."""


class MongoLoads:
    """Gives open cases by person; the newest count that succeeded, however old. Without one
    everybody counts as free, and cases are spread by their ids alone. It counts beside the work:
    to spread work must never hold work up."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self._cases = database["cases"]
        self._clock = clock
        self._again_at = float("-inf")
        self._loads: dict[str, int] | None = None
        self._counting: Thread | None = None

    def __call__(self) -> Mapping[str, int]:
        """Return the counts; those that are some seconds old are made anew meanwhile."""
        is_counting = self._counting is not None and self._counting.is_alive()
        if not is_counting and self._clock.monotonic() >= self._again_at:
            self._counting = Thread(target=self._count_once, name="loads", daemon=True)
            self._counting.start()
            if self._loads is None:
                self._counting.join(FIRST_SECONDS)
        return self._loads or {}

    def _count_once(self) -> None:
        began = self._clock.monotonic()
        rest = RETRY_SECONDS
        try:
            self._loads = self._count()
            rest = max(REFRESH_SECONDS, REST * (self._clock.monotonic() - began))
        except PyMongoError as error:
            logger.warning("loads not counted", extra={"reason": type(error).__name__})
        finally:
            self._again_at = self._clock.monotonic() + rest

    def _count(self) -> dict[str, int]:
        """Count in the index alone: no document is read."""
        strings = {"$gte": ""}
        found = self._cases.aggregate(
            [
                {"$match": {"tenant": strings, "assignee": strings, "urgency": {"$gt": 0}}},
                {"$project": {"_id": 0, "assignee": 1}},
                {"$group": {"_id": "$assignee", "open": {"$sum": 1}}},
            ],
            hint="assigned",
            maxTimeMS=LONGEST_MS,
        )
        return {document["_id"]: document["open"] for document in found}
