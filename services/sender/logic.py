"""What to do next about a notice, from what is stored about it alone. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.notice_words import NoticeChannel, NoticeState
from schemas.notices import NoticeRequested, NoticeSettled
from services.domain.night import quiet_until, slept_since
from services.domain.notice_fates import (
    LEFT_ALONE,
    Settle,
    doubts_of,
    end_of,
    final_of,
    lost,
    news_of,
    results_of,
    rule_number,
    undelivered,
)
from services.domain.send_store import Attempt, Outcome, Result
from services.sender.policy import ChannelPolicy, SendingPolicy

INTERRUPTED: Final = "interrupted"
HELD: Final = "held"
AWAY_TOO_LONG: Final = "away_too_long"
_REACHED_NOBODY: Final = frozenset({NoticeState.FAILED, NoticeState.SUPPRESSED})


@dataclass(frozen=True, slots=True)
class Send:
    """Make this attempt, over this channel."""

    attempt: int
    channel: NoticeChannel


@dataclass(frozen=True, slots=True)
class Known:
    """What a decision needs beside the notice: the policy, over which channels it may go now (on,
    and with an address), which providers may be believed, and the time."""

    policy: SendingPolicy
    open_channels: frozenset[NoticeChannel]
    works: Callable[[NoticeChannel], bool]
    now: datetime
    away_for: Callable[[NoticeChannel], float] = lambda _: 0.0
    """For how many seconds this process has believed so of a provider that is away."""


def open_attempts(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return the attempts that were claimed and of which nobody wrote how they ended."""
    return [attempt for attempt in attempts if attempt.result is None]


def refusals(attempts: Sequence[Attempt]) -> int:
    """Return how often the provider said "not now"."""
    return sum(1 for result in results_of(attempts) if result.outcome is Outcome.REFUSED)


def next_attempt(attempts: Sequence[Attempt]) -> int:
    """Return the number of the attempt to come."""
    return max(0, *(attempt.number for attempt in attempts), 0) + 1


def way_of(notice: NoticeRequested, policy: SendingPolicy) -> tuple[NoticeChannel, ...]:
    """Return over what the notice may go, in order."""
    others = notice.fallback
    if others is None:
        others = policy.failover.get(notice.channel, ())
    return tuple(dict.fromkeys((notice.channel, *others)))


def channel_now(
    notice: NoticeRequested, attempts: Sequence[Attempt], known: Known
) -> NoticeChannel | None:
    """Return the channel that the notice is on: of its last attempt, else the first that is
    open; None when none is."""
    for one in reversed(attempts):
        if one.claim is not None:
            return NoticeChannel(one.claim.channel)
    way = way_of(notice, known.policy)
    return next((channel for channel in way if channel in known.open_channels), None)


def next_step(
    notice: NoticeRequested, attempts: Sequence[Attempt], known: Known
) -> Send | Settle | None:
    """Return what is to be done; None when there is no channel over which anything could be.
    Every attempt has a result (see :func:`open_attempts`)."""
    if (final := final_of(attempts)) is not None:
        return final
    channel = channel_now(notice, attempts, known)
    if channel is None:
        return None
    on_it = [one for one in attempts if one.claim is not None and one.claim.channel == channel]
    following = _following(notice, channel, known)
    over = _over(notice, attempts, on_it, known, channel, bool(following))
    if over is None:
        if channel in known.open_channels:
            return Send(next_attempt(attempts), channel)
        return Send(next_attempt(attempts), following[0]) if following else None
    if following and over.reason != HELD:
        return _passed_on(notice, attempts, following, known)
    return over


def _passed_on(
    notice: NoticeRequested,
    attempts: Sequence[Attempt],
    following: Sequence[NoticeChannel],
    known: Known,
) -> Send | Settle:
    """Return the next channel that has not been away for too long too; the end without one."""
    heard = [one.result.at for one in attempts if one.result is not None]
    since = max([may_go_from(notice), *heard])
    for left, one in enumerate(following, 1 - len(following)):
        if known.works(one) or not _is_late(since, known, one, left < 0):
            return Send(next_attempt(attempts), one)
    return lost(doubts_of(attempts), AWAY_TOO_LONG, known.now)


def _following(
    notice: NoticeRequested, channel: NoticeChannel, known: Known
) -> list[NoticeChannel]:
    """Return over what a mandatory notice may go next."""
    way = way_of(notice, known.policy)
    if not notice.mandatory or channel not in way:
        return []
    return [one for one in way[way.index(channel) + 1 :] if one in known.open_channels]


def _over(
    notice: NoticeRequested,
    attempts: Sequence[Attempt],
    on_it: Sequence[Attempt],
    known: Known,
    channel: NoticeChannel,
    has_next: bool,
) -> Settle | None:
    """Return why nothing more is tried over this channel, None while something is."""
    results = [one for one in results_of(on_it) if one.reason != LEFT_ALONE]
    policy = known.policy.channels[channel]
    passes_on = timedelta(minutes=policy.pass_on_minutes)
    if not results:
        # Nobody tries a provider that is away with each notice, to find out each time.
        is_late = _is_late(may_go_from(notice), known, channel, has_next)
        return lost(0, AWAY_TOO_LONG, known.now) if is_late and not known.works(channel) else None
    doubts, last = doubts_of(attempts), results[-1]
    if (after_all := undelivered(attempts).get(last.attempt)) is not None:
        return lost(doubts, after_all.reason, after_all.at)
    if last.outcome is Outcome.FAILED:
        return lost(doubts, last.reason, last.at)
    here = doubts_of([*on_it, *(one for one in attempts if one.number <= 0)])
    if here and not _may_resend(notice, here, policy):
        reason = HELD if here == 1 else "in_doubt_too_often"
        return Settle(NoticeState.UNKNOWN, doubts, reason, last.at)
    patience = passes_on if has_next else timedelta(hours=policy.give_up_hours)
    # Nobody was asked at night: a provider that is there in the morning is asked first.
    is_fresh = slept_since(notice.quiet, last.at, known.now) and known.works(channel)
    is_over = known.now - results[0].at > patience and not is_fresh
    if is_over and last.outcome is not Outcome.UNKNOWN:
        return lost(doubts, f"given_up:{last.reason}", last.at)
    if refusals(on_it) >= policy.attempts and known.works(channel):
        return lost(doubts, last.reason, last.at)
    return None


def may_go_from(notice: NoticeRequested) -> datetime:
    """Return from when it may be sent: a notice that is held is not late for that."""
    return max(notice.requested_at, notice.not_before or notice.requested_at)


def night_ends(notice: NoticeRequested, now: datetime) -> datetime | None:
    """Return until when its recipient is left alone now; None when he is not. Asked before each
    attempt: what was decided by day may have waited into the night, for a provider or a cap."""
    return quiet_until(notice.quiet, now)


def _is_late(since: datetime, known: Known, channel: NoticeChannel, has_next: bool) -> bool:
    """Return whether a notice has waited for too long that nobody tried over this channel. The
    last channel is not given up for a trouble of a moment, however old the notice is."""
    policy, waited = known.policy.channels[channel], known.now - since
    if has_next:
        return waited > timedelta(minutes=policy.pass_on_minutes)
    is_away = known.away_for(channel) > timedelta(minutes=policy.pass_on_minutes).total_seconds()
    return is_away and waited > timedelta(hours=policy.give_up_hours)


def given_up(
    notice: NoticeRequested, attempts: Sequence[Attempt], end: Settle, policy: SendingPolicy
) -> Result | None:
    """Return what to write down before a notice ends by a rule; None where its end is written,
    or can only be what the last answer says."""
    if final_of(attempts) is not None:
        return None
    may_pass = notice.mandatory and len(way_of(notice, policy)) > 1
    if end_of(attempts) is not None and not may_pass:
        return None
    number = rule_number(attempts)
    return Result(notice.notice_id, number, Outcome.GIVEN_UP, end.reason or HELD, end.at)


def settled(notice: NoticeRequested, attempts: Sequence[Attempt], end: Settle) -> NoticeSettled:
    """Return the record of how it ended."""
    claims = [one.claim for one in attempts if one.claim is not None]
    return _record(
        notice,
        NoticeChannel(claims[-1].channel) if claims else notice.channel,
        end.state,
        end.attempts,
        end.reason,
        end.at,
        news_of(attempts),
        claims[-1].texts if claims else None,
    )


def steps(notice: NoticeRequested, attempts: Sequence[Attempt]) -> list[NoticeSettled]:
    """Return the records of the way to the first end."""
    made = [
        _record(
            notice, notice.channel, NoticeState.REQUESTED, 0, notice.reason, notice.requested_at
        )
    ]
    claims = [one.claim for one in attempts if one.claim is not None]
    made += [
        _record(
            notice,
            NoticeChannel(claim.channel),
            NoticeState.CLAIMED,
            0,
            None,
            claim.at,
            0,
            claim.texts,
        )
        for claim in claims
    ]
    return made


def _record(
    notice: NoticeRequested,
    channel: NoticeChannel,
    state: NoticeState,
    attempts: int,
    reason: str | None,
    at: datetime,
    epoch: int = 0,
    texts: str | None = None,
) -> NoticeSettled:
    return NoticeSettled(
        tenant=notice.tenant,
        case_id=notice.case_id,
        notice_id=notice.notice_id,
        kind=notice.kind,
        recipient=notice.recipient,
        channel=channel,
        state=state,
        attempts=attempts,
        reason=reason,
        mandatory=notice.mandatory or None if state in _REACHED_NOBODY else None,
        incident_id=notice.incident_id,
        texts=texts,
        epoch=epoch,
        at=at,
    )


def _may_resend(notice: NoticeRequested, doubts: int, policy: ChannelPolicy) -> bool:
    rule = policy.on_unknown.mandatory if notice.mandatory else policy.on_unknown.other
    return rule == "resend_same_id" and doubts <= policy.resends
