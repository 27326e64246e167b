"""States in, armed timers out; and what is due becomes a proposal (ADR 0007)."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heapreplace
from typing import Final

from schemas.cases import CaseState
from schemas.clocks import ClockFired
from schemas.codec import decode, encode
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.vocabulary import ClockName, ClockStage
from services.domain.clock import Clock
from services.domain.clocks.book import PolicyBook
from services.domain.clocks.stages import clocks_of
from services.domain.errors import OutageError
from services.domain.timer_store import Place, TimerRow, TimerStore
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.ports import TimerMetrics
from services.runtime.records import (
    DeadLetter,
    DeadReason,
    Handled,
    Inbound,
    Outbound,
    Positions,
    Spot,
)
from services.sla.agenda import Agenda
from services.sla.logic import TIMED_BY, next_timer

FORGET_AFTER: Final = timedelta(days=30)
"""How long a case without a clock is remembered beyond all that it could supersede."""

# A row that a newer version wrote may hold a word that is not known here.
_CLOCKS: Final = {str(clock): clock for clock in ClockName}
_STAGES: Final = {str(stage): stage for stage in ClockStage}


@dataclass(frozen=True, slots=True)
class Pace:
    """How far ahead timers are held in memory, how many are taken at a time, and when an
    unanswered proposal is made again (doubling from ``again`` to ``again_at_most``).

    A partition just assigned fires once no state came from it for ``settle_seconds``, or
    anyway after ``settle_at_most``: states that wait there may have answered what is due.
    """

    ahead: timedelta = timedelta(minutes=10)
    reload_when_ahead: timedelta = timedelta(minutes=5)
    page: int = 10_000
    chunk: int = 5_000
    again: timedelta = timedelta(seconds=60)
    again_at_most: timedelta = timedelta(hours=1)
    settle_seconds: float = 1.0
    settle_at_most_seconds: float = 30.0
    report_seconds: float = 1.0


class SlaHandler:
    """See :class:`services.runtime.ports.TimedHandler`; ``topic`` and ``fired_topic`` are the
    real names of what it reads and writes."""

    def __init__(
        self,
        store: TimerStore,
        book: PolicyBook,
        clock: Clock,
        topic: str,
        fired_topic: str,
        metrics: TimerMetrics,
        crash: CrashPoints = never,
        pace: Pace | None = None,
    ) -> None:
        self.topic = topic
        self._store = store
        self._book = book
        self._clock = clock
        self._fired_topic = fired_topic
        self._metrics = metrics
        self._crash = crash
        self._pace = pace or Pace()
        self._agendas: dict[int, Agenda] = {}
        self._reported_at: float | None = None

    # ------------------------------------------------------------------ arming

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port."""
        handled = Handled()
        states, removed = self._newest_states(batch, handled)
        rows = [self._row(key, partition, state) for key, (partition, state) in states.items()]
        self._crash("before_store")
        if removed:
            self._remove(removed, handled)
        self._store.insert(rows, self._clock.now() + self._book.today.longest + FORGET_AFTER)
        self._crash("after_decision")
        superseded: list[TimerRow] = []
        heard_at = self._clock.monotonic()
        for row in rows:
            handled.outcomes["armed" if row.due else "disarmed"] += 1
            agenda = self._agendas.get(row.partition)
            if agenda is None:
                continue
            agenda.heard_at = heard_at
            if (known := agenda.note(row)) is not None:
                superseded.append(known)
        self._delete(superseded)
        return handled

    def _newest_states(
        self, batch: Sequence[Inbound], handled: Handled
    ) -> tuple[dict[str, tuple[int, CaseState]], set[str]]:
        """Return the newest state of each case, and the cases of which a tombstone says that
        nothing older counts any more."""
        states: dict[str, tuple[int, CaseState]] = {}
        removed: set[str] = set()
        for inbound in batch:
            if inbound.value is None and inbound.key is not None:
                gone = inbound.key.decode(errors="replace")
                removed.add(gone)
                states.pop(gone, None)
                continue
            try:
                state = decode(CaseState, inbound.value, TIMED_BY)
            except MalformedRecordError as error:
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
                )
                continue
            key = case_key(state.tenant, state.case_id)
            if inbound.key != key:
                problem = "the record key is not the case's"
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, problem, "case_id", "wrong_key")
                )
                continue
            name = key.decode()
            known = states.get(name)
            if known is None or known[1].seq < state.seq:
                states[name] = inbound.partition, state
        return states, removed

    def _remove(self, removed: AbstractSet[str], handled: Handled) -> None:
        """Take away the timers of cases that are no more: rows first, then what is in memory."""
        self._store.remove(sorted(removed))
        for agenda in self._agendas.values():
            for gone in removed:
                agenda.forget(gone)
        handled.outcomes["removed"] += len(removed)

    def _row(self, key: str, partition: int, state: CaseState) -> TimerRow:
        terms = self._book.terms(clocks_of(state).policies)
        timer = next_timer(state, terms)
        return TimerRow(
            case_key=key,
            seq=state.seq,
            partition=partition,
            due=timer.due if timer else None,
            armed_at=state.updated_at,
            clock=timer.clock if timer else ClockName.UNKNOWN,
            stage=timer.stage if timer else None,
            level=state.level,
            run=timer.run if timer else state.reopened,
            step=timer.step if timer else None,
            policy=terms.versions.sla,
        )

    # ------------------------------------------------------------------ firing

    def assigned(self, spots: AbstractSet[Spot]) -> None:
        """See the port. What was held before and still is stays in memory."""
        held = {spot.partition for spot in spots if spot.topic == self.topic}
        fresh = {number: Agenda(self._clock.monotonic()) for number in sorted(held)}
        self._agendas = {number: self._agendas.get(number, new) for number, new in fresh.items()}

    def tick(self, now: datetime, positions: Positions) -> Handled:
        """See the port."""
        handled = Handled()
        for number, agenda in self._agendas.items():
            self._load(number, agenda, now)
        up = self._pop(now)
        try:
            superseded = self._superseded([row for _, row in up])
        except OutageError:
            for agenda, row in up:
                agenda.again(row, row.due or now)
            raise
        for agenda, row in up:
            if row.row_id in superseded:
                agenda.drop(row)
                handled.outcomes["superseded"] += 1
            elif row.stage is None:
                agenda.again(row, now + self._book.today.sla.watch_every.span)
                handled.outcomes["watched"] += 1
            else:
                self._propose(agenda, row, now, handled)
        self._report(now)
        return handled

    def _load(self, number: int, agenda: Agenda, now: datetime) -> None:
        """Read one page more where it is needed: the rest follows in the next rounds, after
        what is due first was proposed."""
        pace = self._pace
        if agenda.loaded.due >= now + pace.reload_when_ahead:
            return
        if agenda.waiting >= pace.page and agenda.head(now) is not None:
            return
        end = now + pace.ahead
        rows = self._store.due_between(number, agenda.loaded, end, pace.page)
        loaded = Place(end, "")
        if len(rows) == pace.page and (last := rows[-1].place) is not None:
            loaded = Place(last.due, last.row_id + "\0")  # what comes right after it
        self._delete(agenda.load(rows, loaded))
        agenda.tidy()

    def _is_settled(self, agenda: Agenda) -> bool:
        if not agenda.is_settled:
            at = self._clock.monotonic()
            agenda.is_settled = (
                at - agenda.heard_at >= self._pace.settle_seconds
                or at - agenda.since >= self._pace.settle_at_most_seconds
            )
        return agenda.is_settled

    def _pop(self, now: datetime) -> list[tuple[Agenda, TimerRow]]:
        """Take a chunk of what is up, oldest first across all partitions."""
        up: list[tuple[Agenda, TimerRow]] = []
        heads = [
            (head, number)
            for number, agenda in self._agendas.items()
            if self._is_settled(agenda) and (head := agenda.head(now)) is not None
        ]
        heapify(heads)
        while heads and len(up) < self._pace.chunk:
            number = heads[0][1]
            agenda = self._agendas[number]
            up.append((agenda, agenda.pop()))
            following = agenda.head(now)
            if following is None:
                heappop(heads)
            else:
                heapreplace(heads, (following, number))
        return up

    def _superseded(self, rows: Sequence[TimerRow]) -> frozenset[str]:
        """Return the ids of rows of which a newer version is stored, and delete those."""
        if not rows:
            return frozenset()
        newest = self._store.newest(row.case_key for row in rows)
        found = [row for row in rows if newest.get(row.case_key, row.seq) > row.seq]
        self._delete(found)
        return frozenset(row.row_id for row in found)

    def _delete(self, superseded: Sequence[TimerRow]) -> None:
        if superseded:
            self._store.delete(row.row_id for row in superseded)

    def _propose(self, agenda: Agenda, row: TimerRow, now: datetime, handled: Handled) -> None:
        made = agenda.proposals(row)
        agenda.proposed(
            row, now + min(self._pace.again * 2 ** min(made, 16), self._pace.again_at_most)
        )
        tenant, _, case_id = row.case_key.partition("|")
        due = row.due or now
        late = now - due > self._book.today.sla.late_after.span
        record = ClockFired(
            tenant=tenant,
            case_id=case_id,
            clock=_CLOCKS.get(row.clock, ClockName.UNKNOWN),
            stage=_STAGES.get(row.stage or "", ClockStage.UNKNOWN),
            due_at=due,
            fired_at=now,
            late=late,
            level=row.level,
            step=row.step,
            run=row.run,
            case_seq=row.seq,
            policy=row.policy,
        )
        handled.outbound.append(Outbound(self._fired_topic, row.case_key.encode(), encode(record)))
        handled.outcomes["fired_again" if made else "fired"] += 1
        if not made:
            # A level that was raised, or a letter that was on its way, is nobody's delay.
            self._metrics.timer_fired((now - max(due, row.armed_at)).total_seconds(), late)

    def _report(self, now: datetime) -> None:
        at = self._clock.monotonic()
        if self._reported_at is not None and at - self._reported_at < self._pace.report_seconds:
            return
        self._reported_at = at
        agendas = self._agendas.values()
        dues = [due for agenda in agendas if (due := agenda.oldest_due(now)) is not None]
        overdue = (now - min(dues)).total_seconds() if dues else 0.0
        self._metrics.timers(sum(agenda.held for agenda in agendas), overdue)
