"""Rules of ADRs 0007 to 0054, broken: timers, notices, and who sends them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.codec import decode, encode
from schemas.notices import NoticeRequested
from services.adapters.memory_notices import MemoryNoticeStore
from services.adapters.memory_timers import MemoryTimerStore
from services.cases import clocks, planning
from services.domain.clocks.ledger import Ledger
from services.domain.clocks.stages import Clocks
from services.domain.notice_store import NoticeRow
from services.domain.send_store import Claim, Outcome, Result
from services.domain.timer_store import Place, TimerRow
from services.runtime.records import Handled, Inbound
from services.sender import handler as sender_handler
from services.sender.intake import Intake
from services.sender.journal import Journal
from services.sender.laned import LanedHandler
from services.sender.waves import Waves
from services.sla.handler import SlaHandler
from tests.simulation.mutant import NOTHING_ELSE, Method, Mutant, collector

MUTANTS: Final[list[Mutant]] = []
mutant = collector(MUTANTS, is_whole=True)


# ---------------------------------------------------------------------- 0007: timers


def _write_later() -> Iterable[tuple[Any, str, Any]]:
    """A timer is written once its state is committed; who dies in between has lost it."""
    insert, handle, tick = MemoryTimerStore.insert, SlaHandler.handle, SlaHandler.tick
    waiting: dict[int, list[tuple[Any, ...]]] = {}
    busy: list[int] = []

    def insert_later(self: Any, rows: Sequence[TimerRow], forget_at: datetime) -> None:
        waiting.setdefault(busy[-1], []).append((self, rows, forget_at))

    def handle_late(self: Any, batch: Any, positions: Any) -> Handled:
        busy.append(id(self))
        return handle(self, batch, positions)

    def tick_first(self: Any, now: datetime, positions: Any) -> Handled:
        for one in waiting.pop(id(self), []):
            insert(*one)
        return tick(self, now, positions)

    yield MemoryTimerStore, "insert", insert_later
    yield SlaHandler, "handle", handle_late
    yield SlaHandler, "tick", tick_first


_AFTER_COMMITS: Final = (
    NOTHING_ELSE
    | {"crash": 0.03, "partitions": 1, "commands": 18}
    | {"focus": ("after commit", "after_commit")}
)
MUTANTS.append(
    Mutant("timer_written_after_the_commit", "0007", _write_later, _AFTER_COMMITS, is_whole=True)
)


@mutant("0007", SlaHandler, "_load")
def timers_not_read_after_a_restart(right: Method) -> Method:
    def load(self: Any, number: int, agenda: Any, now: datetime) -> None:
        agenda.loaded = Place(now + timedelta(days=999), "")

    return load


@mutant("0007", SlaHandler, "tick")
def fired_ahead_of_time(right: Method) -> Method:
    def tick(self: Any, now: datetime, positions: Any) -> Handled:
        return right(self, now + timedelta(minutes=10), positions)  # type: ignore[no-any-return]

    return tick


@mutant("0012", Ledger, "pauses_of", **NOTHING_ELSE | {"leap": 0.05, "commands": 18})
def waits_give_no_time(right: Method) -> Method:
    return lambda self, strand: []


@mutant("0012", Clocks, "_rung", **NOTHING_ELSE | {"leap": 0.1, "commands": 4})
def ladder_climbs_through_the_night(right: Method) -> Method:
    def rung(self: Any, one: Any, breach: datetime, step: int) -> datetime:
        return breach + one.term.rungs[step - 1]  # type: ignore[no-any-return]

    return rung


@mutant("0007", planning, "clock_events")
def proposal_applied_again(right: Method) -> Method:
    def events(state: Any, fired: Any, *rest: Any) -> Any:
        forgetful = state and state.model_copy(update={"fired": ()})
        story, outcome = right(forgetful, fired, *rest)
        return story, outcome

    return events


_OFTEN_LATE: Final = NOTHING_ELSE | {"leap": 0.1, "commands": 30, "partitions": 1}


_OVERTAKEN: Final = {"switch": 0.3, "stall": 0.05, "expel": 0.1}


@mutant("0018", clocks, "_checked", **_OFTEN_LATE | _OVERTAKEN)
def proposal_not_checked_against_the_log(right: Method) -> Method:
    def checked(state: Any, fired: Any, mark: str, terms: Any, now: datetime) -> Any:
        one = Clocks(state, terms).of(fired.clock)
        ladder = Clocks(state, terms).ladder(one) if one else ()
        timer = next((made for made in ladder if made.stage is fired.stage), None)
        return timer, "clock_outdated"

    return checked


@mutant("0018", planning, "square_clocks", **_OFTEN_LATE)
def breach_not_retracted(right: Method) -> Method:
    return lambda story, policies: None


@mutant("0054", planning, "time_of")
def case_goes_by_each_workers_clock(right: Method) -> Method:
    return lambda state, now: now


# ---------------------------------------------------------------------- 0008: notices


@mutant("0008", MemoryNoticeStore, "insert")
def decision_of_a_notice_not_read_back(right: Method) -> Method:
    def insert(self: Any, rows: Sequence[NoticeRow]) -> dict[str, NoticeRow]:
        right(self, rows)
        return {row.key: row for row in rows}

    return insert


_WRITTEN_THEN_DEAD: Final = (
    NOTHING_ELSE
    | {"crash": 0.02, "stall": 0.01, "leap": 0.1, "commands": 14, "partitions": 2}
    | {"focus": ("after insert", "before_begin")}
)


@mutant("0065", MemoryNoticeStore, "stand", **_WRITTEN_THEN_DEAD)
def standing_of_a_change_not_read_back(right: Method) -> Method:
    return lambda self, found: dict(found)


@mutant("0008", Waves, "send")
def claimed_after_the_call(right: Method) -> Method:
    def send(self: Any, waiting: Any, until: float, patient_until: float | None = None) -> Any:
        now = self._clock.monotonic()
        is_patient = patient_until is None
        ready = self._ready(waiting, now, is_patient) if now < until else []
        if not ready:
            self._wait(waiting, now, until if patient_until is None else patient_until, is_patient)
            return list(waiting)
        calls = [(self._timed(task, step), task.letters[step.channel]) for task, step in ready]
        answers = self._outside.pool.send_all(calls, 1.0)
        won, lost = self._claim(ready, now)
        said = {id(task): answer for (task, _), answer in zip(ready, answers, strict=True)}
        self._take_in(won, [said[id(task)] for task, _ in won])
        return [*lost, *(task for task, _ in won)]

    return send


_BEFORE_CLAIMS: Final = (
    NOTHING_ELSE | {"stall": 0.04, "expel": 0.05, "partitions": 1} | {"focus": ("before claim",)}
)


@mutant("0008", Journal, "claim", **_BEFORE_CLAIMS)
def lost_claim_taken_for_won(right: Method) -> Method:
    def claim(self: Any, wanted: Sequence[Claim]) -> frozenset[str]:
        right(self, wanted)
        return frozenset(one.key for one in wanted)

    return claim


_IN_DOUBT: Final = (
    NOTHING_ELSE
    | {"crash": 0.02, "silent": 0.2, "partitions": 1}
    | {
        "commands": 10,
        "focus": ("after_call", "before record"),
    }
)


@mutant("0008", Journal, "_end_of", **_IN_DOUBT)
def interrupted_call_taken_for_none(right: Method) -> Method:
    def end_of(self: Any, claim: Claim, now: datetime) -> Result:
        end: Result = right(self, claim, now)
        return replace(end, outcome=Outcome.AWAY)

    return end_of


@mutant("0028", Intake, "read")
def held_notice_sent_at_once(right: Method) -> Method:
    def read(self: Any, batch: Sequence[Inbound], handled: Handled) -> Any:
        free = []
        for one in batch:
            if one.topic != self._receipts_topic:
                notice = decode(NoticeRequested, one.value)
                one = one._replace(value=encode(notice.model_copy(update={"not_before": None})))
            free.append(one)
        return right(self, free, handled)

    return read


@mutant("0038", LanedHandler, "_set_aside")
def put_off_and_forgotten(right: Method) -> Method:
    return lambda self, tasks, handled: None


@mutant("0038", LanedHandler, "tick")
def taken_off_the_lane_before_it_is_told(right: Method) -> Method:
    def tick(self: Any, now: datetime, positions: Any) -> Handled:
        handled: Handled = right(self, now, positions)
        self._confirm()
        return handled

    return tick


@mutant("0008", sender_handler, "settled", **_IN_DOUBT)
def doubts_not_counted(right: Method) -> Method:
    def settled(notice: Any, attempts: Any, end: Any) -> Any:
        return right(notice, attempts, end).model_copy(update={"attempts": 1})

    return settled
