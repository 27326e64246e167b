"""Pause switches in MongoDB: one document for each worker that is paused."""

from typing import Final

import pymongo
from pymongo.database import Database

from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import insert_or_read
from services.domain.switch_store import Pause

ASKING_SECONDS: Final = 1.0
"""A worker asks in every round: it must not wait long for a database that is away."""


class MongoSwitchStore:
    """The SwitchStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._pauses = database["pauses"]

    @outages()
    def pause(self, pause: Pause) -> Pause:
        """See the port."""
        document = {
            "_id": pause.worker,
            "by": pause.by,
            "at_us": to_micros(pause.at),
            "note": pause.note,
        }
        earlier = insert_or_read(self._pauses, {pause.worker: document})
        return _to_pause(earlier.get(pause.worker, document))

    @outages()
    def resume(self, worker: str) -> Pause | None:
        """See the port."""
        ended = self._pauses.find_one_and_delete({"_id": worker})
        return None if ended is None else _to_pause(ended)

    @outages()
    def paused(self) -> dict[str, Pause]:
        """See the port."""
        with pymongo.timeout(ASKING_SECONDS):
            return {document["_id"]: _to_pause(document) for document in self._pauses.find()}


def _to_pause(document: Document) -> Pause:
    return Pause(document["_id"], document["by"], from_micros(document["at_us"]), document["note"])
