"""A worker that a person paused: it stands still between batches, and goes on as if nothing was."""

from math import isnan

from services.adapters.memory_switches import MemorySwitchStore
from services.domain.errors import OutageError
from services.domain.switch_store import Pause
from services.runtime.drain import DrainMeter
from services.runtime.loop import Step
from services.runtime.switch import LOOK_SECONDS, Switch
from tests.support.builders import NOON
from tests.support.manual_clock import ManualClock
from tests.unit.runtime.benches import Bench

PAUSE = Pause("w", "li", NOON, "index")


def a_paused_bench() -> tuple[Bench, MemorySwitchStore]:
    bench, store = Bench(), MemorySwitchStore()
    store.pause(PAUSE)
    bench.loop._pause_switch = Switch(store, "w", bench.clock)
    return bench, store


def test_a_paused_worker_reads_nothing_keeps_its_membership_and_says_why() -> None:
    bench, _ = a_paused_bench()
    bench.send("a")
    called: list[str] = []
    bench.broker.before = called.append
    assert [bench.loop.step() for _ in range(3)] == [Step.SWITCHED_OFF] * 3
    assert bench.loop.trouble == "paused by li since 2026-03-02 12:00 UTC: index" or (
        bench.loop.trouble is not None and bench.loop.trouble.startswith("paused by li since")
    )
    assert not bench.log.is_serving()
    assert "heartbeat" in called
    assert (bench.produced(), bench.committed()) == ([], 0)


def test_it_goes_on_as_soon_as_it_sees_that_it_may() -> None:
    bench, store = a_paused_bench()
    bench.send("a", "b")
    bench.loop.step()
    store.resume("w")
    assert bench.loop.step() is Step.SWITCHED_OFF  # it looks once a second
    bench.clock.advance(LOOK_SECONDS)
    assert bench.loop.step() is Step.COMMITTED
    assert (bench.produced(), bench.loop.trouble) == (["a", "b"], None)


def test_a_pause_during_an_outage_outlasts_it() -> None:
    bench, store = Bench(), MemorySwitchStore()
    bench.loop._pause_switch = Switch(store, "w", bench.clock)

    def away(batch: list[str]) -> None:
        raise OutageError("mongodb", "no primary")

    bench.handler.refuse = away
    bench.send("a")
    assert bench.loop.step() is Step.OUTAGE
    store.pause(PAUSE)
    bench.clock.advance(60)
    bench.handler.refuse = lambda batch: None
    assert bench.loop.step() is Step.SWITCHED_OFF
    store.resume("w")
    bench.clock.advance(LOOK_SECONDS)
    assert bench.loop.step() is Step.COMMITTED
    assert (bench.produced(), bench.committed()) == (["a"], 1)


def test_while_the_database_is_away_the_last_answer_stands() -> None:
    store, clock = MemorySwitchStore(), ManualClock()
    store.pause(PAUSE)
    switch = Switch(store, "w", clock)
    assert switch()

    def away(operation: str) -> None:
        raise OutageError("mongodb", "no primary")

    store.before = away
    clock.advance(60)
    assert switch()


def test_others_are_not_paused() -> None:
    store = MemorySwitchStore()
    store.pause(PAUSE)
    assert Switch(store, "v", ManualClock())() is None


def test_the_time_to_drain_is_what_waits_at_the_recent_rate_of_work() -> None:
    meter = DrainMeter()
    assert (meter.seconds(0), isnan(meter.seconds(5))) == (0.0, True)
    for _ in range(500):
        meter.done(10, 1.0)
    for _ in range(100):
        meter.done(1000, 0.5)
    assert meter.seconds(20_000) == 10.0
