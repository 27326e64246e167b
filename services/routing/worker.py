"""Binds the routing handler to its topics; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.process import Parts, Worker
from services.domain.team_rules import load_team_rules
from services.routing.handler import RoutingHandler
from services.routing.watching import watched_router
from services.runtime.ports import Handler


def build(parts: Parts) -> Handler:
    """Return the handler."""
    settings = parts.settings
    archive = MongoPolicyArchive(parts.database)
    router = watched_router(
        settings.routing_policy,
        settings.teams_policy,
        load_team_rules(*settings.team_policies),
        archive,
        parts.metrics,
    )
    onward = topics.onward(topics.SCORED, topics.ROUTED, settings.topic)
    return RoutingHandler(router, parts.clock, onward)


WORKER: Final = Worker("routing", topics.lane_names(topics.SCORED), build)
