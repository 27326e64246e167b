"""A loop that hangs does not hold its partitions for ever."""

import threading

import pytest

from services.runtime import watchdog
from services.runtime.watchdog import HUNG, Watchdog


def test_a_silent_loop_ends_the_process() -> None:
    left: list[int] = []
    ended = threading.Event()

    def leave(code: int) -> None:
        left.append(code)
        ended.set()

    barked: list[float] = []
    dog = Watchdog(lambda: 61.0, 60.0, barked.append, leave)
    assert ended.wait(60)
    dog.close()
    assert (left, barked) == ([HUNG], [61.0])


def test_a_lively_loop_is_left_alone() -> None:
    looked = threading.Event()

    def silence() -> float:
        looked.set()
        return 0.1

    left: list[int] = []
    dog = Watchdog(silence, 60.0, lambda silent: None, left.append)
    assert looked.wait(60)
    dog.close()
    assert left == []


def test_who_is_asked_to_stop_and_does_not_is_ended_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "STOP_SECONDS", 0.5)
    left: list[int] = []
    ended = threading.Event()

    def leave(code: int) -> None:
        left.append(code)
        ended.set()

    dog = Watchdog(lambda: 2.0, 60.0, lambda silent: None, leave, is_stopping=lambda: True)
    assert ended.wait(60)
    dog.close()
    assert left == [HUNG]
