"""The open tasks of a team as a page lists them. Pure: records in, words out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from schemas.cases import CaseState
from schemas.contacts import ContactDeduplicated
from schemas.ledger import PolicyVersions
from schemas.tasks import Task
from schemas.vocabulary import ClockName
from services.console.unit_names import unit_name
from services.console.viewing import Viewing
from services.console.words import Moment, Remaining, excerpt, remaining
from services.domain.clocks.stages import Clocks, clocks_of
from services.domain.clocks.tasks import open_tasks
from services.domain.clocks.terms import Terms
from services.domain.merging import gravest

TermsOf = Callable[[PolicyVersions | None], Terms]


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One open task: in which case, whose it is and as what, since when, and until when. Without
    a limit there is neither ``due`` nor ``time``."""

    case_id: str
    level: int
    level_name: str
    category: str
    excerpt: str
    number: int
    holder: str
    part: str
    since: Moment
    due: Moment | None
    time: Remaining | None


class _Found(NamedTuple):
    state: CaseState
    task: Task
    due: datetime | None

    @property
    def rank(self) -> tuple[bool, datetime, str, int]:
        return self.due is None, self.due or self.task.since, self.state.case_id, self.task.number


def rows_of(
    states: Sequence[CaseState],
    first: Mapping[str, ContactDeduplicated],
    holders: Collection[str],
    terms_of: TermsOf,
    view: Viewing,
) -> list[TaskRow]:
    """Return the open tasks of ``holders``, the one that is due first, or longest overdue, before
    the others; ``first`` are the contacts that opened the cases.

    Raises:
        OutageError: the policies of a case are not to be had.
    """
    found = [one for state in states for one in _found(state, holders, terms_of)]
    return [_row(one, first, view) for one in sorted(found, key=lambda one: one.rank)]


def _found(state: CaseState, holders: Collection[str], terms_of: TermsOf) -> list[_Found]:
    short = clocks_of(state)
    clocks = Clocks(state, terms_of(short.policies))
    tasks = [one for one in open_tasks(short) if one.holder in holders]
    running = [(task, clocks.of(ClockName.TASK, task.number)) for task in tasks]
    return [_Found(state, task, clocks.due(one) if one else None) for task, one in running]


def _row(one: _Found, first: Mapping[str, ContactDeduplicated], view: Viewing) -> TaskRow:
    state, task, due, texts = one.state, one.task, one.due, view.texts
    opening = first.get(state.first_contact_id)
    return TaskRow(
        case_id=state.case_id,
        level=gravest(state),
        level_name=texts(f"level.{gravest(state)}"),
        category=texts.word("category", state.category),
        excerpt=excerpt(opening.contact.text) if opening else "",
        number=task.number,
        holder=unit_name(task.holder, view),
        part=texts.word("way_part", task.part),
        since=view.moment(task.since),
        due=None if due is None else view.moment(due),
        time=None if due is None else remaining(due, view.now, texts),
    )
