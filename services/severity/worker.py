"""Binds the severity handler to its topics; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.process import Parts, Worker
from services.runtime.ports import Handler
from services.severity.handler import SeverityHandler
from services.severity.watching import watched_judge


def build(parts: Parts) -> Handler:
    """Return the handler; the database only keeps the policies that were in force."""
    archive = MongoPolicyArchive(parts.database)
    return SeverityHandler(
        judge=watched_judge(parts.settings.severity_policy, archive, parts.metrics),
        clock=parts.clock,
        onward=topics.onward(topics.DEDUPLICATED, topics.SCORED, parts.settings.topic),
    )


WORKER: Final = Worker("severity", topics.lane_names(topics.DEDUPLICATED), build)
