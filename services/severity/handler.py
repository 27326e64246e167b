"""A batch of deduplicated contacts: score each, pass it on. No state, so a replay is nothing
special: the same record gives the same score, and the case's writer absorbs what it had."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from schemas.carrying import Carried, Envelope, read_extract
from schemas.contacts import ContactDeduplicated
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.scores import ContactScored
from services.domain.clock import Clock
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Positions
from services.severity.extract import SeenDeduplicated
from services.severity.logic import Contact, Judge

_SCORED: Final = Envelope(ContactScored, "deduplicated")


class SeverityHandler:
    """See :class:`services.runtime.ports.Handler`."""

    def __init__(self, judge: Callable[[], Judge], clock: Clock, onward: Mapping[str, str]) -> None:
        """``judge`` is asked once for each batch: a batch is decided by one policy. ``onward``
        says where a record goes, by the topic it came by."""
        self._judge = judge
        self._clock = clock
        self._onward = onward

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port; severity needs no positions."""
        handled = Handled()
        read: list[Carried[SeenDeduplicated]] = []
        topics: list[str] = []
        for inbound in batch:
            try:
                read.append(read_extract(SeenDeduplicated, inbound.value))
                topics.append(self._onward[inbound.topic])
            except MalformedRecordError as error:
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
                )
        scores = self._judge().judge_all([Contact.of(one.seen.contact) for one in read])
        now = self._clock.now()
        for (seen, whole), topic, score in zip(read, topics, scores, strict=True):
            case = {"tenant": seen.tenant, "case_id": seen.case_id}
            value = _SCORED.around(whole, {**case, "score": score, "scored_at": now})
            key = case_key(seen.tenant, seen.case_id)
            handled.outbound.append(Outbound(topic, key, value))
            handled.outcomes[f"level_{score.level}"] += 1
        return handled

    def score(self, deduplicated: ContactDeduplicated) -> ContactScored:
        """Return the record of one contact."""
        return self.score_all([deduplicated])[0]

    def score_all(self, some: Sequence[ContactDeduplicated]) -> list[ContactScored]:
        """Return the records of many contacts: much faster than one by one."""
        scores = self._judge().judge_all([Contact.of(one.contact) for one in some])
        now = self._clock.now()
        return [
            ContactScored(
                tenant=one.tenant, case_id=one.case_id, deduplicated=one, score=score, scored_at=now
            )
            for one, score in zip(some, scores, strict=True)
        ]
