"""What breaks a lane ends by itself; a lane that is to stand still stands still."""

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from services.adapters.clock import SystemClock
from services.domain.aside_store import Aside
from services.domain.send_store import Outcome, Result
from services.sender.channels.port import SENT, Answer
from services.sender.lane import AGAIN_SECONDS
from tests.unit.sender.desk import AWAY
from tests.unit.sender.test_lanes import EMAIL, LanedDesk, desk, mails

__all__ = ["desk"]

# ---------------------------------------------------------------------- what breaks a lane


def put_aside(desk: LanedDesk, *names: str) -> None:
    """Let mails wait on their lane, and their provider come back."""
    desk.mail.usual = AWAY
    desk.round(*mails(*names))
    desk.mail.usual = SENT
    desk.clock.advance(400)


def breaking(desk: LanedDesk, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let the letters of these notices break on our side."""
    write = desk.letters

    def letters(notices, texts=()):  # type: ignore[no-untyped-def]
        if any(one.notice_id in names for one in notices):
            raise KeyError("no such wording")
        return write(notices, texts)

    monkeypatch.setattr(desk, "letters", letters)


def test_a_notice_that_breaks_its_lane_fails_and_the_others_go_on(
    desk: LanedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_aside(desk, "M1", "M2", "M3")
    breaking(desk, monkeypatch, "M1")
    while desk.lane(EMAIL).step() == 0.0:
        pass
    assert sorted(desk.round()) == [("M1", "failed"), ("M2", "sent"), ("M3", "sent")]
    assert "defect" in {one.reason for one in desk.store.results.values()}
    desk.round()
    assert desk.asides.rows == {}


def test_when_nearly_all_break_it_nobody_fails_until_that_is_mended(
    desk: LanedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"M{n}" for n in range(6)]
    put_aside(desk, *names)
    with monkeypatch.context() as patch:
        breaking(desk, patch, *names)
        assert desk.lane(EMAIL).step() == AGAIN_SECONDS
        assert desk.round() == []
    while desk.lane(EMAIL).step() == 0.0:
        pass
    assert sorted(desk.round()) == [(name, "sent") for name in names]


def test_a_row_that_nobody_can_read_holds_up_nobody_and_stays(desk: LanedDesk) -> None:
    put_aside(desk, "M1")
    desk.asides.put([Aside("M0", EMAIL, 0, desk.clock.now().replace(year=2000), b"{")])
    while desk.lane(EMAIL).step() == 0.0:
        pass
    assert desk.round() == [("M1", "sent")]
    desk.round()
    assert list(desk.asides.rows) == ["M0"]
    desk.lane(EMAIL).step()
    assert desk.gauge.lanes[EMAIL][0] == 1


def test_words_of_a_provider_that_cannot_be_stored_put_nothing_in_doubt(
    desk: LanedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_aside(desk, "M1", "M2")
    desk.mail.by_notice["M1"] = Answer(Outcome.SENT, "ok", provider_id="\ud800")
    record = desk.store.record

    def strict(results: Sequence[Result]) -> dict[str, Result]:
        for one in results:
            (one.provider_id or "").encode()
        return record(results)

    monkeypatch.setattr(desk.store, "record", strict)
    while desk.lane(EMAIL).step() == 0.0:
        pass
    assert sorted(desk.round()) == [("M1", "sent"), ("M2", "sent")]
    assert desk.mail.sent.count("M1") <= 4  # three troubles before, and once


# ---------------------------------------------------------------------- standing still


def doing(desk: LanedDesk, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let ``act`` happen while a mail is on its way."""
    send = desk.mail.send

    def acting(letter):  # type: ignore[no-untyped-def]
        act()
        return send(letter)

    monkeypatch.setattr(desk.mail, "send", acting)


@pytest.mark.parametrize("cause", ["paused", "told to end"])
def test_a_lane_that_is_to_stand_still_ends_its_wave_and_begins_no_other(
    desk: LanedDesk, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    put_aside(desk, *(f"M{n}" for n in range(12)))
    stop, before = threading.Event(), len(desk.mail.sent)
    stand_still = stop.set if cause == "told to end" else lambda: desk.laned.assigned(frozenset())
    doing(desk, monkeypatch, stand_still)
    desk.lane(EMAIL).step(lambda: not stop.is_set())
    assert len(desk.mail.sent) - before == 1  # whether its provider is back
    if cause == "paused":
        assert desk.lane(EMAIL).step() == AGAIN_SECONDS
        assert len(desk.mail.sent) - before == 1


def test_a_batch_that_comes_while_the_process_ends_is_put_aside(desk: LanedDesk) -> None:
    desk.laned.close()
    assert desk.round(*mails("M1")) == []
    assert (desk.mail.sent, list(desk.asides.rows)) == ([], ["M1"])


def test_lanes_that_hang_are_waited_for_together(
    desk: LanedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.sender.laned._STOP_SECONDS", 0.3)
    monkeypatch.setattr(desk.laned, "_clock", SystemClock())
    hang, hanging = threading.Event(), threading.Semaphore(0)

    def step(goes_on: object) -> float:
        hanging.release()
        hang.wait(20)
        return 0.0

    for lane in desk.lanes.values():
        monkeypatch.setattr(lane, "step", step)
    desk.laned.start()
    for _ in desk.lanes:
        assert hanging.acquire(timeout=10)
    began = time.monotonic()
    desk.laned.close()
    took = time.monotonic() - began
    hang.set()
    assert took < 0.3 * len(desk.lanes)
