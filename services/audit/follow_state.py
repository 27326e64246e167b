"""How far the continuous audit has come, kept in MongoDB: a restart reads nothing twice."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from kafka import TopicPartition
from pymongo import ReplaceOne
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.audit.database import Document

KEPT: Final = 1000
"""Findings kept by name and looked at again; beyond, they are counted until a full audit."""


class Suspect(NamedTuple):
    """A contact that left no trace where it must have left one. ``contact_key`` is None when the
    record is none."""

    source: str
    contact_key: str | None
    at_ms: int


class FollowState:
    """Positions by topic and partition, the suspects, and the notices known as doubles."""

    def __init__(self, database: Database[Document]) -> None:
        self._positions = database["audit_positions"]
        self._suspects = database["audit_suspects"]
        self._doubles = database["audit_doubles"]

    def position(self, spot: TopicPartition, topic_id: str) -> int | None:
        """Return where to read on; None where this topic was never read."""
        found = self._positions.find_one({"_id": f"{spot.topic}|{spot.partition}"})
        if found is None or found["topic_id"] != topic_id:
            return None
        return int(found["next"])

    def advance(self, positions: dict[TopicPartition, int], topic_id: str) -> None:
        """Remember that everything before was judged."""
        if positions:
            self._positions.bulk_write(
                [
                    ReplaceOne(
                        {"_id": f"{spot.topic}|{spot.partition}"},
                        {"topic_id": topic_id, "next": offset},
                        upsert=True,
                    )
                    for spot, offset in positions.items()
                ]
            )

    def suspects(self) -> list[Suspect]:
        """Return those that are kept, oldest first."""
        found = self._suspects.find().sort("at_ms", 1).limit(KEPT)
        return [Suspect(one["_id"], one["contact"], one["at_ms"]) for one in found]

    def suspect_count(self) -> int:
        """Return how many there are."""
        return self._suspects.count_documents({})

    def suspect(self, found: Iterable[Suspect]) -> None:
        """Keep them."""
        writes = [
            ReplaceOne(
                {"_id": one.source}, {"contact": one.contact_key, "at_ms": one.at_ms}, upsert=True
            )
            for one in found
        ]
        if writes:
            self._suspects.bulk_write(writes)

    def cleared(self, sources: Iterable[str]) -> None:
        """Forget those that are accounted for after all."""
        self._suspects.delete_many({"_id": {"$in": list(sources)}})

    def is_new_double(self, notice_id: str) -> bool:
        """Remember a notice that may have arrived twice; return whether that is news."""
        try:
            self._doubles.insert_one({"_id": notice_id})
        except DuplicateKeyError:
            return False
        return True
