"""From the history of a case to the full ledger of its clocks. Pure.

The short form that travels with a case is walked along its changes, and what differs from one
change to the next is what happened to its clocks: so both give the same due times, and all can
be worked out again from the changes alone (ADR 0018).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from schemas.cases import CaseChanged
from schemas.ledger import CaseClocks, ClockRun, Wait
from schemas.vocabulary import ChangeKind, ClockName
from services.domain.clocks.book import PolicyBook
from services.domain.clocks.compact import (
    Facts,
    clocks_after,
    effective,
    facts_after,
    open_wait,
    opening,
)
from services.domain.clocks.events import (
    ClockEvent,
    ClockId,
    ClockKind,
    Contacted,
    Extended,
    Held,
    Paused,
    Relimited,
    Resumed,
    Started,
    Stopped,
)
from services.domain.clocks.ledger import Ledger, applied
from services.domain.clocks.limits import Limit
from services.domain.clocks.tasks import Key, key_of, runs_of
from services.domain.clocks.terms import Term, Terms

_KINDS: Final = {str(kind): kind for kind in ClockKind}
_NO_CLOCKS: Final = CaseClocks()


class CaseHistory:
    """What the changes of a case, from its opening on, make of its clocks."""

    def __init__(self, book: PolicyBook) -> None:
        self.ledger = Ledger()
        self.events: list[ClockEvent] = []
        self.terms: Terms = book.today
        """Those of the newest change."""
        self.went_by: dict[tuple[ClockId, int], tuple[Term, Terms]] = {}
        """What each strand goes by, or last went by, by its clock and run."""
        self.tasks: dict[tuple[ClockId, int], int] = {}
        """The number of the task that a strand is about, likewise."""
        self._book = book
        self._facts: Facts | None = None
        self._clocks = _NO_CLOCKS
        self._limits: dict[Key, Limit] = {}

    @classmethod
    def of(cls, changes: Iterable[CaseChanged], book: PolicyBook) -> "CaseHistory":
        """Return the history of all changes of a case, in order."""
        history = cls(book)
        for change in changes:
            history.add(change)
        return history

    @property
    def clocks(self) -> CaseClocks:
        """The short form after the newest change."""
        return self._clocks

    @property
    def facts(self) -> Facts | None:
        """The facts after the newest change; None before the first."""
        return self._facts

    def add(self, change: CaseChanged) -> None:
        """Take in the next change.

        Raises:
            ValueError: the first one opens nothing.
            OutageError: the archive lacks a policy.
        """
        before = self._clocks
        if self._facts is None:
            facts, after = opening(change)
            at = done_at = change.at
        else:
            at, done_at = effective(self._facts, change)
            after = clocks_after(before, self._facts, change)
            facts = facts_after(self._facts, change)
        self.terms = self._book.terms(after.policies)
        self._facts, self._clocks = facts, after
        for event in self._happened(change, before, after, at, done_at):
            self.ledger = applied(self.ledger, event)
            self.events.append(event)

    def _happened(
        self,
        change: CaseChanged,
        before: CaseClocks,
        after: CaseClocks,
        at: datetime,
        done_at: datetime,
    ) -> Iterator[ClockEvent]:
        if change.contact is not None:
            yield Contacted(at, change.contact.received_at)
        yield from _waits(before.waits, after.waits, at)
        old = {key_of(one): one for one in runs_of(before)}
        if (holder := _holder(after)) != _holder(before):
            yield Held(at, holder)
        for run in runs_of(after):
            if run.clock is not ClockName.UNKNOWN:
                yield from self._run(change, old.get(key_of(run)), run, at, done_at)

    def _run(
        self,
        change: CaseChanged,
        before: ClockRun | None,
        run: ClockRun,
        at: datetime,
        done_at: datetime,
    ) -> Iterator[ClockEvent]:
        number = run.run if run.clock is ClockName.TASK else 0
        clock = ClockId(_KINDS[run.clock], run.holder or "", number)
        limit = self._limits.get(key_of(run))
        if before is not None and before.run != run.run and before.stopped_at is None and limit:
            ended = done_at if run.clock is ClockName.NEXT_UPDATE else run.since or done_at
            yield Stopped(at, ClockId(clock.kind, before.holder or ""), ended)
            limit = None
        elif before is None or before.run != run.run:
            limit = None
        was_stopped = before is not None and before.run == run.run and before.stopped_at is not None
        if was_stopped:
            return
        if run.stopped_at is not None:
            if limit is not None:
                yield Stopped(at, clock, run.stopped_at)
            return
        yield from self._limited(change, clock, run, limit, at)

    def _limited(
        self,
        change: CaseChanged,
        clock: ClockId,
        run: ClockRun,
        limit: Limit | None,
        at: datetime,
    ) -> Iterator[ClockEvent]:
        """Start what has a limit now, follow a limit that changed, and extend it."""
        facts = self._facts
        assert facts is not None
        term = self.terms.term(
            run.clock,
            facts.level,
            run.holder,
            run.since or facts.opened_at,
            is_appeal=facts.is_appeal,
            place=self._clocks.place,
        )
        if term is None:
            if self._limits.pop(key_of(run), None) is not None and limit is not None:
                yield Stopped(at, clock)
            return
        run_number = sum(one.clock == clock for one in self.ledger.strands) - (limit is not None)
        self.went_by[clock, run_number] = (term, self.terms)
        self._limits[key_of(run)] = term.limit
        if run.clock is ClockName.TASK:
            self.tasks[clock, run_number] = run.run
        if limit is None:
            yield Started(at, clock, term.limit, run.since is None, run.since)
        elif limit != term.limit:
            yield Relimited(at, clock, term.limit)
        if change.kind is ChangeKind.EXTENDED and change.clock is run.clock:
            yield Extended(
                at,
                clock,
                change.extended_by or 0,
                change.reason or "-",
                change.note or "-",  # taken away with the personal data
            )


def _waits(before: tuple[Wait, ...], after: tuple[Wait, ...], at: datetime) -> Iterator[ClockEvent]:
    for was, now in zip(before, after, strict=False):
        if was.until is None and now.until is not None:
            yield Resumed(at, now.waiting_for, now.until)
    for now in after[len(before) :]:
        yield Paused(at, now.waiting_for, now.since)


def _holder(clocks: CaseClocks) -> str | None:
    """Return who has the case: the partner it was transferred to, else the team that it is of.
    While it waits for a partner, its waits tell."""
    runs = {one.clock: one for one in clocks.runs}
    partner = runs.get(ClockName.PARTNER)
    if partner is not None and partner.stopped_at is None and open_wait(clocks.waits) is None:
        return partner.holder
    return runs[ClockName.TEAM].holder if ClockName.TEAM in runs else None
