"""From a record that cannot be processed to what stands in the dead-letter topic."""

import logging
from datetime import datetime
from typing import Final

from schemas.dead import DeadFacts, dead_topic_of, to_headers
from services.runtime.naming import place_of
from services.runtime.records import DeadLetter, Outbound

logger: Final = logging.getLogger(__name__)


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


def tell(letter: DeadLetter) -> None:
    """Log where a record stood, what it was about and why it died, and nothing that it says."""
    extra = place_of(letter.inbound)
    if letter.case is not None:
        extra["case"] = letter.case
    extra |= {"reason": letter.reason, "rule": letter.rule}
    extra |= {"field": letter.field, "error": letter.error}
    logger.warning("dead letter", extra=extra)
