"""What counts as hanging, and what the health pages say."""

from collections.abc import Callable

import pytest

from services.runtime.watchdog import HUNG
from services.trends.pulse import ALIVE_SECONDS, STOP_SECONDS, Pulse, Watchdog
from tests.support.manual_clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pulse(clock: ManualClock) -> Pulse:
    pulse = Pulse(clock)
    pulse.trouble = ""
    pulse.serves(4)
    return pulse


def test_it_is_ready_when_it_serves_partitions(pulse: Pulse) -> None:
    assert pulse.health() == (True, True, "serving")


def test_it_is_alive_but_not_ready_without_partitions(pulse: Pulse) -> None:
    pulse.serves(0)
    assert pulse.health() == (True, False, "no partitions assigned")


def test_it_is_alive_but_not_ready_while_kafka_is_away(pulse: Pulse) -> None:
    pulse.trouble = "kafka: no broker answers"
    assert pulse.health() == (True, False, "kafka: no broker answers")


def test_it_is_not_ready_while_it_stops(pulse: Pulse) -> None:
    pulse.stopping()
    assert (pulse.health().alive, pulse.health().ready) == (True, False)


@pytest.mark.parametrize(
    ("begin", "limit", "name"),
    [
        (Pulse.began, ALIVE_SECONDS, "an event"),
        (Pulse.stopping, STOP_SECONDS, "the stop"),
        (Pulse.beat, ALIVE_SECONDS, "the event loop"),
    ],
)
def test_what_takes_too_long_ends_the_process(
    clock: ManualClock, pulse: Pulse, begin: Callable[[Pulse], None], limit: float, name: str
) -> None:
    said: list[str] = []
    left: list[int] = []
    watchdog = Watchdog(pulse, said.append, left.append)
    begin(pulse)
    clock.advance(limit)
    watchdog.look()
    assert (said, left) == ([], [])
    clock.advance(0.1)
    if name != "the event loop":
        pulse.beat()
    watchdog.look()
    assert said == [f"{name} takes longer than {limit:.0f} s"]
    assert left == [HUNG]
    assert not pulse.health().alive


def test_an_event_that_ended_does_not_count(clock: ManualClock, pulse: Pulse) -> None:
    pulse.began()
    pulse.ended()
    clock.advance(ALIVE_SECONDS + 1)
    pulse.beat()
    assert pulse.hang() is None


def test_asking_again_to_stop_does_not_give_more_time(clock: ManualClock, pulse: Pulse) -> None:
    pulse.stopping()
    clock.advance(STOP_SECONDS - 1)
    pulse.stopping()
    clock.advance(2)
    assert pulse.hang() == "the stop takes longer than 12 s"


def test_the_stop_fits_into_the_patience_of_the_supervisor() -> None:
    from services.cli import supervisor

    assert supervisor.STOP_SECONDS > STOP_SECONDS
