"""The real loop around the sla handler, on a broker and a store in memory."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from schemas.cases import CaseState
from schemas.clocks import ClockFired
from schemas.codec import decode, encode
from schemas.keys import case_key
from schemas.vocabulary import CaseStatus
from services.adapters.memory_broker import BrokerAway, MemoryBroker
from services.adapters.memory_checkpoints import MemoryCheckpointStore
from services.adapters.memory_log import MemoryLog
from services.adapters.memory_timers import MemoryTimerStore
from services.domain.clocks.book import open_book
from services.domain.errors import OutageError
from services.runtime.batching import BatchSizer
from services.runtime.breaker import Breaker
from services.runtime.loop import BatchLoop, LoopSettings, Step
from services.runtime.records import Handled, Inbound, Outbound, Positions
from services.runtime.silent_metrics import SilentMetrics
from services.sla.handler import SlaHandler
from tests.support.builders import ELAPSED, at
from tests.support.manual_clock import ManualClock
from tests.unit.sla.states import a_state

BOOK = open_book(sla_file=ELAPSED)
DUE = at(hours=18)
GROUP = "sla"


class Office:
    """A broker, a store, a clock, and any number of workers."""

    def __init__(self, partitions: int = 4) -> None:
        self.clock = ManualClock()
        self.broker = MemoryBroker(self.clock)
        self.store = MemoryTimerStore()
        self.checkpoints = MemoryCheckpointStore()
        for name in ("state", "fired", "state.dead"):
            self.broker.make_topic(name, partitions)

    def worker(self, slot: int = 0) -> tuple[BatchLoop, MemoryLog]:
        log = MemoryLog(self.broker, GROUP, ["state"], f"sla-{slot}", self.checkpoints, self.clock)
        handler = SlaHandler(self.store, BOOK, self.clock, "state", "fired", SilentMetrics())
        loop = BatchLoop(
            LoopSettings("sla", 0.25, 1.0, 30.0, "test"),
            log,
            handler,
            self.clock,
            BatchSizer(1, 1000, 0.2),
            Breaker(200, 2.0),
            SilentMetrics(),
        )
        return loop, log

    def send(self, *states: CaseState) -> None:
        self.broker.append(
            Outbound("state", case_key(state.tenant, state.case_id), encode(state))
            for state in states
        )

    def fired(self) -> list[ClockFired]:
        return [decode(ClockFired, one.value) for one in self.broker.committed_records("fired")]

    def committed(self) -> dict[int, int]:
        return {spot.partition: at for spot, at in self.broker.group(GROUP).committed.items()}


def settle(*loops: BatchLoop) -> None:
    """Rounds until the group stands and nothing is left to read."""
    for _ in range(12):
        for loop in loops:
            loop.step()


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_timer_fires_though_nothing_arrives(office: Office) -> None:
    loop, _ = office.worker()
    office.send(a_state())
    settle(loop)
    assert loop.step() is Step.IDLE
    office.clock.advance(18 * 3600)
    assert loop.step() is Step.COMMITTED
    assert [record.due_at for record in office.fired()] == [DUE]
    assert loop.step() is Step.IDLE


def test_what_fires_is_committed_with_the_current_positions_of_all_partitions(
    office: Office,
) -> None:
    loop, log = office.worker()
    office.send(*(a_state(number) for number in range(20)))
    settle(loop)
    before = office.committed()
    sent: list[dict[int, int]] = []
    transact = log.transact

    def watch(outbound: Sequence[Outbound], offsets: dict[object, int]) -> None:
        sent.append({spot.partition: at for spot, at in offsets.items()})  # type: ignore[attr-defined]
        transact(outbound, offsets)  # type: ignore[arg-type]

    log.transact = watch  # type: ignore[method-assign, assignment]
    office.clock.advance(18 * 3600)
    loop.step()
    assert sent == [before]
    assert office.committed() == before
    assert sum(before.values()) == 20


def test_the_newest_states_are_taken_in_before_anything_fires(office: Office) -> None:
    loop, _ = office.worker()
    office.send(a_state())
    settle(loop)
    office.clock.advance(18 * 3600)
    office.send(a_state(seq=2, status=CaseStatus.CLOSED, closed_at=at(hours=17)))
    settle(loop)
    assert office.fired() == []


def test_a_second_worker_takes_over_the_timers_of_its_partitions(office: Office) -> None:
    first, log = office.worker(0)
    office.send(*(a_state(number) for number in range(40)))
    settle(first)
    second, other = office.worker(1)
    settle(first, second)
    assert log.served() + other.served() == 4
    assert other.served() > 0
    office.clock.advance(18 * 3600)
    settle(first, second)
    assert sorted(record.case_id for record in office.fired()) == [
        f"C{number:06d}" for number in range(40)
    ]


def test_the_rest_takes_over_when_a_worker_dies(office: Office) -> None:
    first, _ = office.worker(0)
    second, other = office.worker(1)
    office.send(*(a_state(number) for number in range(40)))
    settle(first, second)
    office.broker.expel(GROUP, other.member_id)
    settle(first)
    office.clock.advance(18 * 3600)
    settle(first)
    assert len(office.fired()) == 40


def test_a_partition_that_was_in_other_hands_while_the_worker_stood_still_is_read_anew(
    office: Office,
) -> None:
    loop, log = office.worker(0)
    settle(loop)
    office.store.before = _away
    office.clock.advance(301)  # it wants to load more, and has ten minutes from noon
    assert loop.step() is Step.OUTAGE
    office.store.before = lambda name: None
    office.broker.expel(GROUP, log.member_id)
    other, theirs = office.worker(1)
    settle(other)
    # Due soon, within what the first worker has loaded already.
    office.send(a_state(1, opened_at=office.clock.now() - timedelta(hours=17, minutes=59)))
    settle(other)
    theirs.close()
    for _ in range(6):
        assert loop.step() is Step.PAUSED
    office.clock.advance(3600)
    settle(loop)
    assert [record.case_id for record in office.fired()] == ["C000001"]


def _away(name: str) -> None:
    raise OutageError("mongodb", "taken away by the test")


def test_a_zombie_fires_nothing(office: Office) -> None:
    zombie, log = office.worker(0)
    office.send(a_state())
    settle(zombie)
    office.broker.expel(GROUP, log.member_id)
    successor, _ = office.worker(1)
    settle(successor)
    office.clock.advance(18 * 3600)
    settle(successor)
    log.poll = lambda max_records, timeout_s: []  # type: ignore[method-assign]
    assert zombie.step() is Step.LOST
    assert len(office.fired()) == 1


@pytest.mark.parametrize("call", ["produce", "send_offsets", "commit"])
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_lost_transaction_loses_no_timer_and_brings_it_again_in_a_second(
    office: Office, call: str, side: str
) -> None:
    loop, _ = office.worker()
    office.send(a_state())
    settle(loop)
    office.clock.advance(18 * 3600)
    setattr(office.broker, side, _once(call))
    assert loop.step() is Step.LOST
    settle(loop)
    office.clock.advance(1)
    settle(loop)
    assert {record.due_at for record in office.fired()} == {DUE}
    assert len(office.fired()) == (2 if (call, side) == ("commit", "after") else 1)


def _once(call: str) -> Callable[[str], None]:
    left = 1

    def fail(name: str) -> None:
        nonlocal left
        if name == call and left:
            left -= 1
            raise BrokerAway("taken away by the test")

    return fail


def test_a_database_that_is_away_holds_the_worker_and_it_goes_on_ready(office: Office) -> None:
    loop, _ = office.worker()
    office.send(a_state())
    settle(loop)
    office.clock.advance(18 * 3600)
    office.store.before = _away
    assert loop.step() is Step.OUTAGE
    assert loop.trouble is not None
    office.store.before = lambda name: None
    office.clock.advance(2)
    settle(loop)
    assert loop.trouble is None
    assert len(office.fired()) == 1


def test_a_backlog_is_worked_off_without_waiting(office: Office) -> None:
    waits: list[float] = []
    loop, log = office.worker()
    office.send(*(a_state(number, opened_at=at(seconds=number)) for number in range(30)))
    settle(loop)
    poll = log.poll

    def watch(max_records: int, timeout_s: float) -> list[Inbound]:
        waits.append(timeout_s)
        return poll(max_records, timeout_s)

    log.poll = watch  # type: ignore[method-assign]
    office.clock.advance(24 * 3600)
    for _ in range(3):
        loop.step()
    assert waits == [0.25, 0.0, 0.25]


class Untimed:
    """A handler without timers, which the loop treats as ever."""

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        return Handled()


def test_a_handler_without_timers_is_never_ticked(office: Office) -> None:
    _, log = office.worker()
    loop = BatchLoop(
        LoopSettings("plain", 0.25, 1.0, 30.0, "test"),
        log,
        Untimed(),
        office.clock,
        BatchSizer(1, 1000, 0.2),
        Breaker(200, 2.0),
        SilentMetrics(),
    )
    settle(loop)
    assert loop.step() is Step.IDLE
    assert office.fired() == []
