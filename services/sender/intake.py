"""From the records of a batch to tasks: requests, and what was said of notices sent before."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from schemas.codec import decode
from schemas.errors import MalformedRecordError
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.notices import NoticeReceipt, NoticeRequested
from schemas.receipts import ReceiptEvent
from services.domain.notice_fates import news_number
from services.domain.send_store import AddressMark, Outcome, Result, SendStore
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound
from services.sender.policy import SENDABLE
from services.sender.tasks import Task

_OUTCOMES: Final = {
    ReceiptEvent.DELIVERED: Outcome.DELIVERED,
    ReceiptEvent.UNDELIVERED: Outcome.UNDELIVERED,
    ReceiptEvent.BOUNCED: Outcome.UNDELIVERED,
    ReceiptEvent.SAID_SENT: Outcome.SAID_SENT,
    ReceiptEvent.SAID_NOT_SENT: Outcome.SAID_NOT_SENT,
}
_MARKING: Final = frozenset({ReceiptEvent.BOUNCED, ReceiptEvent.COMPLAINED})
"""Events after which an address is not written to any more."""


class Addresses(Protocol):
    """Knows the address of a notice as an index, which is all that is kept of it."""

    def index_of(self, notice: NoticeRequested) -> str | None:
        """Return the index of the address; None when there is none."""
        ...


class _News(NamedTuple):
    inbound: Inbound
    receipt: NoticeReceipt


class Intake:
    """Reads a batch; writes receipts down before anything follows from them."""

    def __init__(self, store: SendStore, addresses: Addresses, receipts_topic: str) -> None:
        self._store = store
        self._addresses = addresses
        self._receipts_topic = receipts_topic

    def read(self, batch: Sequence[Inbound], handled: Handled) -> list[Task]:
        """Return a task for each notice of the batch; what cannot be read is put aside."""
        tasks: dict[str, Task] = {}
        news: list[_News] = []
        for inbound in batch:
            try:
                if inbound.topic == self._receipts_topic:
                    news.append(_News(inbound, _understood(inbound)))
                    continue
                notice = _sendable(decode(NoticeRequested, inbound.value))
            except MalformedRecordError as error:
                handled.dead.append(_dead(inbound, error))
                continue
            if notice.not_before is not None:
                # It is in the list of held notices already; only its release sends it.
                handled.outcomes["held"] += 1
                continue
            _wish(tasks, notice, inbound)
        if news:
            self._take_in(news, tasks, handled)
        return list(tasks.values())

    def _take_in(self, news: Sequence[_News], tasks: dict[str, Task], handled: Handled) -> None:
        notices = self._store.requested(one.receipt.notice_id for one in news)
        results: list[Result] = []
        marks: list[AddressMark] = []
        let_go = self._let_go(news, notices)
        for inbound, said in news:
            notice = notices.get(said.notice_id)
            if notice is None:
                error = MalformedRecordError("notice_id", "known", "nobody decided this notice")
                handled.dead.append(_dead(inbound, error))
                continue
            if said.event is ReceiptEvent.DUE:
                if let_go[said.notice_id] == str(inbound.source):
                    task = _wish(tasks, notice, inbound)
                    task.called_off = said.reason
                    task.has_news |= said.reason is not None
                else:
                    handled.outcomes["released_before"] += 1
                continue
            handled.outcomes[f"receipt_{said.event}"] += 1
            if (outcome := _OUTCOMES.get(said.event)) is not None:
                number = news_number(said.attempt or 1, outcome)
                reason = _reason_of(said)
                results.append(Result(notice.notice_id, number, outcome, reason, said.received_at))
                _wish(tasks, notice, inbound).has_news = True
            if said.event in _MARKING:
                marks += self._mark(notice, said)
        if results:
            self._store.record(results)
        if marks:
            self._store.mark(marks)

    def _let_go(
        self, news: Iterable[_News], notices: Mapping[str, NoticeRequested]
    ) -> dict[str, str]:
        """Let go what is held until now; return by which record each was, once and for all."""
        first: dict[str, str] = {}
        for inbound, said in news:
            if said.event is ReceiptEvent.DUE and said.notice_id in notices:
                first.setdefault(said.notice_id, str(inbound.source))
        return self._store.release(first) if first else {}

    def _mark(self, notice: NoticeRequested, said: NoticeReceipt) -> list[AddressMark]:
        channel = notice.channel
        index: str | None = None
        if said.attempt is not None:
            attempts = self._store.attempts([notice.notice_id]).get(notice.notice_id, [])
            for one in attempts:
                if one.number == said.attempt and one.claim is not None:
                    channel, index = NoticeChannel(one.claim.channel), one.claim.to
        if index is None:
            index = self._addresses.index_of(notice.model_copy(update={"channel": channel}))
        if index is None:
            return []
        return [AddressMark(index, said.event, notice.notice_id, said.received_at)]


def _wish(tasks: dict[str, Task], notice: NoticeRequested, inbound: Inbound) -> Task:
    """Return the one task of a notice in the batch."""
    return tasks.setdefault(notice.notice_id, Task(notice, inbound.partition))


def _reason_of(said: NoticeReceipt) -> str:
    """Return the reason that stands on the end: what happened, then the provider's code or the
    person who said so."""
    detail = said.reason or (said.said_by if said.said_by.startswith("clerk:") else "")
    return f"{said.event}:{detail}"[:80] if detail else str(said.event)


def _dead(inbound: Inbound, error: MalformedRecordError) -> DeadLetter:
    return DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)


def _understood(inbound: Inbound) -> NoticeReceipt:
    receipt = decode(NoticeReceipt, inbound.value)
    if receipt.event is ReceiptEvent.UNKNOWN:
        raise MalformedRecordError("event", "not_understood", "an event of a newer version")
    return receipt


def _sendable(notice: NoticeRequested) -> NoticeRequested:
    """Refuse what only a newer version can send; its dead letter waits for that version."""
    if notice.kind is NoticeKind.UNKNOWN:
        raise MalformedRecordError("kind", "not_sendable", "a kind of a newer version")
    if notice.channel not in SENDABLE:
        raise MalformedRecordError("channel", "not_sendable", "no channel of this version")
    return notice
