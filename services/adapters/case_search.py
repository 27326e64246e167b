"""What a list of cases may be narrowed by, how it is ordered, and where its next page begins.

A page begins after a *place*, not after a count: cases that come and go meanwhile neither
double nor hide another one, and the last page costs as much as the first.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Self

from schemas.cases import CaseState
from schemas.vocabulary import ANSWERED, CaseStatus, Category
from services.adapters.instants import to_micros
from services.domain.clocks.tasks import open_tasks
from services.domain.compensation.payments import to_look_after
from services.domain.merging import gravest

SETTLED: Final = tuple(sorted(ANSWERED))
"""Nobody has to act on a case in one of these; every other case is open."""
COUNT_LIMIT: Final = 1000
"""Matches are counted up to here: more is told as *more*."""
_LEVEL: Final = 10**14
"""Above every millisecond of our era, so that the level decides before the age."""


class Order(StrEnum):
    """Which case comes first."""

    URGENT = "urgent"
    """Open before settled, then the higher level, then the older case."""
    NEWEST = "newest"
    """The one that changed last."""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What the cases have in common; None stands for any."""

    open_only: bool = False
    status: CaseStatus | None = None
    level: int | None = None
    """Of the whole matter: the highest of a case and those merged into it."""
    category: Category | None = None
    team: str | None = None
    assignee: str | None = None
    to_check: bool = False
    """Only those that the machine is unsure of and nobody has judged since."""
    left_unpaid: bool = False
    """Only those of which a payment failed and nothing was decided since, or was not answered."""
    id_prefix: str | None = None
    ids: tuple[str, ...] | None = None
    """Only these, where the waybill or the complainant that somebody asked for says which."""
    asked: tuple[str, ...] | None = None
    """Only those in which one of these holders has an open task."""

    def matches(self, state: CaseState) -> bool:
        """Return whether ``state`` is among the wanted ones."""
        return (
            not (self.open_only and (state.status in SETTLED or state.merged_into is not None))
            and self.status in (None, state.status)
            and self.level in (None, gravest(state))
            and self.category in (None, state.category)
            and self.team in (None, state.team)
            and self.assignee in (None, state.assignee)
            and (state.unsure or not self.to_check)
            and (not self.left_unpaid or to_look_after(state))
            and state.case_id.startswith(self.id_prefix or "")
            and (self.ids is None or state.case_id in self.ids)
            and (self.asked is None or not set(self.asked).isdisjoint(holders_asked(state)))
        )


class Place(NamedTuple):
    """Where in an order a case stands: its rank (higher comes first), then its id."""

    rank: int
    case_id: str

    def __str__(self) -> str:
        return f"{self.rank}.{self.case_id}"

    @classmethod
    def read(cls, written: str) -> Self | None:
        """Return the place that ``str`` wrote; None when this is none."""
        rank, _, case_id = written.partition(".")
        if not case_id or len(written) > 120 or not rank.removeprefix("-").isdecimal():
            return None
        number = int(rank[:20])
        return cls(number, case_id) if abs(number) < 10 * _LEVEL else None


class Found(NamedTuple):
    """A page of cases; ``after`` is where the next one begins (None: there is none).
    ``total`` counts all pages, up to COUNT_LIMIT; ``is_more``: there may be more, as no more were
    looked at."""

    states: list[CaseState]
    after: Place | None
    total: int
    is_more: bool = False


def rank_of(state: CaseState, order: Order) -> int:
    """Return what ``order`` sorts by, highest first: whole milliseconds, as MongoDB keeps them."""
    return urgency_of(state) if order is Order.URGENT else _milliseconds(state.updated_at)


def urgency_of(state: CaseState) -> int:
    """Return the rank of a case among those that wait; above 0 exactly when it is open and
    worked on by itself: a merged case is worked on in its head."""
    rests = state.status in SETTLED or state.merged_into is not None
    weight = 0 if rests else gravest(state)
    return weight * _LEVEL - _milliseconds(state.opened_at)


def holders_asked(state: CaseState) -> list[str]:
    """Return who has an open task in a case, each once and in order."""
    return sorted({task.holder for task in open_tasks(state.clocks)})


def _milliseconds(at: datetime) -> int:
    return to_micros(at) // 1000
