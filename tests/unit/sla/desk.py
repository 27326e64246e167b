"""An sla handler over a memory store and a clock that a test moves."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count

from schemas.cases import CaseState
from schemas.clocks import ClockFired
from schemas.codec import decode, encode
from schemas.keys import case_key
from services.adapters.memory_timers import MemoryTimerStore
from services.domain.clocks.book import PolicyBook, open_book
from services.runtime.records import Handled, Inbound, Spot
from services.sla.handler import Pace, SlaHandler
from tests.support.builders import ELAPSED, at
from tests.support.manual_clock import ManualClock

BOOK = open_book(sla_file=ELAPSED)
POLICY = BOOK.today.sla
TERMS = BOOK.today
DUE = at(hours=18)
"""When a new case of level 1 that opened at noon is warned."""
AT_ONCE = Pace(settle_seconds=0.0)


class Gauges:
    """What the handler told about its timers."""

    def __init__(self) -> None:
        self.lateness: list[float] = []
        self.late = 0
        self.armed = 0
        self.overdue = 0.0

    def timer_fired(self, lateness_seconds: float, is_late: bool) -> None:
        self.lateness.append(lateness_seconds)
        self.late += is_late

    def timers(self, armed: int, overdue_seconds: float) -> None:
        self.armed, self.overdue = armed, overdue_seconds


class Desk:
    """Takes states, lets time pass, and reads what fired. Holds the partitions 0 and 1."""

    def __init__(
        self,
        store: MemoryTimerStore | None = None,
        clock: ManualClock | None = None,
        pace: Pace = AT_ONCE,
        book: PolicyBook = BOOK,
    ) -> None:
        self.store = store or MemoryTimerStore()
        self.clock = clock or ManualClock()
        self.gauges = Gauges()
        self.handler = SlaHandler(
            self.store, book, self.clock, "state", "fired", self.gauges, pace=pace
        )
        self._offsets = count()
        self.assign(0, 1)

    def assign(self, *partitions: int) -> None:
        self.handler.assigned(frozenset(Spot("state", number) for number in partitions))

    def record(self, state: CaseState, partition: int = 0) -> Inbound:
        key = case_key(state.tenant, state.case_id)
        return Inbound("state", partition, next(self._offsets), "state", key, encode(state))

    def take(self, *states: CaseState, partition: int = 0) -> Handled:
        return self.handler.handle([self.record(state, partition) for state in states], {})

    def tick(self) -> list[ClockFired]:
        """One round at the clock's time."""
        return fired(self.handler.tick(self.clock.now(), {}))

    def all_due(self, rounds: int = 1000) -> list[ClockFired]:
        """Rounds until nothing fires any more."""
        found: list[ClockFired] = []
        for _ in range(rounds):
            made = self.tick()
            if not made:
                return found
            found += made
        raise AssertionError(f"still firing after {rounds} rounds")

    def at(self, moment: datetime) -> list[ClockFired]:
        """Let time pass to ``moment``, and return what fires then."""
        self.clock.seconds = (moment - self.clock.start) / timedelta(seconds=1)
        return self.all_due()


def fired(handled: Handled) -> list[ClockFired]:
    assert handled.dead == []
    assert {out.topic for out in handled.outbound} <= {"fired"}
    return [decode(ClockFired, out.value) for out in handled.outbound]


def marks(records: Iterable[ClockFired]) -> list[str]:
    return [f"{r.case_id} {r.clock}:{r.stage}{r.step or ''}:{r.run}" for r in records]
