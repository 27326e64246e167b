"""Binds the sla handler to its topics and store; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.mongo_timers import MongoTimerStore
from services.adapters.process import Parts, Worker
from services.domain.clocks.book import open_book
from services.runtime.ports import Handler
from services.sla.handler import SlaHandler


def build(parts: Parts) -> Handler:
    """Return the handler on MongoDB."""
    settings = parts.settings
    return SlaHandler(
        store=MongoTimerStore(parts.database),
        book=open_book(MongoPolicyArchive(parts.database), *settings.clock_policies),
        clock=parts.clock,
        topic=settings.topic(topics.STATE.name),
        fired_topic=settings.topic(topics.FIRED.name),
        metrics=parts.metrics,
        crash=parts.crash,
    )


WORKER: Final = Worker("sla", (topics.STATE.name,), build, is_beside=True)
