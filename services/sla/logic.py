"""When a case is warned, breached and escalated. Pure: state and policy in, due times out.

Nothing here knows what time it is. All that counts is in the state, so a state read twice,
late, or rebuilt gives the same timers.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from schemas.cases import CaseState
from schemas.scores import Level
from schemas.vocabulary import ANSWERED, ClockName, ClockStage
from services.sla.policy import ClockPolicy, SlaPolicy

_NOT_A_STAGE: Final = "watch"


class Timer(NamedTuple):
    """What is due, and when. ``stage`` is None for the watch over a case at the end of its
    ladders; ``step`` is the rung of an escalation, from 1."""

    due: datetime
    clock: ClockName
    stage: ClockStage | None
    step: int | None
    run: int
    level: Level

    @property
    def mark(self) -> str:
        """What stands in ``CaseState.fired`` once it took effect.

        >>> from datetime import UTC
        >>> at = datetime(2026, 3, 2, tzinfo=UTC)
        >>> Timer(at, ClockName.RESOLUTION, ClockStage.BREACH, None, 0, 1).mark
        'resolution:breach:0'
        >>> Timer(at, ClockName.RESOLUTION, ClockStage.ESCALATE, 2, 1, 1).mark
        'resolution:escalate2:1'
        """
        return f"{self.clock}:{self.stage or _NOT_A_STAGE}{self.step or ''}:{self.run}"


def stages(state: CaseState, policy: SlaPolicy) -> list[Timer]:
    """Return what is still to fire, in the order in which it is due.

    Empty when no clock runs, and when everything took effect. A stage is left out as soon
    as a later one of its clock took effect: nobody is warned of what has happened.
    """
    limits = policy.levels[state.level].clocks
    left: list[Timer] = []
    for clock, start, run in _running(state):
        ladder = list(_ladder(clock, start, run, state.level, limits[clock]))
        done = [n for n, timer in enumerate(ladder, 1) if timer.mark in state.fired]
        left += ladder[max(done, default=0) :]
    return sorted(left, key=lambda timer: timer.due)  # stable: acknowledgement before resolution


def next_timer(state: CaseState, policy: SlaPolicy) -> Timer | None:
    """Return the one timer of an open case; None for one that is resolved or closed.

    At the end of its ladders an open case is watched, so that none is without a timer.
    """
    if is_answered(state):
        return None
    left: Sequence[Timer] = stages(state, policy)
    return left[0] if left else _watch(state, policy)


def is_answered(state: CaseState) -> bool:
    """Return whether the clocks stand still. A status that this version does not know is taken
    for open: a clock too many is noticed, one that never runs is not."""
    return state.status in ANSWERED or state.resolved_at is not None or state.closed_at is not None


def _running(state: CaseState) -> Iterator[tuple[ClockName, datetime, int]]:
    """Yield each clock that runs, when it began, and which run it is."""
    if is_answered(state):
        return
    # Whoever got an answer was noticed, so a reopened case is not acknowledged anew.
    if state.acknowledged_at is None and not state.reopened:
        yield ClockName.ACKNOWLEDGEMENT, state.opened_at, 0
    start = state.opened_at
    if state.reopened:
        start = state.reopened_at or state.updated_at
    yield ClockName.RESOLUTION, start, state.reopened


def _ladder(
    clock: ClockName, start: datetime, run: int, level: Level, limits: ClockPolicy
) -> Iterator[Timer]:
    yield Timer(start + limits.warn_after, clock, ClockStage.WARN, None, run, level)
    yield Timer(start + limits.limit.span, clock, ClockStage.BREACH, None, run, level)
    for step, after in enumerate(limits.rungs, 1):
        yield Timer(start + after, clock, ClockStage.ESCALATE, step, run, level)


def _watch(state: CaseState, policy: SlaPolicy) -> Timer:
    due = state.updated_at + policy.watch_every.span
    return Timer(due, ClockName.RESOLUTION, None, None, state.reopened, state.level)
