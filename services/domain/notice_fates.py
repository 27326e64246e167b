"""What became of a notice: from the decision and the attempts alone, whoever asks. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from schemas.codec import decode
from schemas.notices import NoticeRequested, NoticeSettled
from schemas.vocabulary import NoticeState
from services.domain.notice_store import NoticeRow
from services.domain.send_store import Attempt, Outcome, Result

_IN_DOUBT: Final = frozenset({Outcome.SENT, Outcome.UNKNOWN})
"""Outcomes after which it may have arrived."""


@dataclass(frozen=True, slots=True)
class Settle:
    """It is over. ``attempts`` counts those that may have arrived."""

    state: NoticeState
    attempts: int
    reason: str | None
    at: datetime


def results_of(attempts: Sequence[Attempt]) -> list[Result]:
    """Return the results there are, in order of the attempts."""
    return [attempt.result for attempt in attempts if attempt.result is not None]


def doubts_of(attempts: Sequence[Attempt]) -> int:
    """Return how many attempts may have arrived."""
    return sum(1 for result in results_of(attempts) if result.outcome in _IN_DOUBT)


def end_of(attempts: Sequence[Attempt]) -> Settle | None:
    """Return the end that is written down, None while there is none: the sender may go on, or
    has not yet said that it will not."""
    results, doubts = results_of(attempts), doubts_of(attempts)
    by_outcome = {result.outcome: result for result in reversed(results)}
    if (sent := by_outcome.get(Outcome.SENT)) is not None:
        return Settle(NoticeState.SENT, doubts, "resent" if doubts > 1 else None, sent.at)
    if (nobody := by_outcome.get(Outcome.SUPPRESSED)) is not None:
        state = NoticeState.UNKNOWN if doubts else NoticeState.SUPPRESSED
        return Settle(state, doubts, nobody.reason, nobody.at)
    for outcome in (Outcome.GIVEN_UP, Outcome.FAILED):
        if (last := by_outcome.get(outcome)) is not None:
            return lost(doubts, last.reason, last.at)
    return None


def lost(doubts: int, reason: str, at: datetime) -> Settle:
    """Failed; unless an earlier attempt may have arrived after all."""
    state = NoticeState.UNKNOWN if doubts else NoticeState.FAILED
    return Settle(state, doubts, reason[:80], at)


class FateState(StrEnum):
    """Where a notice stands: :class:`NoticeState`, and before its end."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    """Not sent yet: nobody tried, or the provider said "not now"."""


@dataclass(frozen=True, slots=True)
class Fate:
    """A notice of a case and what became of it. ``seq`` is the change that it tells of."""

    notice_id: str
    seq: int
    kind: str
    recipient: str
    channel: str
    state: FateState
    attempts: int
    """How many may have arrived: more than one is a possible double."""
    reason: str | None
    at: datetime


def fate_of(row: NoticeRow, attempts: Sequence[Attempt]) -> Fate:
    """Return what became of the notice that ``row`` decided."""
    if not row.told.is_requested:
        said = decode(NoticeSettled, row.out)
        state = FateState(said.state)
        return _fate(row, said, state, said.attempts, said.reason, said.at)
    asked = decode(NoticeRequested, row.out)
    end = end_of(attempts)
    if end is not None:
        return _fate(row, asked, FateState(end.state), end.attempts, end.reason, end.at)
    results = results_of(attempts)
    if not results:
        return _fate(row, asked, FateState.WAITING, 0, None, asked.requested_at)
    last, doubts = results[-1], doubts_of(attempts)
    state = FateState.UNKNOWN if doubts else FateState.WAITING
    return _fate(row, asked, state, doubts, last.reason, last.at)


def _fate(
    row: NoticeRow,
    record: NoticeRequested | NoticeSettled,
    state: FateState,
    attempts: int,
    reason: str | None,
    at: datetime,
) -> Fate:
    return Fate(
        notice_id=row.key,
        seq=row.told.seq,
        kind=record.kind,
        recipient=record.recipient,
        channel=record.channel,
        state=state,
        attempts=attempts,
        reason=reason,
        at=at,
    )
