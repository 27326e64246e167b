"""How many open cases each person has, counted now and then: good enough to spread new ones."""

import logging
from collections.abc import Mapping
from typing import Final

from pymongo.database import Database
from pymongo.errors import PyMongoError

from schemas.vocabulary import ANSWERED, CaseStatus
from services.adapters.mongo import Document
from services.domain.clock import Clock

logger: Final = logging.getLogger(__name__)

REFRESH_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 60.0
LONGEST_MS: Final = 250
"""A count that takes longer is given up: spreading work must never hold work up."""
_OPEN: Final = sorted(set(CaseStatus) - ANSWERED)


class MongoLoads:
    """Gives open cases by person; the newest count that succeeded, however old. Without one
    everybody counts as free, and cases are spread by their ids alone."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self._cases = database["cases"]
        self._clock = clock
        self._again_at = float("-inf")
        self._loads: dict[str, int] = {}

    def __call__(self) -> Mapping[str, int]:
        """Return the counts, made anew if they are some seconds old."""
        now = self._clock.monotonic()
        if now >= self._again_at:
            try:
                self._loads = self._count()
                self._again_at = now + REFRESH_SECONDS
            except PyMongoError as error:
                self._again_at = now + RETRY_SECONDS
                logger.warning("loads not counted", extra={"reason": type(error).__name__})
        return self._loads

    def _count(self) -> dict[str, int]:
        found = self._cases.aggregate(
            [
                {"$match": {"status": {"$in": _OPEN}, "assignee": {"$type": "string"}}},
                {"$group": {"_id": "$assignee", "open": {"$sum": 1}}},
            ],
            maxTimeMS=LONGEST_MS,
        )
        return {document["_id"]: document["open"] for document in found}
