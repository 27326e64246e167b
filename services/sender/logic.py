"""What to do next about a notice, from what is stored about it alone. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.notices import NoticeRequested, NoticeSettled
from schemas.vocabulary import NoticeState
from services.domain.notice_fates import Settle, doubts_of, end_of, lost, results_of
from services.domain.send_store import Attempt, Outcome, Result
from services.sender.policy import ChannelPolicy

INTERRUPTED: Final = "interrupted"
HELD: Final = "held"


@dataclass(frozen=True, slots=True)
class Send:
    """Make this attempt."""

    attempt: int


def open_attempts(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return the attempts that were claimed and of which nobody wrote how they ended."""
    return [attempt for attempt in attempts if attempt.result is None]


def refusals(attempts: Sequence[Attempt]) -> int:
    """Return how often the provider said "not now"."""
    return sum(1 for result in results_of(attempts) if result.outcome is Outcome.REFUSED)


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
    end = end_of(attempts)
    if end is not None:
        return end
    results, doubts = results_of(attempts), doubts_of(attempts)
    if not results:
        return Send(next_attempt(attempts))
    last = results[-1]
    if doubts and not _may_resend(notice, doubts, policy):
        reason = HELD if doubts == 1 else "in_doubt_too_often"
        return Settle(NoticeState.UNKNOWN, doubts, reason, last.at)
    is_old = now - results[0].at > timedelta(hours=policy.give_up_hours)
    if is_old and last.outcome is not Outcome.UNKNOWN:
        return lost(doubts, f"given_up:{last.reason}", last.at)
    if refusals(attempts) >= policy.attempts and provider_works:
        return lost(doubts, last.reason, last.at)
    return Send(next_attempt(attempts))


def given_up(notice: NoticeRequested, attempts: Sequence[Attempt], end: Settle) -> Result | None:
    """Return what to write down before a notice ends by a rule; None where its end is written."""
    if end_of(attempts) is not None:
        return None
    return Result(notice.notice_id, 0, Outcome.GIVEN_UP, end.reason or HELD, end.at)


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


def _may_resend(notice: NoticeRequested, doubts: int, policy: ChannelPolicy) -> bool:
    rule = policy.on_unknown.mandatory if notice.mandatory else policy.on_unknown.other
    return rule == "resend_same_id" and doubts <= policy.resends
