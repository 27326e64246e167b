"""What moving open cases to other policies would do: worked out before anything is done. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from schemas.cases import CaseState
from schemas.ledger import PolicyVersions
from schemas.vocabulary import ClockStage
from services.cli.rebase_owners import Owner, owners
from services.domain.clocks.book import PolicyBook
from services.domain.clocks.marks import mark_of
from services.domain.clocks.stages import Clocks, clocks_of, is_settled
from services.domain.clocks.tasks import key_of


class Wanted(NamedTuple):
    """Which versions a case is to go by; what is None stays as it is."""

    sla: str | None = None
    calendars: str | None = None
    limits: str | None = None
    teams: str | None = None
    approval: str | None = None
    compensation: str | None = None

    def of(self, pinned: PolicyVersions) -> PolicyVersions:
        """Return the versions of a case after the move."""
        given = {name: value for name, value in self._asdict().items() if value is not None}
        return pinned.model_copy(update=given)


class Shift(NamedTuple):
    """One clock of a case, before and after; None: it does not run, or a wait holds it."""

    clock: str
    before: datetime | None
    after: datetime | None
    becomes_overdue: bool
    is_retracted: bool
    """A breach that happened would not have."""


class Blocked(NamedTuple):
    """A case that a run cannot take back, or not move once more: a run moved it since."""

    case_id: str
    since: str


class Move(NamedTuple):
    """One case that would go by other versions."""

    case_id: str
    seq: int
    before: PolicyVersions
    after: PolicyVersions
    shifts: tuple[Shift, ...]
    owners: tuple[Owner, ...] = ()


def moves(
    states: Iterable[CaseState],
    wanted: Wanted,
    only_from: str | None,
    book: PolicyBook,
    now: datetime,
    run: str | None = None,
) -> Iterator[Move | Blocked]:
    """Yield the open cases that would move, each with the clocks and owners that change.

    ``only_from`` takes those alone that go by this version of the time limits. A case that
    ``run`` moved already to other versions is blocked: one undo could not take both back.

    Raises:
        OutageError: the archive is away, or lacks a version.
    """
    for state in states:
        pinned = clocks_of(state).policies or book.current
        after = wanted.of(pinned)
        if is_settled(state) or after == pinned or only_from not in (None, pinned.sla):
            continue
        if run is not None and run in (move.run for move in clocks_of(state).moves):
            yield Blocked(state.case_id, clocks_of(state).moves[-1].run)
            continue
        yield _move(state, pinned, after, book, now)


def undoing(
    states: Iterable[CaseState], run: str, book: PolicyBook, now: datetime
) -> Iterator[Move | Blocked]:
    """Yield the open cases that ``run`` moved: back to what each had before, or what blocks it.

    Raises:
        OutageError: the archive is away, or lacks a version.
    """
    for state in states:
        clocks = clocks_of(state)
        runs = [move.run for move in clocks.moves]
        if is_settled(state) or run not in runs:
            continue
        if runs[-1] != run:
            yield Blocked(state.case_id, runs[-1])
            continue
        pinned, after = clocks.policies or book.current, clocks.moves[-1].before
        yield _move(state, pinned, after, book, now)


def _move(
    state: CaseState, before: PolicyVersions, after: PolicyVersions, book: PolicyBook, now: datetime
) -> Move:
    return Move(
        state.case_id,
        state.seq,
        before,
        after,
        tuple(_shifts(state, before, after, book, now)),
        tuple(owners(state, before, after, book)),
    )


def _shifts(
    state: CaseState,
    before: PolicyVersions,
    after: PolicyVersions,
    book: PolicyBook,
    now: datetime,
) -> Iterator[Shift]:
    old, new = Clocks(state, book.terms(before)), Clocks(state, book.terms(after))
    dues = [
        {key_of(one.run): (clocks.due(one), one.run.run) for one in clocks.running()}
        for clocks in (old, new)
    ]
    for key in dict.fromkeys((*dues[0], *dues[1])):
        clock = key[0]
        was, run = dues[0].get(key, (None, 0))
        will, _ = dues[1].get(key, (None, 0))
        if was == will:
            continue
        is_breached = mark_of(clock, ClockStage.BREACH, None, run) in state.fired
        yield Shift(
            str(clock),
            was,
            will,
            becomes_overdue=not is_breached and will is not None and will <= now,
            is_retracted=is_breached and (will is None or will > now),
        )


def summary(found: Sequence[Move]) -> list[str]:
    """Return what all moves together come to, line by line."""
    shifts = [shift for move in found for shift in move.shifts]
    both = [(s.before, s.after) for s in shifts if s.before is not None and s.after is not None]
    return [
        f"{len(found)} open cases would move",
        f"{sum(after < before for before, after in both)} clocks would be due earlier, "
        f"{sum(after > before for before, after in both)} later",
        f"{sum(shift.becomes_overdue for shift in shifts)} would be overdue at once",
        f"{sum(shift.is_retracted for shift in shifts)} breaches would be retracted",
        f"{sum(bool(move.owners) for move in found)} cases would have another next owner or "
        "approver",
    ]
