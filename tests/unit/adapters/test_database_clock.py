"""MongoDB's time, counted on by a clock that nobody sets."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.adapters.clock import SystemClock
from services.adapters.database_clock import LOOK_SECONDS, DatabaseClock
from services.domain.errors import OutageError
from tests.support.builders import NOON

MINUTE = timedelta(minutes=1)


class Server:
    """A database that says what time it is, or is away."""

    def __init__(self) -> None:
        self.time = NOON
        self.is_away = False
        self.asked = 0
        self.client = SimpleNamespace(admin=self)

    def command(self, name: str) -> dict[str, Any]:
        assert name == "hello"
        self.asked += 1
        if self.is_away:
            raise OutageError("mongodb", "away")
        return {"localTime": self.time.replace(tzinfo=None)}


class Counted(DatabaseClock):
    """Seconds pass when a test says so."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock(server: Server) -> Counted:
    return Counted(server)  # type: ignore[arg-type]


def test_time_is_the_servers_whatever_the_machine_says(clock: Counted) -> None:
    assert clock.now() == NOON
    clock.seconds = 7.5
    assert clock.now() == NOON + timedelta(seconds=7.5)


def test_the_server_is_asked_again_every_half_minute(clock: Counted, server: Server) -> None:
    clock.seconds = LOOK_SECONDS - 1
    clock.now()
    assert server.asked == 1
    server.time, clock.seconds = NOON + MINUTE, LOOK_SECONDS
    assert clock.now() == NOON + MINUTE
    assert server.asked == 2


def test_time_stands_until_a_server_that_was_ahead_is_caught_up(
    clock: Counted, server: Server
) -> None:
    clock.seconds = LOOK_SECONDS - 1
    shown = clock.now()
    server.time, clock.seconds = NOON, LOOK_SECONDS
    assert clock.now() == shown
    clock.seconds += LOOK_SECONDS - 0.5
    assert clock.now() == NOON + timedelta(seconds=LOOK_SECONDS - 0.5)


def test_a_database_that_is_away_stops_no_clock(clock: Counted, server: Server) -> None:
    server.is_away, clock.seconds = True, 2 * LOOK_SECONDS
    assert clock.now() == NOON + timedelta(seconds=2 * LOOK_SECONDS)


def test_a_machine_that_is_off_is_told_of(
    server: Server, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for off, told in ((timedelta(seconds=1), 0), (timedelta(hours=1), 1)):
        monkeypatch.setattr(SystemClock, "_wall", lambda self, off=off: NOON + off)
        caplog.clear()
        Counted(server)  # type: ignore[arg-type]
        assert len(caplog.records) == told
