"""When a case is warned, breached and escalated. Pure: state and terms in, due times out.

Used by ``sla``, which proposes what is due, and by ``cases``, which checks each proposal; nothing
here knows what time it is. A state read twice, late, or rebuilt gives the same stages.
"""

from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter
from typing import Final, NamedTuple

from schemas.cases import CaseState
from schemas.ledger import CaseClocks, ClockRun
from schemas.scores import Level
from schemas.vocabulary import ANSWERED, ClockName, ClockStage
from services.domain.calendars.worktime import Pause, deadline
from services.domain.clocks.deadlines import budget_of, strand_due
from services.domain.clocks.events import ClockId, ClockKind
from services.domain.clocks.ledger import OWN, Ledger, Strand
from services.domain.clocks.limits import WORKING_TIME
from services.domain.clocks.marks import mark_of
from services.domain.clocks.policy import LONGEST_LADDER
from services.domain.clocks.tasks import key_of, runs_of
from services.domain.clocks.terms import Term, Terms

_KINDS: Final = {str(kind): kind for kind in ClockKind}
_NOT_A_STAGE: Final = "watch"
_STAGES: Final[tuple[tuple[ClockStage, int | None], ...]] = (
    (ClockStage.WARN, None),
    (ClockStage.BREACH, None),
    *((ClockStage.ESCALATE, step) for step in range(1, LONGEST_LADDER + 1)),
)
_LADDERS: Final = tuple(_STAGES[: 2 + rungs] for rungs in range(LONGEST_LADDER + 1))
"""What a clock goes through, by the number of its rungs."""


class Timer(NamedTuple):
    """What is due, and when. ``stage`` is None for the watch over a case at the end of its
    ladders; ``step`` is the rung of an escalation, from 1."""

    due: datetime
    clock: ClockName
    stage: ClockStage | None
    step: int | None
    run: int
    level: Level

    @property
    def mark(self) -> str:
        """What stands in ``CaseState.fired`` once it took effect.

        >>> from datetime import UTC
        >>> at = datetime(2026, 3, 2, tzinfo=UTC)
        >>> Timer(at, ClockName.RESOLUTION, ClockStage.BREACH, None, 0, 1).mark
        'resolution:breach:0'
        >>> Timer(at, ClockName.RESOLUTION, ClockStage.ESCALATE, 2, 1, 1).mark
        'resolution:escalate2:1'
        """
        return mark_of(self.clock, self.stage or _NOT_A_STAGE, self.step, self.run)


class Running(NamedTuple):
    """One clock of a case with what it goes by."""

    run: ClockRun
    strand: Strand
    term: Term


class Clocks:
    """The clocks of one state under its terms."""

    def __init__(self, state: CaseState, terms: Terms) -> None:
        self.terms = terms
        self._state = state
        short = clocks_of(state)
        self._runs = runs_of(short)
        self._place = short.place
        self.ledger = Ledger(
            waits=tuple(Pause(one.since, one.until, one.waiting_for) for one in short.waits),
            contacts={OWN: state.opened_at},
        )

    def running(self) -> Iterator[Running]:
        """Yield each clock that runs and has a limit."""
        for run in self._runs:
            if run.stopped_at is None and (found := self._known(run)) is not None:
                yield found

    def of(self, clock: ClockName, task: int = 0) -> Running | None:
        """Return the newest run of a clock, whether it runs or not; None without a limit. Of the
        clock of tasks that of the one with this number."""
        key = (clock, task if clock is ClockName.TASK else 0)
        run = next((one for one in self._runs if key_of(one) == key), None)
        return None if run is None else self._known(run)

    def _known(self, run: ClockRun) -> Running | None:
        start, term = self._goes_by(run)
        return None if term is None else self._running(run, start, term)

    def _goes_by(self, run: ClockRun) -> tuple[datetime, Term | None]:
        """Return from when a run counts and what it goes by, if it has a limit."""
        state = self._state
        start = run.since or state.opened_at
        if run.clock is ClockName.UNKNOWN:
            return start, None
        return start, self.terms.term(
            run.clock,
            state.level,
            run.holder,
            start,
            is_appeal=state.appeal_of is not None,
            place=self._place,
        )

    def _running(self, run: ClockRun, start: datetime, term: Term) -> Running:
        strand = Strand(
            ClockId(_KINDS[run.clock], run.holder or ""),
            run.run,
            start,
            term.limit,
            from_contact=run.since is None,
            extended=run.extended,
            stopped_at=run.stopped_at,
        )
        return Running(run, strand, term)

    def first(self) -> Timer | None:
        """Return what is due first; of two at the same instant that of the clock named first.

        The clocks are gone through by the soonest that they can be due, until none that is left
        can come before what was found: of most of them nothing is worked out.
        """
        soonest = []
        for number, run in enumerate(self._runs):
            if run.stopped_at is None:
                start, term = self._goes_by(run)
                if term is not None:
                    soonest.append((start + term.least, number, run, start, term))
        soonest.sort(key=itemgetter(0, 1))
        best, place = None, -1
        for at, number, run, start, term in soonest:
            if best is not None and best.due < at:
                break
            found = self.next_of(self._running(run, start, term))
            if found and (best is None or (found.due, number) < (best.due, place)):
                best, place = found, number
        return best

    def due(self, one: Running) -> datetime | None:
        """Return when the limit of a clock is reached; None while a wait holds it."""
        return strand_due(self.ledger, one.strand, self.terms.calendar)

    def ladder(self, one: Running, skip: int = 0) -> Iterator[Timer]:
        """Yield the stages of a clock in order, without the first ``skip``; it ends where a wait
        that lasts keeps the clock from going on."""
        breach: datetime | None = None
        for stage, step in _stages(one.term)[skip:]:
            if stage is ClockStage.WARN:
                due = self._warned(one)
            else:
                breach = breach or self.due(one)
                due = breach
                if step is not None and breach is not None:
                    due = self._rung(one, breach, step)
            if due is None:
                return
            yield Timer(due, one.run.clock, stage, step, one.run.run, self._state.level)

    def next_of(self, one: Running) -> Timer | None:
        """Return the first stage that has not taken effect; a stage is passed over once a later
        one took effect: nobody is warned of what has happened."""
        return next(self.ladder(one, self.done(one)), None)

    def done(self, one: Running) -> int:
        """Return how many stages of a clock are behind it."""
        fired = self._state.fired
        if not fired:
            return 0
        marks = (
            number
            for number, (stage, step) in enumerate(_stages(one.term), 1)
            if mark_of(one.run.clock, stage, step, one.run.run) in fired
        )
        return max(marks, default=0)

    def _warned(self, one: Running) -> datetime | None:
        start = self.ledger.start_of(one.strand)
        if one.strand.limit.unit in WORKING_TIME:
            calendar = self.terms.calendar(one.strand.limit.calendar)
            budget = budget_of(one.strand) * one.term.warn
            return deadline(calendar, start, budget, self.ledger.pauses_of(one.strand))
        due = self.due(one)
        return None if due is None else start + (due - start) * one.term.warn

    def _rung(self, one: Running, breach: datetime, step: int) -> datetime | None:
        calendar = self.terms.calendar(one.term.ladder_calendar)
        pauses = self.ledger.pauses_of(one.strand)
        return deadline(calendar, breach, one.term.rungs[step - 1], pauses)


def _stages(term: Term) -> tuple[tuple[ClockStage, int | None], ...]:
    return _LADDERS[len(term.rungs)]


def stages(state: CaseState, terms: Terms) -> list[Timer]:
    """Return what is still to fire, in the order in which it is due.

    Empty when no clock runs, and when everything took effect.
    """
    if is_settled(state):
        return []
    clocks = Clocks(state, terms)
    left = [timer for one in clocks.running() for timer in clocks.ladder(one, clocks.done(one))]
    return sorted(left, key=lambda timer: timer.due)  # stable: in the order of the clocks


def next_stage(state: CaseState, terms: Terms) -> Timer | None:
    """Return the first of :func:`stages`, without working out the others."""
    if is_settled(state):
        return None
    return Clocks(state, terms).first()


def is_settled(state: CaseState) -> bool:
    """Return whether the clocks stand still. A status that this version does not know is taken
    for open: a clock too many is noticed, one that never runs is not."""
    return state.status in ANSWERED or state.resolved_at is not None or state.closed_at is not None


def clocks_of(state: CaseState) -> CaseClocks:
    """Return the clocks of a state; of one that an older version wrote, what its plain fields
    say."""
    if state.clocks is not None:
        return state.clocks
    ended = state.resolved_at or state.closed_at
    since = (state.reopened_at or state.updated_at) if state.reopened else None
    acknowledged = state.acknowledged_at or ended
    if state.reopened:
        # Whoever got an answer was noticed, so a reopened case is not acknowledged anew.
        acknowledged = acknowledged or since
    return CaseClocks(
        runs=(
            ClockRun(clock=ClockName.STATUTORY, run=state.reopened, since=since, stopped_at=ended),
            ClockRun(clock=ClockName.ACKNOWLEDGEMENT, stopped_at=acknowledged),
            ClockRun(clock=ClockName.RESOLUTION, run=state.reopened, since=since, stopped_at=ended),
        )
    )
