"""What others have to do in a case, as its page shows it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.cases import CaseChanged, CaseState
from schemas.tasks import Task, TaskEnd
from schemas.vocabulary import ChangeKind
from services.console.language import Texts
from services.domain.clocks.account import CaseAccount, ClockAccount
from services.domain.clocks.words import Teller

_UNANSWERED: Final = frozenset({TaskEnd.WITHDRAWN, TaskEnd.CASE_ENDED})


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task: who has it, how it stands in words and in one, and the answer to it."""

    number: int
    holder: str
    part: str
    stands: str
    standing: str
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
    answers = {
        change.task.number: change.note or ""
        for change in history
        if change.kind is ChangeKind.TASK_DONE and change.task is not None
    }
    found = [_task(one, clocks, answers, teller, texts) for one in tasks]
    return sorted(found, key=lambda one: not one.is_open)  # stable: in the order they were given


def _task(
    task: Task,
    clocks: Mapping[int | None, ClockAccount],
    answers: Mapping[int, str],
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
        answer=answers.get(task.number, ""),
        is_open=task.ended_at is None,
    )
