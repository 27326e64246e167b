"""What clocks do to a case. What fired is a proposal, checked against the case itself; and what a
command stops is squared with what fired before it could be applied. Pure."""

from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseState
from schemas.clocks import ClockFired
from schemas.ledger import ClockRun
from schemas.merging import MergeLink
from schemas.tasks import TaskOf
from schemas.vocabulary import ANSWERED, ChangeKind, ClockName, ClockStage
from services.cases.choosing import handover, matter_of
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story
from services.domain.clocks.marks import mark_of
from services.domain.clocks.stages import Clocks, Timer, clocks_of
from services.domain.clocks.tasks import key_of, named, runs_of, task_of
from services.domain.clocks.terms import Terms
from services.domain.conflicts import CONFLICT, barred_from

ACCEPTED_IN_TIME: Final = "accepted_in_time"
NOT_DUE_ANY_MORE: Final = "not_due_any_more"
STOPPED_TOO_LATE: Final = "stopped_too_late"
NO_ASSIGNEE: Final = "no_assignee"
NO_SUPERIOR: Final = "no_superior"
NO_SUCH_TEAM: Final = "no_such_team"
"""A team of the ladder that the case began with is not there any more."""
OFF_DUTY: Final = "off_duty"
NOBODY_ON_DUTY: Final = "nobody_on_duty"

_KINDS: Final = {
    ClockStage.WARN: ChangeKind.CLOCK_WARNED,
    ClockStage.BREACH: ChangeKind.CLOCK_BREACHED,
    ClockStage.ESCALATE: ChangeKind.ESCALATED,
}


def clock_events(
    state: CaseState | None, fired: ClockFired, policies: Policies, now: datetime
) -> tuple[Story, str]:
    """Return what a fired clock does, and the outcome's name: a proposal that no longer holds
    changes nothing.

    Where the case's time (:func:`services.cases.story.time_of`) is behind the clock of ``sla``, the
    later one counts: what fired took effect after it fired.
    """
    story = Story(fired.tenant, fired.case_id, state, max(now, fired.fired_at))
    if state is None:
        return story, "clock_no_such_case"
    if fired.stage not in _KINDS:
        return story, "clock_stage_unknown"
    mark = mark_of(fired.clock, fired.stage, fired.step, fired.run)
    if mark in state.fired:
        return story, "clock_fired_before"
    terms = policies.book.terms(clocks_of(state).policies)
    timer, refused = _checked(state, fired, mark, terms, story.now)
    if timer is None:
        return story, refused
    fields: dict[str, Any] = {}
    if fired.stage is ClockStage.ESCALATE and not _is_reached_by_child(state, mark):
        fields = climb(story, state, fired.clock, fired.due_at, policies)
    kind = _KINDS[fired.stage]
    fields = {"reason": terms.versions.sla} | fields | about_task(state, fired.clock, fired.run)
    story.tell(
        kind,
        SYSTEM,
        state.status,
        clock=fired.clock,
        stage=mark,
        due_at=timer.due,
        late=fired.late,
        **fields,
    )
    return story, str(kind)


def _is_reached_by_child(state: CaseState, mark: str) -> bool:
    """Return whether a merged case's clock has escalated this matter as far already."""
    return any(mark in one.fired for one in state.merged)


def _checked(
    state: CaseState, fired: ClockFired, mark: str, terms: Terms, now: datetime
) -> tuple[Timer | None, str]:
    """Return the stage as the case itself works it out, or why it does not take effect."""
    clocks = Clocks(state, terms)
    one = clocks.of(fired.clock, fired.run)
    if one is None or one.run.run != fired.run or fired.level != state.level:
        return None, "clock_outdated"
    timer = next((made for made in clocks.ladder(one) if made.mark == mark), None)
    stopped = one.run.stopped_at
    if stopped is not None and (timer is None or stopped <= timer.due):
        return None, "clock_stopped_in_time"
    if stopped is not None and fired.stage is not ClockStage.BREACH:
        return None, "clock_stopped"
    if timer is None or timer.due > now:
        return None, "clock_outdated"
    return timer, ""


def climb(
    story: Story,
    state: CaseState,
    clock: ClockName,
    due_at: datetime,
    policies: Policies,
    merge: MergeLink | None = None,
) -> dict[str, Any]:
    """Return the fields of an escalation: the next owner up that is on duty. Whoever is passed
    over on the way stands in an event of its own; the ladder never ends in silence. ``merge``
    says of which merged case the clock is.

    Who is on duty is said by today's hours and holidays, whatever the case's clocks go by: those of
    a year are published while cases of the one before are open."""
    today = policies.book.today

    def skip(team: str | None, reason: str) -> None:
        story.tell(
            ChangeKind.ESCALATION_SKIPPED,
            SYSTEM,
            state.status,
            clock=clock,
            due_at=due_at,
            skipped=team,
            reason=reason,
            merge=merge,
        )

    if state.assignee is None:
        skip(state.team, NO_ASSIGNEE)
    above = policies.ladder_of(state).ladder_above(state.team)
    for team in [one for one in above if one not in policies.teams.teams]:
        skip(team, NO_SUCH_TEAM)
        above.remove(team)
    barred = barred_from(matter_of(state), policies.teams)
    for team in [one for one in above if barred.bars(one, policies.teams)]:
        skip(team, CONFLICT)
        above.remove(team)
    if not above:
        skip(state.team, NO_SUPERIOR)
        return {}
    chosen = next((team for team in above if today.is_on_duty(team, story.now)), None)
    if chosen is None:
        return handover(story, state, above[0], policies) | {"reason": NOBODY_ON_DUTY}
    for team in above[: above.index(chosen)]:
        skip(team, OFF_DUTY)
    return handover(story, state, chosen, policies)


def square_clocks(story: Story, policies: Policies) -> None:
    """Set right what a command makes untrue, by events.

    A breach is retracted when the command was accepted by the due time though it was applied
    later, and when the clock is not due any more. A clock that is stopped after its due time, and
    was never timed, is recorded as breached: no outage hides a breach.
    """
    before, after = story.before, story.state
    if before is None or after is None or not story.events:
        return
    short = clocks_of(before)
    terms = policies.book.terms(short.policies)
    later = {key_of(one): one for one in runs_of(clocks_of(after))}
    for run in runs_of(short):
        if run.stopped_at is None and run.clock is not ClockName.UNKNOWN:
            _square(story, before, run, later.get(key_of(run)), terms, policies)
            if run.missed_due is not None:
                _square_missed(story, run, run.missed_due, later.get(key_of(run)), terms)


def own_up_to_law(story: Story, before: CaseState, policies: Policies) -> None:
    """Record that the answer was too late by law, where a contact that came after it shows that
    the case began earlier than was known: the law counts from the first receipt. Our own limits
    are not missed by what nobody knew."""
    after = story.state
    if after is None or after.status not in ANSWERED or after.opened_at >= before.opened_at:
        return
    clocks = Clocks(after, policies.book.terms(clocks_of(after).policies))
    one = clocks.of(ClockName.STATUTORY)
    if one is None or one.run.since is not None or one.run.stopped_at is None:
        return
    mark, due = mark_of(one.run.clock, ClockStage.BREACH, None, one.run.run), clocks.due(one)
    if due is not None and due < one.run.stopped_at and mark not in after.fired:
        _tell(story, ChangeKind.CLOCK_BREACHED, one.run, mark, due, STOPPED_TOO_LATE, late=True)


def _square(
    story: Story,
    before: CaseState,
    run: ClockRun,
    later: ClockRun | None,
    terms: Terms,
    policies: Policies,
) -> None:
    clocks = Clocks(before, terms)
    one = clocks.of(run.clock, run.run)
    state = story.state
    if one is None or state is None:
        return
    mark = mark_of(run.clock, ClockStage.BREACH, None, run.run)
    is_breached = mark in before.fired
    due = clocks.due(one)
    if later is not None and later.run == run.run and later.stopped_at is None:
        if is_breached and not _is_still_due(state, run, story.now, policies):
            _tell(story, ChangeKind.BREACH_RETRACTED, run, mark, due, NOT_DUE_ANY_MORE)
        return
    stopped = story.accepted_at or story.now
    if later is not None and later.run == run.run and later.stopped_at is not None:
        stopped = later.stopped_at
    if due is None:
        return
    if is_breached and stopped <= due:
        _tell(story, ChangeKind.BREACH_RETRACTED, run, mark, due, ACCEPTED_IN_TIME)
    elif not is_breached and stopped > due:
        _tell(story, ChangeKind.CLOCK_BREACHED, run, mark, due, STOPPED_TOO_LATE, late=True)


def _square_missed(
    story: Story, run: ClockRun, due: datetime, later: ClockRun | None, terms: Terms
) -> None:
    """Take back the breach that began ``run``, by a command accepted before that was due: what it
    did ended the run before this one in time, or holds it."""
    state = story.state
    if state is None or (story.accepted_at or story.now) > due:
        return
    is_done = later is None or later.run != run.run or later.stopped_at is not None
    if is_done or _was_held(state, run.clock, due, terms):
        mark = mark_of(run.clock, ClockStage.BREACH, None, run.run - 1)
        _tell(story, ChangeKind.BREACH_RETRACTED, run, mark, due, ACCEPTED_IN_TIME)


def _was_held(state: CaseState, clock: ClockName, at: datetime, terms: Terms) -> bool:
    clocks = Clocks(state, terms)
    one = clocks.of(clock)
    pauses = clocks.ledger.pauses_of(one.strand) if one is not None else []
    return any(wait.begin <= at and (wait.end is None or at < wait.end) for wait in pauses)


def _is_still_due(state: CaseState, run: ClockRun, now: datetime, policies: Policies) -> bool:
    clocks = Clocks(state, policies.book.terms(clocks_of(state).policies))
    one = clocks.of(run.clock, run.run)
    due = clocks.due(one) if one is not None else None
    return due is not None and due <= now


def _tell(
    story: Story,
    kind: ChangeKind,
    run: ClockRun,
    mark: str,
    due: datetime | None,
    reason: str,
    **fields: Any,
) -> None:
    state = story.state
    if state is not None:
        story.tell(
            kind,
            SYSTEM,
            state.status,
            clock=run.clock,
            stage=mark,
            due_at=due,
            reason=reason,
            **about_task(state, run.clock, run.run),
            **fields,
        )


def about_task(state: CaseState, clock: ClockName, number: int) -> dict[str, TaskOf]:
    """Return which task a clock is about, as a field of a change; empty when it is about none."""
    if clock is not ClockName.TASK:
        return {}
    task = task_of(clocks_of(state), number)
    return {} if task is None else {"task": named(task)}
