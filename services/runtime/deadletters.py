"""From a record that cannot be processed to what stands in the dead-letter topic."""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Final

from schemas.dead import DeadFacts, dead_topic_of, to_headers
from schemas.topics import DEAD_MAX_BYTES, SOURCE_MAX_BYTES
from services.runtime.naming import place_of
from services.runtime.records import DeadLetter, Outbound

logger: Final = logging.getLogger(__name__)

_LARGEST: Final = DEAD_MAX_BYTES - 64 * 1024
"""With what Kafka adds it fits into its topic."""
_KEY_KEPT: Final = 64 * 1024


def to_dead_letter(letter: DeadLetter, worker: str, at: datetime, code_version: str) -> Outbound:
    """Return the dead letter: key and value untouched, the facts in headers.

    What was compressed on its topic may be longer than any dead letter can be. Of that the
    beginning is kept, and the error says so: the whole stands where it was read.
    """
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
    made = Outbound(
        dead_topic_of(inbound.topic),
        inbound.key,
        inbound.value,
        to_headers(facts, inbound.headers),
    )
    return made if made.size <= _LARGEST else _cut(made, facts)


def _cut(letter: Outbound, facts: DeadFacts) -> Outbound:
    said = replace(facts, error=f"only the beginning of {letter.size} bytes: {facts.error}")
    key, value = letter.key, letter.value
    return letter._replace(
        key=key and key[:_KEY_KEPT],
        value=value and value[:SOURCE_MAX_BYTES],
        headers=to_headers(said, ()),
    )


def tell(letter: DeadLetter) -> None:
    """Log where a record stood, what it was about and why it died, and nothing that it says."""
    extra = place_of(letter.inbound)
    if letter.case is not None:
        extra["case"] = letter.case
    extra |= {"reason": letter.reason, "rule": letter.rule}
    extra |= {"field": letter.field, "error": letter.error}
    logger.warning("dead letter", extra=extra)
