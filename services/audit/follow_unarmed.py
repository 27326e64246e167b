"""Open cases that no timer watches over: what is due for them nobody would notice."""

from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.database import Database

from schemas.vocabulary import ANSWERED
from services.adapters.mongo_timers import MongoTimerStore
from services.audit.database import Document

ARMED_WITHIN: Final = timedelta(minutes=5)
"""``sla`` arms a case within seconds of its change; one that changed since is not judged."""
CASES: Final = 5000
"""Documents passed in one look, of which only open ones are read: of a million the last is
reached after a quarter of an hour or so."""


class UnarmedWatch:
    """Goes round and round through the cases, some in each look, in the order of their ids. A
    case is armed when its newest timer is of its newest state; the states are read first, so
    that one which moves on meanwhile is never taken for unarmed."""

    def __init__(self, database: Database[Document], cases: int = CASES) -> None:
        self._cases = database["cases"]
        self._timers = MongoTimerStore(database)
        self._at_a_time = cases
        self._whole = 0
        self._so_far = 0
        self._after = ""

    def look(self, now: datetime) -> int:
        """Return how many there are, by the last whole round or, if that is more, by this one.

        Raises:
            OutageError: MongoDB is away.
        """
        last = self._last()
        self._so_far += self._unarmed(last, now - ARMED_WITHIN)
        if last is not None:
            self._after = last
            return max(self._whole, self._so_far)
        self._whole, self._so_far, self._after = self._so_far, 0, ""
        return self._whole

    def _last(self) -> str | None:
        """Return the last id of this look, out of the index alone; None: it comes to the end."""
        behind = self._cases.find({"_id": {"$gt": self._after}}, {"_id": 1}).sort("_id", 1)
        found = next(iter(behind.skip(self._at_a_time - 1).limit(1)), None)
        return None if found is None else str(found["_id"])

    def _unarmed(self, last: str | None, before: datetime) -> int:
        span = {"$gt": self._after} | ({"$lte": last} if last is not None else {})
        wanted: dict[str, Any] = {
            "_id": span,
            "status": {"$exists": True, "$nin": sorted(ANSWERED)},
            "updated_at": {"$lt": before},
            "resolved_at": {"$exists": False},
            "closed_at": {"$exists": False},
        }
        open_ = {one["_id"]: one["seq"] for one in self._cases.find(wanted, {"seq": 1})}
        newest = self._timers.newest(open_) if open_ else {}
        return sum(newest.get(case, 0) < seq for case, seq in open_.items())
