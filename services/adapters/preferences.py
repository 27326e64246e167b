"""What complainants chose about notices, in MongoDB and in memory."""

from collections.abc import Iterable

from pymongo.database import Database

from services.adapters.memory_hooks import Hooked
from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import READ_BATCH
from services.domain.preferences import Preferences


class MongoPreferences:
    """The PreferenceStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._chosen = database["preferences"]

    @outages()
    def chosen(self, keys: Iterable[str]) -> dict[str, Preferences]:
        """See the port."""
        found = self._chosen.find({"_id": {"$in": sorted(set(keys))}}, batch_size=READ_BATCH)
        return {one["_id"]: Preferences.model_validate(one["chosen"]) for one in found}

    @outages()
    def choose(self, key: str, preferences: Preferences) -> None:
        """See the port."""
        chosen = {"chosen": preferences.model_dump(mode="json", exclude_none=True)}
        self._chosen.replace_one({"_id": key}, chosen, upsert=True)


class MemoryPreferences(Hooked):
    """The PreferenceStore port in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._chosen: dict[str, Preferences] = {}

    def chosen(self, keys: Iterable[str]) -> dict[str, Preferences]:
        """See the port."""
        with self._operation("chosen"):
            return {key: self._chosen[key] for key in set(keys) if key in self._chosen}

    def choose(self, key: str, preferences: Preferences) -> None:
        """See the port."""
        with self._operation("choose"):
            self._chosen[key] = preferences
