"""Binds the dedup handler to its topics and stores; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.process import Parts, Worker
from services.dedup.handler import DedupHandler
from services.dedup.watching import watched_policy
from services.runtime.ports import Handler


def build(parts: Parts) -> Handler:
    """Return the handler on MongoDB."""
    settings = parts.settings
    archive = MongoPolicyArchive(parts.database)
    return DedupHandler(
        store=MongoDedupStore(parts.database),
        keys=settings.key_ring(),
        policy=watched_policy(settings.dedup_policy, archive, parts.metrics),
        clock=parts.clock,
        onward=topics.onward(topics.RECEIVED, topics.DEDUPLICATED, settings.topic),
        crash=parts.crash,
    )


WORKER: Final = Worker("dedup", topics.lane_names(topics.RECEIVED), build)
