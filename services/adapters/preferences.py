"""What complainants chose about notices, in MongoDB and in memory."""

from collections.abc import Collection, Iterable

from pymongo.database import Database

from services.adapters.instants import from_micros, to_micros
from services.adapters.memory_hooks import Hooked
from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import READ_BATCH
from services.domain.preferences import CHOICES_KEPT, FIELDS, NOTHING_CHOSEN, Choice, Preferences


class MongoPreferences:
    """The PreferenceStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._chosen = database["preferences"]

    @outages()
    def chosen(self, keys: Iterable[str]) -> dict[str, Preferences]:
        """See the port."""
        found = self._chosen.find({"_id": {"$in": sorted(set(keys))}}, batch_size=READ_BATCH)
        return {one["_id"]: Preferences.model_validate(one.get("chosen", {})) for one in found}

    @outages()
    def choose(
        self, key: str, preferences: Preferences, choice: Choice, said: Collection[str] = FIELDS
    ) -> None:
        """See the port."""
        remembered = {
            "at_us": to_micros(choice.at),
            "by": choice.by,
            "opt_out": choice.opt_out,
            "notice": choice.notice_id,
        }
        wish = preferences.model_dump(mode="json", include=set(said))
        change = {
            "$set": {f"chosen.{name}": one for name, one in wish.items() if one is not None},
            "$unset": {f"chosen.{name}": "" for name, one in wish.items() if one is None},
            "$push": {"choices": {"$each": [remembered], "$slice": -CHOICES_KEPT}},
        }
        change = {how: fields for how, fields in change.items() if fields}
        self._chosen.update_one({"_id": key}, change, upsert=True)

    @outages()
    def choices(self, key: str) -> list[Choice]:
        """See the port."""
        found = self._chosen.find_one({"_id": key}, {"choices": 1}) or {}
        return [
            Choice(from_micros(one["at_us"]), one["by"], one["opt_out"], one["notice"])
            for one in found.get("choices", ())
        ]


class MemoryPreferences(Hooked):
    """The PreferenceStore port in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._chosen: dict[str, Preferences] = {}
        self._choices: dict[str, list[Choice]] = {}

    def chosen(self, keys: Iterable[str]) -> dict[str, Preferences]:
        """See the port."""
        with self._operation("chosen"):
            return {key: self._chosen[key] for key in set(keys) if key in self._chosen}

    def choose(
        self, key: str, preferences: Preferences, choice: Choice, said: Collection[str] = FIELDS
    ) -> None:
        """See the port."""
        with self._operation("choose"):
            before = self._chosen.get(key, NOTHING_CHOSEN)
            wish = {name: getattr(preferences, name) for name in said}
            self._chosen[key] = before.model_copy(update=wish)
            self._choices[key] = [*self._choices.get(key, ()), choice][-CHOICES_KEPT:]

    def choices(self, key: str) -> list[Choice]:
        """See the port."""
        with self._operation("choices"):
            return list(self._choices.get(key, ()))
