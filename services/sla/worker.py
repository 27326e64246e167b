"""Binds the sla handler to its topics and store; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_timers import MongoTimerStore
from services.adapters.process import Parts, Worker
from services.runtime.ports import Handler
from services.sla.handler import SlaHandler
from services.sla.policy import load_policy


def build(parts: Parts) -> Handler:
    """Return the handler on MongoDB."""
    settings = parts.settings
    return SlaHandler(
        store=MongoTimerStore(parts.database),
        policy=load_policy(settings.sla_policy),
        clock=parts.clock,
        topic=settings.topic(topics.STATE.name),
        fired_topic=settings.topic(topics.FIRED.name),
        metrics=parts.metrics,
        crash=parts.crash,
    )


WORKER: Final = Worker("sla", (topics.STATE.name,), build)
