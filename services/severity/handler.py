"""A batch of deduplicated contacts: score each, pass it on. No state, so a replay is nothing
special: the same record gives the same score, and the case's writer absorbs what it had."""

from collections.abc import Mapping, Sequence

from schemas.codec import decode, encode
from schemas.contacts import ContactDeduplicated
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.scores import ContactScored
from services.domain.clock import Clock
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Positions
from services.severity.logic import Contact, Judge


class SeverityHandler:
    """See :class:`services.runtime.ports.Handler`."""

    def __init__(self, judge: Judge, clock: Clock, onward: Mapping[str, str]) -> None:
        """``onward`` says where a record goes, by the topic it came by."""
        self._judge = judge
        self._clock = clock
        self._onward = onward

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port; severity needs no positions."""
        handled = Handled()
        read: list[ContactDeduplicated] = []
        topics: list[str] = []
        for inbound in batch:
            try:
                read.append(decode(ContactDeduplicated, inbound.value))
                topics.append(self._onward[inbound.topic])
            except MalformedRecordError as error:
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
                )
        for topic, scored in zip(topics, self.score_all(read), strict=True):
            key = case_key(scored.tenant, scored.case_id)
            handled.outbound.append(Outbound(topic, key, encode(scored)))
            handled.outcomes[f"level_{scored.score.level}"] += 1
        return handled

    def score(self, deduplicated: ContactDeduplicated) -> ContactScored:
        """Return the record of one contact."""
        return self.score_all([deduplicated])[0]

    def score_all(self, some: Sequence[ContactDeduplicated]) -> list[ContactScored]:
        """Return the records of many contacts: much faster than one by one."""
        scores = self._judge.judge_all([Contact.of(one.contact) for one in some])
        now = self._clock.now()
        return [
            ContactScored(
                tenant=one.tenant, case_id=one.case_id, deduplicated=one, score=score, scored_at=now
            )
            for one, score in zip(some, scores, strict=True)
        ]
