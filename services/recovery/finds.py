"""What was found on one topic and is needed for another, kept in a collection of the restore's
own: a day of traffic does not fit into memory."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pymongo.database import Database

from services.adapters.mongo import Document
from services.adapters.mongo_inserts import READ_BATCH, insert_new
from services.recovery.snapshot import FINDS

_AFTER: Final = "\U0010ffff"


class Finds:
    """First come, first kept; keys say what they are about."""

    def __init__(self, database: Database[Document]) -> None:
        self._kept = database[FINDS]

    def put(self, found: Mapping[str, Document]) -> None:
        """Keep what is not there."""
        insert_new(self._kept, [{"_id": key, **document} for key, document in found.items()])

    def get(self, keys: Iterable[str]) -> dict[str, Document]:
        """Return what was found, by key."""
        wanted = {"_id": {"$in": list(keys)}}
        return {found["_id"]: found for found in self._kept.find(wanted, batch_size=READ_BATCH)}

    def beginning(self, prefix: str) -> Sequence[Document]:
        """Return everything whose key begins with ``prefix``."""
        return list(self._kept.find({"_id": {"$gte": prefix, "$lt": prefix + _AFTER}}))

    def drop(self) -> None:
        """Forget it all."""
        self._kept.drop()
