"""What to do next about a notice, from what is stored about it alone. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.notices import NoticeRequested, NoticeSettled
from schemas.vocabulary import NoticeState
from services.domain.send_store import Attempt, Outcome, Result
from services.sender.policy import ChannelPolicy

INTERRUPTED: Final = "interrupted"
HELD: Final = "held"
_IN_DOUBT: Final = frozenset({Outcome.SENT, Outcome.UNKNOWN})
"""Outcomes after which it may have arrived."""


@dataclass(frozen=True, slots=True)
class Send:
    """Make this attempt."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Settle:
    """It is over. ``attempts`` counts those that may have arrived."""

    state: NoticeState
    attempts: int
    reason: str | None
    at: datetime


def open_attempts(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return the attempts that were claimed and of which nobody wrote how they ended."""
    return [attempt for attempt in attempts if attempt.result is None]


def refusals(attempts: Sequence[Attempt]) -> int:
    """Return how often the provider said "not now"."""
    return sum(1 for result in _results(attempts) if result.outcome is Outcome.REFUSED)


def next_attempt(attempts: Sequence[Attempt]) -> int:
    """Return the number of the attempt to come."""
    return max((attempt.number for attempt in attempts), default=0) + 1


def next_step(
    notice: NoticeRequested,
    attempts: Sequence[Attempt],
    policy: ChannelPolicy,
    provider_works: bool,
    now: datetime,
) -> Send | Settle:
    """Return what is to be done. Every attempt has a result (see :func:`open_attempts`)."""
    results = _results(attempts)
    final = next((r for r in results if r.outcome in (Outcome.SENT, Outcome.SUPPRESSED)), None)
    doubts = sum(1 for result in results if result.outcome in _IN_DOUBT)
    if final is not None:
        if final.outcome is Outcome.SUPPRESSED:
            state = NoticeState.UNKNOWN if doubts else NoticeState.SUPPRESSED
            return Settle(state, doubts, final.reason, final.at)
        return Settle(NoticeState.SENT, doubts, "resent" if doubts > 1 else None, final.at)
    if not results:
        return Send(next_attempt(attempts))
    last = results[-1]
    if last.outcome is Outcome.FAILED:
        return _lost(doubts, last.reason, last.at)
    if doubts and not _may_resend(notice, doubts, policy):
        reason = HELD if doubts == 1 else "in_doubt_too_often"
        return Settle(NoticeState.UNKNOWN, doubts, reason, last.at)
    is_old = now - results[0].at > timedelta(hours=policy.give_up_hours)
    if is_old and last.outcome is not Outcome.UNKNOWN:
        return _lost(doubts, f"given_up:{last.reason}", last.at)
    if refusals(attempts) >= policy.attempts and provider_works:
        return _lost(doubts, last.reason, last.at)
    return Send(next_attempt(attempts))


def settled(notice: NoticeRequested, end: Settle) -> NoticeSettled:
    """Return the record of how it ended."""
    return NoticeSettled(
        tenant=notice.tenant,
        case_id=notice.case_id,
        notice_id=notice.notice_id,
        kind=notice.kind,
        recipient=notice.recipient,
        channel=notice.channel,
        state=end.state,
        attempts=end.attempts,
        reason=end.reason,
        at=end.at,
    )


def _results(attempts: Sequence[Attempt]) -> list[Result]:
    return [attempt.result for attempt in attempts if attempt.result is not None]


def _may_resend(notice: NoticeRequested, doubts: int, policy: ChannelPolicy) -> bool:
    rule = policy.on_unknown.mandatory if notice.mandatory else policy.on_unknown.other
    return rule == "resend_same_id" and doubts <= policy.resends


def _lost(doubts: int, reason: str, at: datetime) -> Settle:
    """Failed; unless an earlier attempt may have arrived after all."""
    state = NoticeState.UNKNOWN if doubts else NoticeState.FAILED
    return Settle(state, doubts, reason[:80], at)
