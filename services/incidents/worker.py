"""Binds the incidents handler to its topics and stores; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_incidents import MongoContactTexts, MongoIncidentStore
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.process import Parts, Worker
from services.incidents.handler import IncidentsHandler, IncidentTopics
from services.incidents.watching import watched_policy
from services.runtime.ports import Handler


def build(parts: Parts) -> Handler:
    """Return the handler on MongoDB."""
    settings = parts.settings
    archive = MongoPolicyArchive(parts.database)
    return IncidentsHandler(
        store=MongoIncidentStore(parts.database),
        contacts=MongoContactTexts(parts.database),
        policy=watched_policy(settings.incidents_policy, archive, parts.metrics),
        clock=parts.clock,
        topics=IncidentTopics(
            changes=settings.topic(topics.CHANGED.name),
            places=settings.topic(topics.PLACES.name),
            changed=settings.topic(topics.INCIDENTS.name),
            cases=settings.topic(topics.COMMANDS.name),
        ),
        crash=parts.crash,
    )


WORKER: Final = Worker("incidents", (topics.CHANGED.name, topics.PLACES.name), build)
