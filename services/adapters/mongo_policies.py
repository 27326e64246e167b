"""Every version of a policy that cases were opened under, kept for ever (ADR 0019)."""

from pymongo import ASCENDING
from pymongo.database import Database

from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import insert_or_read


class MongoPolicyArchive:
    """The PolicyArchive port: one document per kind and version, inserted and never changed."""

    def __init__(self, database: Database[Document]) -> None:
        self._policies = database["policies"]

    @outages()
    def keep(self, kind: str, version: str, text: str) -> str:
        """Keep ``text`` unless the version is there already; return what is kept."""
        name = f"{kind}|{version}"
        document = {"_id": name, "kind": kind, "version": version, "text": text}
        kept = insert_or_read(self._policies, {name: document}).get(name)
        return str(kept["text"]) if kept else text

    @outages()
    def text(self, kind: str, version: str) -> str | None:
        """Return what was kept; None when that version never was."""
        found = self._policies.find_one({"_id": f"{kind}|{version}"})
        return str(found["text"]) if found else None

    @outages()
    def versions(self, kind: str) -> list[str]:
        """Return the versions that are kept, in order."""
        found = self._policies.find({"kind": kind}, sort=[("version", ASCENDING)])
        return [str(document["version"]) for document in found]
