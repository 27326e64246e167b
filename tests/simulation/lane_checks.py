"""Lanes after a run: who came in by the express lane went on by it (ADR 0021)."""

from collections.abc import Iterator

from schemas.topics import RECEIVED_EXPRESS, is_express
from services.audit.follow_letters import contact_key_of
from tests.simulation.evidence import DEDUPLICATED, RECEIVED, ROUTED, SCORED, Evidence, is_replay


def every_contact_keeps_its_lane(evidence: Evidence) -> Iterator[str]:
    """What came in by the express lane is passed on by it, and nothing else is. A dead letter of
    a contact that was sent again is passed on by its own lane when it is replayed."""
    world = evidence.run.world
    if any(is_replay(record) for record in evidence.topic(RECEIVED)):
        return
    twin = world.broker.describe([RECEIVED_EXPRESS.name])[RECEIVED_EXPRESS.name].topic_id
    for name in (DEDUPLICATED, SCORED, ROUTED):
        for record in evidence.topic(name):
            contact = contact_key_of(record.value)
            row = None if contact is None else world.dedup.contacts.get(contact)
            if row is not None and row.source.startswith(f"{twin}:") != is_express(record.topic):
                yield f"{contact} of {row.source} went on by {record.topic}"
