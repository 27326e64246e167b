"""What others have to do in a case: given by the route or a clerk, answered, taken back. Pure
(ADR 0059)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseCommand, CaseState
from schemas.tasks import TaskOf, TaskWanted
from schemas.vocabulary import ANSWERED, ChangeKind, ClockName, Refusal, WayPart
from services.cases.guards import Refused
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story
from services.domain.clocks.deadlines import strand_due
from services.domain.clocks.events import ClockId, ClockKind
from services.domain.clocks.ledger import Ledger, Strand
from services.domain.clocks.stages import clocks_of
from services.domain.clocks.tasks import (
    MOST,
    named,
    next_number,
    not_given,
    open_tasks,
    partners_of,
    task_of,
)
from services.domain.lifecycle import Move

_PARTNER: Final = "partner:"


def give_tasks(story: Story, wanted: Iterable[TaskWanted], policies: Policies) -> None:
    """Give each that the route names a task with a limit of its own, unless he has it already;
    none in a case whose customer has an answer."""
    state = story.state
    if state is None or state.status in ANSWERED:
        return
    for one in not_given(state.clocks, wanted):
        state = _give(story, state, one, SYSTEM, policies)


def give_task(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Ask a team of ours or a partner for something: a task of its own, whatever the route gave.

    A station's team may be asked about itself: the team that leads decides, and its answer is one
    side of the matter (ADR 0063).
    """
    holder = command.unit or ""
    refused = _no_holder(state, holder, policies) or _no_room(state, holder)
    if refused is not None:
        return refused
    asked = TaskWanted(holder=holder, part=WayPart.ASKED)
    said = {"command_id": command.command_id, "note": command.note}
    _give(story, state, asked, command.actor, policies, **said)
    return None


def _no_holder(state: CaseState, holder: str, policies: Policies) -> Refused | None:
    """Return why nobody of this name has tasks in the case."""
    kind, _, name = holder.partition(":")
    why = None
    if kind == "partner":
        sla = policies.book.today.sla
        if holder not in partners_of(state, sla.partners):
            why = f"there is no partner {name} in {sla.version}, nor on the parcel's way"
    elif kind != "team":
        why = "a task is for a team of ours or a partner; a case of an authority's is transferred"
    elif name not in policies.teams.teams:
        why = f"there is no team {name}"
    elif name == state.team:
        why = f"{name} leads the case, and has all of it to do"
    return None if why is None else Refused(Refusal.INVALID_FIELD, f"unit: {why}")


def _no_room(state: CaseState, holder: str) -> Refused | None:
    tasks = open_tasks(state.clocks)
    has = next((one for one in tasks if one.holder == holder and one.part is WayPart.ASKED), None)
    if has is not None:
        why = f"unit: {holder} has task {has.number} to answer; take it back, or wait for it"
        return Refused(Refusal.ALREADY_DECIDED, why)
    if len(tasks) >= MOST:
        why = f"the case has {len(tasks)} open tasks; before another one is given, one must end"
        return Refused(Refusal.NOT_ALLOWED_NOW, why)
    return None


def _give(
    story: Story,
    state: CaseState,
    wanted: TaskWanted,
    actor: str,
    policies: Policies,
    **said: Any,
) -> CaseState:
    number = next_number(state.clocks)
    return story.tell(
        ChangeKind.TASK_GIVEN,
        actor,
        state.status,
        task=TaskOf(number=number, holder=wanted.holder, part=wanted.part),
        due_at=_due(state, wanted.holder, story.now, policies),
        **said,
    )


def _due(state: CaseState, holder: str, now: datetime, policies: Policies) -> datetime | None:
    """Return when the answer to a task given now is due; None under policies without a limit."""
    terms = policies.book.terms(clocks_of(state).policies)
    term = terms.term(ClockName.TASK, state.level, holder, now)
    if term is None:
        return None
    strand = Strand(ClockId(ClockKind.TASK, holder), 0, now, term.limit)
    return strand_due(Ledger(), strand, terms.calendar)


def end_task(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Take the answer to a task, or take the task back."""
    task = task_of(clocks_of(state), command.task)
    if task is None:
        return Refused(Refusal.INVALID_FIELD, f"task: the case has no task {command.task}")
    if task.ended_at is not None:
        return Refused(Refusal.ALREADY_DECIDED, f"task: {task.number} is over ({task.end})")
    if command.actor.startswith(_PARTNER) and command.actor != task.holder:
        return Refused(Refusal.NOT_PERMITTED, f"actor: task {task.number} is {task.holder}'s")
    move: Move = policies.lifecycle.commands[command.kind]
    story.tell(
        move.event,
        command.actor,
        state.status,
        command_id=command.command_id,
        note=command.note,
        task=named(task),
    )
    return None
