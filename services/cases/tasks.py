"""What others have to do in a case: given by the route, answered, taken back. Pure (ADR 0059)."""

from collections.abc import Iterable
from datetime import datetime

from schemas.cases import CaseCommand, CaseState
from schemas.tasks import TaskOf, TaskWanted
from schemas.vocabulary import ANSWERED, ChangeKind, ClockName, Refusal
from services.cases.guards import Refused
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story
from services.domain.clocks.deadlines import strand_due
from services.domain.clocks.events import ClockId, ClockKind
from services.domain.clocks.ledger import Ledger, Strand
from services.domain.clocks.stages import clocks_of
from services.domain.clocks.tasks import named, next_number, not_given, task_of
from services.domain.lifecycle import Move

_PARTNER = "partner:"


def give_tasks(story: Story, wanted: Iterable[TaskWanted], policies: Policies) -> None:
    """Give each that the route names a task with a limit of its own, unless he has it already;
    none in a case whose customer has an answer."""
    state = story.state
    if state is None or state.status in ANSWERED:
        return
    for one in not_given(state.clocks, wanted):
        number = next_number(state.clocks)
        state = story.tell(
            ChangeKind.TASK_GIVEN,
            SYSTEM,
            state.status,
            task=TaskOf(number=number, holder=one.holder, part=one.part),
            due_at=_due(state, one.holder, story.now, policies),
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
