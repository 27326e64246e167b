"""The account of a case's clocks: what each measures, when it is due and why, whose time it was.

Pure; the same for the API, the console and the command line.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from schemas.cases import CaseChanged
from schemas.ledger import PolicyVersions
from services.domain.calendars.explain import Interval
from services.domain.calendars.worktime import worked
from services.domain.clocks.attribution import attribute, whole_minutes
from services.domain.clocks.book import PolicyBook
from services.domain.clocks.deadlines import explain_strand
from services.domain.clocks.frame import Frame, frame_of
from services.domain.clocks.history import CaseHistory
from services.domain.clocks.ledger import Ledger, Strand
from services.domain.clocks.limits import WORKING_TIME, Limit, LimitRule
from services.domain.clocks.terms import Term, Terms


class Standing(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    HELD = "held"
    """A wait keeps it from coming due."""
    OVERDUE = "overdue"
    MET = "met"
    MISSED = "missed"


class ClockAccount(NamedTuple):
    """One run of one clock."""

    clock: str
    holder: str
    """The team or partner that it measures."""
    run: int
    standing: Standing
    started_at: datetime
    stopped_at: datetime | None
    due_at: datetime | None
    """None while a wait keeps it from coming due."""
    left: timedelta | None
    """Time that counts until it is due; of one that runs."""
    limit: Limit
    extended: int
    source: str
    """What the limit rests on."""
    is_law: bool
    """Whether it may be shown to anyone as law."""
    rule: LimitRule | None
    """Of the legal clock: the row of the limits that it goes by."""
    calendar_version: str
    goes_beyond_known: bool
    """Whether it reaches past the last date whose holidays are known."""
    intervals: tuple[Interval, ...]
    """Tiles the time from the start to the due time, or to the wait that lasts."""
    used: dict[str, int]
    """Minutes that counted so far, by ``team:<id>``, ``partner:<id>`` or ``nobody``."""
    overdue: dict[str, int]
    """The part of them after the due time; sums to ``overdue_minutes``."""
    task: int | None = None
    """Of the clock of a task: its number."""

    @property
    def overdue_minutes(self) -> int:
        """All minutes after the due time that counted."""
        return sum(self.overdue.values())


class CaseAccount(NamedTuple):
    """All clocks of a case."""

    at: datetime
    level: int
    policies: PolicyVersions
    clocks: tuple[ClockAccount, ...]
    frame: Frame | None = None
    """Which legal limits are its own; None under policies that have none."""


class MatterAccount(NamedTuple):
    """The clocks of a case, and of those that are merged into it."""

    own: CaseAccount
    merged: tuple[tuple[str, CaseAccount], ...] = ()
    """By case; their limits of the matter count for the head too."""
    merged_into: str | None = None


def account_of(changes: Iterable[CaseChanged], book: PolicyBook, now: datetime) -> CaseAccount:
    """Return the account of a case, worked out from all of its changes and nothing else.

    Raises:
        ValueError: the changes do not begin with an opening.
        CalendarError: a limit cannot be reckoned.
        OutageError: the archive lacks a policy.
    """
    history = CaseHistory.of(changes, book)
    terms = history.terms
    facts = history.facts
    level = facts.level if facts else 1
    clocks = [
        _account(history.ledger, strand, *history.went_by[strand.clock, strand.run], now)._replace(
            task=history.tasks.get((strand.clock, strand.run))
        )
        for strand in history.ledger.strands
    ]
    clocks.sort(key=lambda one: one.stopped_at is not None)  # stable: those that run come first
    frame = None
    if facts is not None:
        frame = frame_of(terms, history.clocks.place, facts.opened_at, facts.is_appeal)
    return CaseAccount(now, level, terms.versions, tuple(clocks), frame)


def _account(
    ledger: Ledger, strand: Strand, term: Term, terms: Terms, now: datetime
) -> ClockAccount:
    proof = explain_strand(ledger, strand, terms.calendar)
    until = max(now, ledger.start_of(strand))
    shares = attribute(ledger, strand, until, terms.calendar)
    return ClockAccount(
        clock=str(strand.clock.kind),
        holder=strand.clock.holder,
        run=strand.run,
        standing=_standing(strand, proof.due, now),
        started_at=ledger.start_of(strand),
        stopped_at=strand.stopped_at,
        due_at=proof.due,
        left=_left(ledger, strand, proof.due, terms, now),
        limit=strand.limit,
        extended=strand.extended,
        source=term.source,
        is_law=term.rule is not None and term.rule.is_law,
        rule=term.rule,
        calendar_version=proof.calendar_version,
        goes_beyond_known=proof.goes_beyond_known,
        intervals=proof.intervals,
        used=whole_minutes(shares.used),
        overdue={who: minutes for who, minutes in whole_minutes(shares.overdue).items() if minutes},
    )


def _standing(strand: Strand, due: datetime | None, now: datetime) -> Standing:
    if strand.stopped_at is not None:
        return Standing.MET if due is None or strand.stopped_at <= due else Standing.MISSED
    if due is None:
        return Standing.HELD
    return Standing.OVERDUE if due <= now else Standing.RUNNING


def _left(
    ledger: Ledger, strand: Strand, due: datetime | None, terms: Terms, now: datetime
) -> timedelta | None:
    if strand.stopped_at is not None or due is None or due <= now:
        return None
    begin = max(now, ledger.start_of(strand))
    if strand.limit.unit not in WORKING_TIME:
        return due - begin
    calendar = terms.calendar(strand.limit.calendar)
    return worked(calendar, begin, due, ledger.pauses_of(strand))
