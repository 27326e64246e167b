"""Binds the severity handler to its topics; no decisions."""

from typing import Final

from schemas import topics
from services.adapters.process import Parts, Worker
from services.runtime.ports import Handler
from services.severity.handler import SeverityHandler
from services.severity.loading import load_judge


def build(parts: Parts) -> Handler:
    """Return the handler; it needs no database."""
    return SeverityHandler(
        judge=load_judge(parts.settings.severity_policy),
        clock=parts.clock,
        onward=topics.onward(topics.DEDUPLICATED, topics.SCORED, parts.settings.topic),
    )


WORKER: Final = Worker("severity", topics.lane_names(topics.DEDUPLICATED), build)
