"""Binds the incidents handler to its topics and stores; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_incidents import MongoContactTexts, MongoIncidentStore
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.process import Parts, Worker
from services.domain.team_rules import load_team_rules
from services.incidents.handler import IncidentsHandler, IncidentTopics
from services.incidents.watching import Files, watched_rules
from services.runtime.ports import Handler


def build(parts: Parts) -> Handler:
    """Return the handler on MongoDB."""
    settings = parts.settings
    files = Files(settings.incidents_policy, settings.teams_policy, settings.correcting_policy)
    return IncidentsHandler(
        store=MongoIncidentStore(parts.database),
        contacts=MongoContactTexts(parts.database),
        rules=watched_rules(
            files,
            load_team_rules(*settings.team_policies),
            MongoPolicyArchive(parts.database),
            parts.metrics,
        ),
        clock=parts.clock,
        topics=IncidentTopics(
            changes=settings.topic(topics.CHANGED.name),
            places=settings.topic(topics.PLACES.name),
            changed=settings.topic(topics.INCIDENTS.name),
            cases=settings.topic(topics.COMMANDS.name),
        ),
        crash=parts.crash,
    )


WORKER: Final = Worker(
    "incidents", (topics.CHANGED.name, topics.PLACES.name), build, is_beside=True
)
