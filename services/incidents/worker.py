"""Binds the incidents handler to its topics and store; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_incidents import MongoIncidentStore
from services.adapters.process import Parts, Worker
from services.incidents.handler import IncidentsHandler, IncidentTopics
from services.incidents.policy import load_policy
from services.runtime.ports import Handler


def build(parts: Parts) -> Handler:
    """Return the handler on MongoDB."""
    settings = parts.settings
    return IncidentsHandler(
        store=MongoIncidentStore(parts.database),
        policy=load_policy(),
        clock=parts.clock,
        topics=IncidentTopics(
            contacts=settings.topic(topics.ROUTED.name),
            places=settings.topic(topics.PLACES.name),
            changed=settings.topic(topics.INCIDENTS.name),
            cases=settings.topic(topics.COMMANDS.name),
        ),
        crash=parts.crash,
    )


WORKER: Final = Worker("incidents", (topics.ROUTED.name, topics.PLACES.name), build)
