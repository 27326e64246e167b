"""What others have to do in a case, as its page shows it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.cases import CaseChanged, CaseState
from schemas.tasks import Task, TaskEnd
from schemas.vocabulary import ChangeKind, WayPart
from services.console.language import Texts
from services.console.unit_names import unit_name
from services.console.viewing import Viewing
from services.domain.clocks.account import CaseAccount, ClockAccount
from services.domain.clocks.tasks import MOST, open_tasks, partners_of
from services.domain.clocks.words import Teller

_UNANSWERED: Final = frozenset({TaskEnd.WITHDRAWN, TaskEnd.CASE_ENDED})
_SAYING: Final = frozenset({ChangeKind.TASK_GIVEN, ChangeKind.TASK_DONE})


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task: who has it, how it stands in words and in one, what was asked and answered."""

    number: int
    holder: str
    part: str
    stands: str
    standing: str
    asked: str
    answer: str
    is_open: bool


def tasks_of(
    state: CaseState,
    account: CaseAccount | None,
    history: Iterable[CaseChanged],
    teller: Teller,
    texts: Texts,
) -> list[TaskView]:
    """Return the tasks of a case, those that are open first."""
    tasks = (state.clocks.tasks if state.clocks else None) or ()
    clocks = {one.task: one for one in account.clocks} if account is not None else {}
    said = {
        (change.kind, change.task.number): change.note or ""
        for change in history
        if change.kind in _SAYING and change.task is not None
    }
    found = [_task(one, clocks, said, teller, texts) for one in tasks]
    return sorted(found, key=lambda one: not one.is_open)  # stable: in the order they were given


def holders_of(state: CaseState, partners: Iterable[str], view: Viewing) -> list[tuple[str, str]]:
    """Return whom a clerk may ask for something in a case, as pairs of value and name: teams but
    the one that leads, and partners, the known ones and those on its way; nobody twice at a time,
    and nobody at all in a case that has as many open tasks as it may."""
    tasks = open_tasks(state.clocks)
    if len(tasks) >= MOST:
        return []
    asked = {one.holder for one in tasks if one.part is WayPart.ASKED}
    teams = (f"team:{name}" for name in view.teams.teams if name != state.team)
    every = (*teams, *partners_of(state, partners))
    return [(one, unit_name(one, view)) for one in every if one not in asked]


def _task(
    task: Task,
    clocks: Mapping[int | None, ClockAccount],
    said: Mapping[tuple[ChangeKind, int], str],
    teller: Teller,
    texts: Texts,
) -> TaskView:
    clock = clocks.get(task.number)
    stands, standing = "", ""
    if task.end is not None and task.end in _UNANSWERED:
        stands, standing = texts(f"task.{task.end}"), "met"
    elif clock is not None:
        stands, standing = teller.standing(clock), clock.standing.value
    return TaskView(
        number=task.number,
        holder=teller.who(task.holder),
        part=texts.word("way_part", task.part),
        stands=stands,
        standing=standing,
        asked=said.get((ChangeKind.TASK_GIVEN, task.number), ""),
        answer=said.get((ChangeKind.TASK_DONE, task.number), ""),
        is_open=task.ended_at is None,
    )
