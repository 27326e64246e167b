"""What a fired clock does to a case: it is a proposal, checked against the case itself. Pure."""

from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseState
from schemas.clocks import ClockFired
from schemas.vocabulary import ChangeKind, ClockName, ClockStage
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story, handover


def clock_events(
    state: CaseState | None, fired: ClockFired, policies: Policies, now: datetime
) -> tuple[Story, str]:
    """Return what a fired clock does, and the outcome's name: a proposal that no longer holds
    changes nothing.

    Where this process' clock is behind that of ``sla``, the later one counts: what fired took
    effect after it fired.
    """
    story = Story(fired.tenant, fired.case_id, state, max(now, fired.fired_at))
    if state is None:
        return story, "clock_no_such_case"
    if fired.stage not in _KINDS:
        return story, "clock_stage_unknown"
    stage = stage_mark(fired)
    if stage in state.fired:
        return story, "clock_fired_before"
    if fired.run != clock_run(state, fired.clock) or fired.level != state.level:
        return story, "clock_outdated"
    stopped = stopped_at(state, fired.clock)
    if stopped is not None and stopped <= fired.due_at:
        return story, "clock_stopped_in_time"
    if stopped is not None and fired.stage is not ClockStage.BREACH:
        return story, "clock_stopped"
    kind = _KINDS[fired.stage]
    fields: dict[str, Any] = {}
    if fired.stage is ClockStage.ESCALATE:
        fields = handover(state, policies.teams.above(state.team), policies)
    story.tell(
        kind,
        SYSTEM,
        state.status,
        clock=fired.clock,
        stage=stage,
        due_at=fired.due_at,
        late=fired.late,
        reason=fired.policy,
        **fields,
    )
    return story, str(kind)


_KINDS: Final = {
    ClockStage.WARN: ChangeKind.CLOCK_WARNED,
    ClockStage.BREACH: ChangeKind.CLOCK_BREACHED,
    ClockStage.ESCALATE: ChangeKind.ESCALATED,
}


def stage_mark(fired: ClockFired) -> str:
    """Return how a stage is remembered in a state: ``clock:stage[step]:run``."""
    step = getattr(fired, "step", None)
    return f"{fired.clock}:{fired.stage}{step or ''}:{fired.run}"


def clock_run(state: CaseState, clock: ClockName) -> int:
    """Return which run of ``clock`` is on; only the resolution clock starts anew."""
    return state.reopened if clock is ClockName.RESOLUTION else 0


def stopped_at(state: CaseState, clock: ClockName) -> datetime | None:
    """Return when ``clock`` was stopped, or None while it runs."""
    ends = [state.resolved_at, state.closed_at]
    if clock is ClockName.ACKNOWLEDGEMENT:
        ends.append(state.acknowledged_at)
    known = [end for end in ends if end is not None]
    return min(known) if known else None
