"""Turns in MongoDB: one document each, taken by one update, by the server's time."""

from datetime import datetime
from typing import Final

from pymongo import ReturnDocument
from pymongo.database import Database

from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document, outages

_NOW: Final = "$$NOW"


class MongoTurnStore:
    """The TurnStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._turns = database["turns"]

    @outages()
    def take(self, name: str, holder: str, seconds: float) -> bool:
        """See the port."""
        is_over = {"$lte": [{"$ifNull": ["$until", _NOW]}, _NOW]}
        is_free = {"$or": [{"$eq": ["$holder", holder]}, is_over]}
        until = {"$add": [_NOW, int(seconds * 1000)]}
        taken = {
            "holder": {"$cond": [is_free, holder, "$holder"]},
            "until": {"$cond": [is_free, until, "$until"]},
        }
        found = self._turns.find_one_and_update(
            {"_id": f"turn|{name}"},
            [{"$set": taken}],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return found is not None and found["holder"] == holder

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
