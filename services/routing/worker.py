"""Binds the routing handler to its topics; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.process import Parts, Worker
from services.routing.handler import RoutingHandler
from services.routing.policy import load_policy
from services.runtime.ports import Handler


def build(parts: Parts) -> Handler:
    """Return the handler."""
    settings = parts.settings
    return RoutingHandler(
        load_policy(settings.routing_policy), parts.clock, settings.topic(topics.ROUTED.name)
    )


WORKER: Final = Worker("routing", (topics.SCORED.name,), build)
