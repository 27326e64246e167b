"""What became of a notice: from the decision and the attempts alone, whoever asks. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from schemas.codec import decode
from schemas.notice_words import NoticeChannel, NoticeState
from schemas.notices import NoticeRequested, NoticeSettled, QuietHours
from services.domain.notice_store import NoticeRow
from services.domain.send_store import Attempt, Outcome, Result
from services.domain.unreached import reached_nobody

_NEWS: Final = {
    Outcome.DELIVERED: 1,
    Outcome.UNDELIVERED: 2,
    Outcome.SAID_SENT: 3,
    Outcome.SAID_NOT_SENT: 4,
}
_ENDED_AGAIN: Final = 9
_MAIL: Final = str(NoticeChannel.EMAIL)
LEFT_ALONE: Final = "left_alone"
"""Why an attempt was none: the night came between the look and the call."""


@dataclass(frozen=True, slots=True)
class Settle:
    """It is over. ``attempts`` counts those that may have arrived."""

    state: NoticeState
    attempts: int
    reason: str | None
    at: datetime


def news_number(attempt: int, outcome: Outcome) -> int:
    """Return the number under which news about an attempt are kept: one of each kind.

    >>> news_number(2, Outcome.DELIVERED), news_number(1, Outcome.SAID_SENT)
    (-21, -13)
    """
    return -(10 * attempt + _NEWS[outcome])


def rule_number(attempts: Sequence[Attempt]) -> int:
    """Return the number of an end by a rule: 0, unless somebody found out since that nothing
    arrived up to some attempt."""
    cleared = max(_cleared(attempts), *undelivered(attempts), 0)
    return -(10 * cleared + _ENDED_AGAIN) if cleared else 0


def results_of(attempts: Sequence[Attempt]) -> list[Result]:
    """Return how attempts ended that were made, in their order."""
    return [one.result for one in attempts if one.number > 0 and one.result is not None]


def doubts_of(attempts: Sequence[Attempt]) -> int:
    """Return how many attempts may have arrived; not those of which somebody found out that they
    did not."""
    cleared, returned = _cleared(attempts), undelivered(attempts)
    doubts = 0
    for result in results_of(attempts):
        if result.attempt in returned:
            continue
        if result.outcome is Outcome.UNKNOWN:
            doubts += result.attempt > cleared
        elif result.outcome is Outcome.SENT:
            doubts += 1
    return doubts


def news_of(attempts: Sequence[Attempt]) -> int:
    """Return how much was learnt about the notice after it was handed over."""
    return sum(1 for one in attempts if one.result and one.result.outcome in _NEWS)


def undelivered(attempts: Sequence[Attempt]) -> dict[int, Result]:
    """Return the attempts that did not arrive after all, and how that became known."""
    return {
        -one.number // 10: one.result
        for one in attempts
        if one.result is not None and one.result.outcome is Outcome.UNDELIVERED
    }


def final_of(attempts: Sequence[Attempt]) -> Settle | None:
    """Return the end that no rule can change any more, None while there is none."""
    if not attempts:
        return None
    if len(attempts) == 1 and (only := attempts[0].result) and only.outcome is Outcome.SENT:
        return Settle(NoticeState.SENT, 1, None, only.at)  # nearly always
    doubts = doubts_of(attempts)
    if (said := _said(attempts, Outcome.SAID_SENT)) is not None:
        return Settle(NoticeState.SENT, max(doubts, 1), said.reason, said.at)
    if (arrived := _arrived(attempts)) is not None:
        return Settle(NoticeState.DELIVERED, max(doubts, 1), arrived.reason, arrived.at)
    lost_ones = undelivered(attempts)
    for result in results_of(attempts):
        if result.outcome is Outcome.SENT and result.attempt not in lost_ones:
            return Settle(NoticeState.SENT, doubts, "resent" if doubts > 1 else None, result.at)
    if (nobody := _said(attempts, Outcome.SUPPRESSED)) is not None:
        state = NoticeState.UNKNOWN if doubts else NoticeState.SUPPRESSED
        return Settle(state, doubts, nobody.reason, nobody.at)
    rule = rule_number(attempts)
    for one in attempts:
        if one.result and one.result.outcome is Outcome.GIVEN_UP and one.number == rule:
            return lost(doubts, one.result.reason, one.result.at)
    return None


def end_of(attempts: Sequence[Attempt]) -> Settle | None:
    """Return the end that is written down, None while there is none: the sender may go on, or
    has not yet said that it will not."""
    if (final := final_of(attempts)) is not None:
        return final
    tried = [one for one in attempts if one.number > 0]
    last = tried[-1].result if tried else None
    if last is None:
        return None
    if last.outcome is Outcome.FAILED:
        return lost(doubts_of(attempts), last.reason, last.at)
    if (after_all := undelivered(attempts).get(last.attempt)) is not None:
        return lost(doubts_of(attempts), after_all.reason, after_all.at)
    return None


def lost(doubts: int, reason: str, at: datetime) -> Settle:
    """Failed; unless an earlier attempt may have arrived after all."""
    state = NoticeState.UNKNOWN if doubts else NoticeState.FAILED
    return Settle(state, doubts, reason[:80], at)


def _cleared(attempts: Sequence[Attempt]) -> int:
    """Return the attempt up to which a person found out that nothing was sent; 0 without one."""
    return max(
        (
            -one.number // 10
            for one in attempts
            if one.result and one.result.outcome is Outcome.SAID_NOT_SENT
        ),
        default=0,
    )


def _arrived(attempts: Sequence[Attempt]) -> Result | None:
    """Return the newest word that an attempt arrived. A mail that is said to be delivered was taken
    by its receiver's server, which may return it later: then it did not arrive."""
    back = undelivered(attempts)
    mails = {one.number for one in attempts if one.claim and one.claim.channel == _MAIL}
    returned = {number: back[number].at for number in mails & back.keys()}
    found = [
        one.result
        for one in attempts
        if one.result is not None
        and one.result.outcome is Outcome.DELIVERED
        and returned.get(-one.number // 10, one.result.at) <= one.result.at
    ]
    return max(found, key=lambda result: result.at, default=None)


def _said(attempts: Sequence[Attempt], outcome: Outcome) -> Result | None:
    """Return the newest of the results with this outcome."""
    found = [one.result for one in attempts if one.result and one.result.outcome is outcome]
    return max(found, key=lambda result: result.at, default=None)


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
    rule: str = ""
    """The line of the table of notices that decided."""
    decided_at: datetime | None = None
    held_until: datetime | None = None
    last: str | None = None
    """What the last attempt came to, and its reason, while the notice has no end."""
    unreached: bool = False
    """It had to be told and ended without any way left: somebody must look after it."""
    over: str = ""
    """Over what the last attempt went; empty where none was made."""
    texts: str | None = None
    """The edition of the words that were sent or tried."""
    quiet: QuietHours | None = None
    """When its recipient is left alone, whatever the notice waited for."""
    lane_since: datetime | None = None
    """Since when it stands on the lane of its channel, while it does: its provider does not take it
    now, or a cap of its address keeps it back."""
    lane_provider: str = ""
    """For whom of the channel it stands there, where that has several."""


def fate_of(row: NoticeRow, attempts: Sequence[Attempt]) -> Fate:
    """Return what became of the notice that ``row`` decided."""
    if not row.told.is_requested:
        said = decode(NoticeSettled, row.out)
        state = FateState(said.state)
        return _fate(row, said, state, said.attempts, said.reason, said.at)
    asked = decode(NoticeRequested, row.out)
    claims = [one.claim for one in attempts if one.claim is not None]
    fate = _requested(row, asked, attempts)
    return fate if not claims else replace(fate, over=claims[-1].channel, texts=claims[-1].texts)


def _requested(row: NoticeRow, asked: NoticeRequested, attempts: Sequence[Attempt]) -> Fate:
    end = end_of(attempts)
    if end is not None:
        return _fate(row, asked, FateState(end.state), end.attempts, end.reason, end.at)
    results = [one for one in results_of(attempts) if one.reason != LEFT_ALONE]
    if not results:
        return _fate(row, asked, FateState.WAITING, 0, None, asked.requested_at)
    last, doubts = results[-1], doubts_of(attempts)
    state = FateState.UNKNOWN if doubts else FateState.WAITING
    fate = _fate(row, asked, state, doubts, last.reason, last.at)
    return replace(fate, last=f"{last.outcome}:{last.reason}")


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
        rule=_rule_of(record),
        decided_at=record.requested_at if isinstance(record, NoticeRequested) else record.at,
        held_until=record.not_before if isinstance(record, NoticeRequested) else None,
        quiet=record.quiet if isinstance(record, NoticeRequested) else None,
        unreached=reached_nobody(bool(record.mandatory), state, reason),
    )


def _rule_of(record: NoticeRequested | NoticeSettled) -> str:
    """Return the rule; of older records of what was not sent it stands behind the reason."""
    if isinstance(record, NoticeRequested):
        return record.reason
    return record.rule or (record.reason or "").partition(":")[2]
