"""Offsets kept a second time, in MongoDB, to notice what Kafka cannot tell (ADR 0004)."""

from collections.abc import Mapping
from typing import Any

from pymongo import UpdateOne
from pymongo.database import Database

from services.adapters.mongo import Document, outages
from services.runtime.ports import Checkpoint
from services.runtime.records import Spot


class MongoCheckpointStore:
    """The CheckpointStore port: one document per group and partition."""

    def __init__(self, database: Database[Document]) -> None:
        self._checkpoints = database["checkpoints"]

    @outages()
    def load(self, group: str) -> dict[Spot, Checkpoint]:
        """Return what ``group`` saved, by partition."""
        # "}" follows "|": everything that begins with the group's name and a bar.
        begins = {"_id": {"$gte": f"{group}|", "$lt": f"{group}}}"}}
        loaded = {}
        for document in self._checkpoints.find(begins):
            owner, topic, partition = document["_id"].rsplit("|", 2)
            if owner == group:
                spot = Spot(topic, int(partition))
                loaded[spot] = Checkpoint(document["topic_id"], document["next"])
        return loaded

    @outages()
    def save(self, group: str, checkpoints: Mapping[Spot, Checkpoint]) -> None:
        """Remember positions; never go back within one topic id.

        A worker that lost its partition may save late: the larger position stays.
        """
        if checkpoints:
            self._checkpoints.bulk_write(
                [_forward(group, spot, checkpoint) for spot, checkpoint in checkpoints.items()],
                ordered=False,
            )


def _forward(group: str, spot: Spot, checkpoint: Checkpoint) -> UpdateOne:
    topic_id: dict[str, Any] = {"$literal": checkpoint.topic_id}
    furthest = {
        "$cond": [
            {"$eq": ["$topic_id", topic_id]},
            {"$max": ["$next", checkpoint.next_offset]},
            checkpoint.next_offset,
        ]
    }
    return UpdateOne(
        {"_id": f"{group}|{spot.topic}|{spot.partition}"},
        [{"$set": {"topic_id": topic_id, "next": furthest}}],
        upsert=True,
    )
