"""Turns in MongoDB: one document each, taken by one conditional update, by the server's time."""

from datetime import datetime
from typing import Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document, outages

_NOW: Final = "$$NOW"


class MongoTurnStore:
    """The TurnStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._turns = database["turns"]

    @outages()
    def take(self, name: str, holder: str, seconds: float) -> bool:
        """See the port. Where somebody else has the turn, the insert meets his document."""
        is_free = {"$or": [{"holder": holder}, {"$expr": {"$lte": ["$until", _NOW]}}]}
        until = {"$add": [_NOW, int(seconds * 1000)]}
        taken = [{"$set": {"holder": holder, "until": until}}]
        try:
            self._turns.update_one({"_id": f"turn|{name}", **is_free}, taken, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    @outages()
    def give_back(self, name: str, holder: str) -> None:
        """See the port."""
        self._turns.delete_one({"_id": f"turn|{name}", "holder": holder})

    @outages()
    def note(self, name: str, at: datetime) -> None:
        """See the port."""
        latest = {"$max": {"at_us": to_micros(at)}}
        self._turns.update_one({"_id": f"pass|{name}"}, latest, upsert=True)

    @outages()
    def noted(self, name: str) -> datetime | None:
        """See the port."""
        found = self._turns.find_one({"_id": f"pass|{name}"})
        return None if found is None else from_micros(found["at_us"])
