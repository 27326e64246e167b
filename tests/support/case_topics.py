"""The topics of ``cases`` and ``incidents`` under their own names, for whoever wires a handler."""

from typing import Final

from schemas import topics
from services.cases.topics import CaseTopics
from services.incidents.handler import IncidentTopics

ALONE: Final = frozenset(topic.name for topic in topics.TOPICS if topic.stands_alone)
"""Topics of one partition each, whatever the others have."""
CASE_TOPICS: Final = CaseTopics(
    contacts=topics.ROUTED.name,
    commands=topics.COMMANDS.name,
    clocks=topics.FIRED.name,
    changed=topics.CHANGED.name,
    state=topics.STATE.name,
    settled=topics.SETTLED.name,
    counts=topics.COUNTS.name,
    express=topics.ROUTED_EXPRESS.name,
)
INCIDENT_TOPICS: Final = IncidentTopics(
    changes=topics.CHANGED.name,
    places=topics.PLACES.name,
    changed=topics.INCIDENTS.name,
    cases=topics.COMMANDS.name,
)
