"""From a record that cannot be processed to what stands in the dead-letter topic."""

from datetime import datetime

from schemas.dead import DeadFacts, dead_topic_of, to_headers
from services.runtime.records import DeadLetter, Outbound


def to_dead_letter(letter: DeadLetter, worker: str, at: datetime, code_version: str) -> Outbound:
    """Return the dead letter: key and value untouched, the facts in headers."""
    inbound = letter.inbound
    facts = DeadFacts(
        topic=inbound.topic,
        topic_id=inbound.topic_id,
        partition=inbound.partition,
        offset=inbound.offset,
        worker=worker,
        reason=letter.reason,
        error=letter.error,
        field=letter.field,
        rule=letter.rule,
        at=at,
        code_version=code_version,
    )
    return Outbound(
        dead_topic_of(inbound.topic),
        inbound.key,
        inbound.value,
        to_headers(facts, inbound.headers),
    )
