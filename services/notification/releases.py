"""Lets held notices go: says once their time has come, and says it again until it was heard.

What is said is a proposal. ``sender`` lets each notice go by the first record that says so, in
its own ledger, and takes it off the list (ADR 0028). Of what is no news any more the record gives
the reason for which it is not to be sent.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from schemas.codec import encode
from schemas.notice_words import NoticeKind
from schemas.notices import NoticeReceipt
from schemas.receipts import ReceiptEvent
from services.domain.clock import Clock
from services.domain.notice_store import NoticeStore, Waiting
from services.notification.gates import overtaken
from services.runtime.records import Handled, Outbound

SAID_BY: Final = "system"
OVERTAKEN: Final = "overtaken"
_LOOK_EVERY_SECONDS: Final = 1.0
_AGAIN_AFTER_SECONDS: Final = 60.0
_PAGE: Final = 2000


class Releases:
    """Remembers what it said lately; a process that starts anew says it once more."""

    def __init__(self, store: NoticeStore, clock: Clock, receipts_topic: str) -> None:
        self._store = store
        self._clock = clock
        self._topic = receipts_topic
        self._said: dict[str, float] = {}
        self._looked_at: float | None = None

    def forget(self) -> None:
        """Take nothing for said: after a lost transaction it may not have been produced."""
        self._said.clear()
        self._looked_at = None

    def due(self, now: datetime, partitions: AbstractSet[int]) -> Handled:
        """Return what to say now about the notices of these partitions."""
        handled, at = Handled(), self._clock.monotonic()
        if not partitions:
            return handled
        if self._looked_at is not None and at - self._looked_at < _LOOK_EVERY_SECONDS:
            return handled
        self._looked_at = at
        self._said = {k: said for k, said in self._said.items() if at - said < _AGAIN_AFTER_SECONDS}
        limit = _PAGE + len(self._said)
        found = self._store.due(partitions, now, limit)
        unsaid = [one for one in found if one.notice_id not in self._said]
        stale = self._stale(unsaid)
        for one in unsaid:
            self._said[one.notice_id] = at
            reason = OVERTAKEN if one.notice_id in stale else None
            handled.outbound.append(self._say(one, now, reason))
            handled.outcomes[reason or "released"] += 1
        return handled

    def _stale(self, held: Sequence[Waiting]) -> AbstractSet[str]:
        """Return which notices are overtaken by what was decided since."""
        some = [one for one in held if one.kind == NoticeKind.PROGRESS]
        if not some:
            return frozenset()
        decided = self._store.about({(one.case_key, one.who) for one in some if one.who})
        return {one.notice_id for one in some if overtaken(one, decided.get(one.case_key, ()))}

    def _say(self, one: Waiting, now: datetime, reason: str | None) -> Outbound:
        tenant, _, case_id = one.case_key.partition("|")
        record = NoticeReceipt(
            tenant=tenant,
            case_id=case_id,
            notice_id=one.notice_id,
            event=ReceiptEvent.DUE,
            said_by=SAID_BY,
            reason=reason,
            at=one.due,
            received_at=now,
        )
        return Outbound(self._topic, one.case_key.encode(), encode(record))
