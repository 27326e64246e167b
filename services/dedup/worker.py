"""Binds the dedup handler to its topics and stores; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.process import Parts, Worker
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.runtime.ports import Handler


def build(parts: Parts) -> Handler:
    """Return the handler on MongoDB."""
    settings = parts.settings
    return DedupHandler(
        store=MongoDedupStore(parts.database),
        keys=settings.key_ring(),
        policy=load_policy(settings.dedup_policy),
        clock=parts.clock,
        onward=topics.onward(topics.RECEIVED, topics.DEDUPLICATED, settings.topic),
        crash=parts.crash,
    )


WORKER: Final = Worker("dedup", topics.lane_names(topics.RECEIVED), build)
