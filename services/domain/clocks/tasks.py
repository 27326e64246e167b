"""The tasks of a case as its clocks have them: given, answered, taken back, ended with the case.

Each is a run of the clock ``task`` whose number is the task's, so several run at once and every
stage of each is remembered by itself. Pure, and free of policies (ADR 0059).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from schemas.cases import CaseChanged, CaseState
from schemas.ledger import CaseClocks, ClockRun
from schemas.tasks import Task, TaskEnd, TaskOf, TaskWanted
from schemas.vocabulary import ChangeKind, ClockName, WayPart

MOST: Final = 16
"""Tasks that a state carries: of more the newest, and those that are open."""
_ENDS: Final = {
    ChangeKind.TASK_DONE: TaskEnd.DONE,
    ChangeKind.TASK_WITHDRAWN: TaskEnd.WITHDRAWN,
}
Key = tuple[ClockName, int]


def key_of(run: ClockRun) -> Key:
    """Return what tells a clock of a case from the others: its name, and of a task its number."""
    return run.clock, run.run if run.clock is ClockName.TASK else 0


def runs_of(clocks: CaseClocks) -> tuple[ClockRun, ...]:
    """Return the runs of all clocks, those of tasks last."""
    return (*clocks.runs, *map(_run, clocks.tasks)) if clocks.tasks else clocks.runs


def _run(task: Task) -> ClockRun:
    # Nothing to check: a task was checked when it was made.
    return ClockRun.model_construct(
        clock=ClockName.TASK,
        run=task.number,
        holder=task.holder,
        since=task.since,
        stopped_at=task.ended_at,
    )


def task_of(clocks: CaseClocks, number: int | None) -> Task | None:
    """Return a task by its number."""
    return next((one for one in clocks.tasks or () if one.number == number), None)


def named(task: Task) -> TaskOf:
    """Return which task it is, as a change says it."""
    return TaskOf(number=task.number, holder=task.holder, part=task.part)


def open_tasks(clocks: CaseClocks | None) -> list[Task]:
    """Return the tasks that are not over."""
    return [one for one in (clocks.tasks if clocks else None) or () if one.ended_at is None]


def partners_of(state: CaseState, known: Iterable[str]) -> list[str]:
    """Return the partners that can be asked, as holders: the ``known`` ones, and those on the way
    of the parcel."""
    on_its_way = (one.operator for one in state.partners)
    return [f"partner:{name}" for name in dict.fromkeys((*known, *on_its_way))]


def not_given(clocks: CaseClocks | None, wanted: Iterable[TaskWanted]) -> list[TaskWanted]:
    """Return which of the tasks wanted are to be given: none to who has one, or is done with it.
    What ended only with the case is asked for again. What a clerk asked is another thing."""
    tasks = (clocks.tasks if clocks else None) or ()
    newest = {one.holder: one for one in tasks if one.part is not WayPart.ASKED}
    over = {name for name, one in newest.items() if one.end is not TaskEnd.CASE_ENDED}
    room = MOST - len(open_tasks(clocks))
    by_holder = {one.holder: one for one in wanted if one.holder not in over}
    return list(by_holder.values())[:room]


def next_number(clocks: CaseClocks | None) -> int:
    """Return the number of the next task of a case."""
    tasks = (clocks.tasks if clocks else None) or ()
    return tasks[-1].number + 1 if tasks else 1


def tasks_after(
    tasks: tuple[Task, ...] | None,
    event: CaseChanged,
    at: datetime,
    done_at: datetime,
    *,
    is_settled: bool,
) -> tuple[Task, ...] | None:
    """Return the tasks after ``event``; the same where it changes none."""
    if event.task is not None and event.kind is ChangeKind.TASK_GIVEN:
        return _with_room((*(tasks or ()), Task(**event.task.model_dump(), since=at)))
    if tasks is None:
        return None
    ended, end = event.task.number if event.task else None, _ENDS.get(event.kind)
    is_open = any(one.ended_at is None for one in tasks)
    if not is_open or (end is None and not is_settled):
        return tasks
    return tuple(
        _ended(one, TaskEnd.CASE_ENDED if is_settled else end, done_at)
        if is_settled or one.number == ended
        else one
        for one in tasks
    )


def _ended(task: Task, end: TaskEnd | None, at: datetime) -> Task:
    if task.ended_at is not None:
        return task
    return task.model_copy(update={"ended_at": max(task.since, at), "end": end})


def _with_room(tasks: tuple[Task, ...]) -> tuple[Task, ...]:
    over = [one.number for one in tasks if one.ended_at is not None]
    gone = set(over[: max(0, len(tasks) - MOST)])
    return tuple(one for one in tasks if one.number not in gone)
