"""What the limits of merged cases mean for their head: of all the one that is due first counts,
and what a child takes back is taken back of the head. Pure (ADR 0026).

The head knows which limits of each child are breached now (``MergedCase.breaches``) and squares
itself with that after every input, so it makes no difference in which order they came.
"""

from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseState
from schemas.ledger import ClockRun
from schemas.merging import BreachedLimit, MergedCase, MergeLink, Origin
from schemas.vocabulary import ChangeKind, ClockName, ClockStage
from services.cases.clocks import ACCEPTED_IN_TIME, NOT_DUE_ANY_MORE, climb
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story
from services.domain.clocks.marks import mark_of
from services.domain.clocks.stages import Clocks, clocks_of

MERGED_CASE: Final = "merged_case"


def breaches_of(state: CaseState, policies: Policies) -> tuple[BreachedLimit, ...]:
    """Return the limits of a case that are breached now, of those that a head is held to."""
    short = clocks_of(state)
    breached = [
        run
        for run in short.runs
        if run.clock in policies.merging.clocks and _breach(run) in state.fired
    ]
    if not breached:
        return ()
    clocks = Clocks(state, policies.book.terms(short.policies))
    due = {run.clock: clocks.due(one) for run in breached if (one := clocks.of(run.clock))}
    return tuple(BreachedLimit(clock=clock, due_at=at) for clock, at in due.items() if at)


def square_merged(story: Story, policies: Policies) -> None:
    """Set right, by events, which breaches of merged cases the head of the story shows."""
    before, after = story.before, story.state
    if after is None or not story.events or not (after.merged or (before and before.merged)):
        return
    for clock in sorted(policies.merging.clocks):
        if (run := _run_of(after, clock)) is not None:
            _square(story, run)


def _square(story: Story, run: ClockRun) -> None:
    mark = _breach(run)
    for child in _children(story):
        if mark in child.fired and _counts(run, child) is None:
            reason = ACCEPTED_IN_TIME if run.stopped_at is not None else NOT_DUE_ANY_MORE
            _tell(story, ChangeKind.BREACH_RETRACTED, run, child, mark, reason=reason)
    state = story.state
    if state is None or is_reached(state, mark):
        return
    counting = [(due, child) for child in state.merged if (due := _counts(run, child))]
    if counting:
        due, child = min(counting, key=lambda one: (one[0], one[1].case_id))
        late = _is_late(story, run.clock, child)
        _not_before(story, due)
        said: dict[str, Any] = {"due_at": due, "late": late, "reason": MERGED_CASE}
        _tell(story, ChangeKind.CLOCK_BREACHED, run, child, mark, **said)


def after_stage(
    story: Story, state: CaseState, known: MergedCase, origin: Origin, policies: Policies
) -> None:
    """On a head: a child's clock warned or escalated, which is the head's too, unless the head is
    done with it or is as far already. (Breaches: see :func:`square_merged`.)"""
    run = _run_of(state, origin.clock) if origin.clock else None
    if run is None or origin.stage is None or origin.due_at is None:
        return
    if run.stopped_at is not None or is_met(run, known, origin.due_at):
        return
    mark = f"{origin.stage.rpartition(':')[0]}:{run.run}"
    if is_reached(state, mark):
        return
    _not_before(story, origin.due_at)
    fields: dict[str, Any] = {"due_at": origin.due_at, "late": origin.late, "reason": MERGED_CASE}
    if origin.kind is ChangeKind.ESCALATED:
        link = _link(state, known)
        fields |= climb(story, state, run.clock, origin.due_at, policies, link)
    _tell(story, origin.kind, run, known, mark, origin=origin, **fields)


def _not_before(story: Story, due: datetime) -> None:
    """Let what follows be told at ``due`` at the earliest: it took effect in the child by then, so
    where this process' clock says less, it is behind that of the child's (compare
    :func:`services.cases.clocks.clock_events`)."""
    story.now = max(story.now, due)


def _run_of(state: CaseState, clock: ClockName) -> ClockRun | None:
    """Return the head's run of a clock. What the regulator forwarded to a merged case is answered
    by the answer to the matter: a head without that clock stands by its resolution."""
    runs = {run.clock: run for run in clocks_of(state).runs}
    if clock is ClockName.REGULATOR and clock not in runs and ClockName.RESOLUTION in runs:
        return runs[ClockName.RESOLUTION].model_copy(update={"clock": clock})
    return runs.get(clock)


def is_met(run: ClockRun, child: MergedCase, due: datetime) -> bool:
    """Return whether the head was done in time with what a child has due then: its clock stood
    by then, or an answer since the merge came before its present run."""
    if run.stopped_at is not None and run.stopped_at <= due:
        return True
    return run.since is not None and child.merged_at is not None and child.merged_at <= run.since


def is_reached(state: CaseState, mark: str) -> bool:
    """Return whether the matter is as far, by a clock of its own or of a merged case."""
    return mark in state.fired or any(mark in child.fired for child in state.merged)


def _children(story: Story) -> tuple[MergedCase, ...]:
    return story.state.merged if story.state is not None else ()


def _counts(run: ClockRun, child: MergedCase) -> datetime | None:
    """Return when the child's limit was due, where it is breached and the head was not in time."""
    due = next((one.due_at for one in child.breaches if one.clock is run.clock), None)
    return None if due is None or is_met(run, child, due) else due


def _breach(run: ClockRun) -> str:
    return mark_of(run.clock, ClockStage.BREACH, None, run.run)


def _is_late(story: Story, clock: ClockName, child: MergedCase) -> bool:
    """Return whether a breach is told later than it was due: as the child's clock said of itself,
    and always where something else brought it up (a merge, an unmerge, a retraction)."""
    for event in story.events:
        origin = event.merge.origin if event.merge is not None else None
        is_it = origin is not None and (origin.case_id, origin.clock) == (child.case_id, clock)
        if is_it and origin is not None and origin.kind is ChangeKind.CLOCK_BREACHED:
            return bool(origin.late)
    return True


def _tell(
    story: Story,
    kind: ChangeKind,
    run: ClockRun,
    child: MergedCase,
    mark: str,
    *,
    origin: Origin | None = None,
    **fields: Any,
) -> None:
    state = story.state
    assert state is not None
    link = _link(state, child, origin)
    story.tell(kind, SYSTEM, state.status, clock=run.clock, stage=mark, merge=link, **fields)


def _link(state: CaseState, child: MergedCase, origin: Origin | None = None) -> MergeLink:
    return MergeLink(
        merge_id=child.merge_id, head=state.case_id, child=child.case_id, origin=origin
    )
