"""Whoever got enough for now gets the rest later: nothing is dropped, and nobody else waits."""

from typing import Any

import pytest

from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from schemas.vocabulary import ChangeKind, ClockName
from services.domain.errors import OutageError
from services.domain.notice_fates import fate_of
from services.domain.notice_why import Decided, decided_of
from services.notification.policy import load_policy as notices
from services.sender.limits import RecipientCaps
from services.sender.policy import Cap
from tests.unit.notification.test_gates import warned
from tests.unit.notification.test_handler import Desk, requested, settled
from tests.unit.notification.test_logic import a_change
from tests.unit.sender.desk import AWAY, REFUSED, FakeChannel, a_notice
from tests.unit.sender.test_lanes import LanedDesk

CHAT = NoticeChannel.CHAT
MINUTE = 60.0


class ChatDesk(LanedDesk):
    """A sender with lanes and a robot for each team; ``ended`` is how notices ended."""

    def __init__(self) -> None:
        super().__init__()
        self.chat = FakeChannel(self.clock)
        self.channels[CHAT] = self.chat
        self.ended: dict[str, str] = {}

    def cap(self, *caps: tuple[int, float]) -> None:
        channels = dict(self.policy.channels)
        made = tuple(Cap(most=most, seconds=seconds) for most, seconds in caps)
        channels[CHAT] = channels[CHAT].model_copy(update={"caps": made})
        self.policy = self.policy.model_copy(update={"channels": channels})
        self.restart()

    def pass_time(self, seconds: float, *wanted: NoticeRequested) -> None:
        """Take a batch, then let the lanes work second by second."""
        self.ended.update(self.round(*wanted))
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            for _ in range(100):
                if self.lanes[CHAT].step() > 0.0:
                    break
            self.ended.update(self.round())
            self.clock.advance(1.0)


@pytest.fixture
def desk() -> ChatDesk:
    return ChatDesk()


def a_warning(name: str, to: str = "team:claims", **fields: Any) -> NoticeRequested:
    known: dict[str, Any] = {"recipient": to, "channel": CHAT, "mandatory": False}
    return a_notice(name, **(known | fields))


def warnings(count: int, to: str = "team:claims", **fields: Any) -> list[NoticeRequested]:
    return [a_warning(f"{to}-{number}", to, **fields) for number in range(count)]


def test_who_had_enough_waits_until_the_cap_allows_it(desk: ChatDesk) -> None:
    desk.cap((2, 60.0))
    desk.pass_time(30, *warnings(4))
    assert desk.chat.sent == ["team:claims-0", "team:claims-1"]
    desk.pass_time(60)
    assert desk.chat.sent == [f"team:claims-{number}" for number in range(4)]
    assert set(desk.ended.values()) == {"sent"}
    desk.pass_time(1)
    assert desk.asides.rows == {}


def test_what_the_database_was_not_told_of_and_was_not_sent_uses_up_no_cap(desk: ChatDesk) -> None:
    desk.cap((2, 3600.0))
    away = iter(range(5))

    def claims_fail(operation: str) -> None:
        if operation == "claim" and next(away, None) is not None:
            raise OutageError("mongodb", "away")

    desk.store.before = claims_fail
    for _ in range(5):
        with pytest.raises(OutageError):
            desk.round(*warnings(2))
    assert desk.round(*warnings(2)) == [("team:claims-0", "sent"), ("team:claims-1", "sent")]


def test_whoever_waits_holds_up_nobody_of_his_channel(
    desk: ChatDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.sender.lane.PAGE", 3)
    desk.cap((1, 7200.0))
    desk.pass_time(5, *warnings(10), a_warning("B1", "team:billing"))
    before = desk.clock.monotonic()
    assert "B1" in desk.chat.sent
    assert desk.lane(CHAT).is_open_to("team:claims")
    assert desk.round(a_warning("C1", "team:senior-desk")) == [("C1", "sent")]
    assert desk.clock.monotonic() == before
    assert len(desk.asides.rows) == 9


def test_a_lane_counts_those_who_rest(desk: ChatDesk) -> None:
    desk.cap((1, 7200.0))
    desk.pass_time(5, *warnings(4))
    assert desk.gauge.lanes[CHAT] == (3, 0.0)


@pytest.mark.parametrize("fields", [{"mandatory": True}, {"passes_caps": True}])
def test_what_is_mandatory_or_grave_passes_and_uses_up_nothing(
    desk: ChatDesk, fields: dict[str, Any]
) -> None:
    desk.cap((1, 7200.0))
    passing = [a_warning(f"P{number}", **fields) for number in range(4)]
    assert {end for _, end in desk.round(*passing, *warnings(1))} == {"sent"}
    assert len(desk.chat.sent) == 5


def test_what_did_not_arrive_uses_up_no_cap(desk: ChatDesk) -> None:
    desk.cap((1, 7200.0))
    desk.chat.plan = [REFUSED, AWAY]
    desk.pass_time(10, *warnings(1))
    assert desk.ended == {"team:claims-0": "sent"}
    assert len(desk.chat.sent) == 3


def test_who_rests_is_found_by_the_process_that_comes_after(desk: ChatDesk) -> None:
    desk.cap((1, 60.0))
    desk.pass_time(5, *warnings(3))
    desk.restart()
    desk.pass_time(130)
    assert desk.ended == {f"team:claims-{number}": "sent" for number in range(3)}
    assert len(desk.chat.sent) == 3


def test_caps_say_when_the_next_may_go() -> None:
    caps = RecipientCaps((Cap(most=1, seconds=10), Cap(most=2, seconds=60)))
    assert caps.free_at("a", 5.0) == 5.0
    caps.note("a", 5.0)
    assert caps.free_at("a", 6.0) == 15.0
    caps.note("a", 15.0)
    assert caps.free_at("a", 16.0) == 65.0
    assert caps.free_at("b", 16.0) == 16.0
    caps.take_back("a")
    assert caps.free_at("a", 16.0) == 16.0


def test_a_team_that_gets_thirty_warnings_in_ten_minutes_gets_each_of_them(desk: ChatDesk) -> None:
    notification = Desk()
    asked: list[NoticeRequested] = []
    bundled: list[str] = []
    digests: set[str] = set()
    for number in range(30):
        handled = notification.take(warned(case_id=f"case-{number}"))
        now = requested(handled)
        asked += [one for one in now if one.kind == "warning"]
        digests |= {one.notice_id for one in now if one.kind == "digest"}
        bundled += [one.digest or "" for one in settled(handled)]
        desk.pass_time(20, *(one for one in now if one.not_before is None))
        notification.clock.advance(20)
    assert (len(asked), len(bundled)) == (20, 10)
    assert set(bundled) == digests
    digest = a_warning(*digests, mandatory=True, kind="digest")
    desk.pass_time(15 * MINUTE, digest)
    assert desk.ended == dict.fromkeys([*digests, *(one.notice_id for one in asked)], "sent")
    assert len(desk.chat.sent) == 21


@pytest.mark.parametrize("kind", ["team", "clerk"])
def test_the_caps_let_go_what_storm_mode_lets_go(desk: ChatDesk, kind: str) -> None:
    rate = notices().storm.rate_of(f"{kind}:anybody")
    assert rate is not None
    desk.pass_time(rate.minutes * MINUTE, *warnings(rate.most, f"{kind}:anybody"))
    assert list(desk.ended.values()) == ["sent"] * rate.most


def test_a_statutory_warning_comes_at_once_to_a_team_that_had_enough(desk: ChatDesk) -> None:
    desk.cap((1, 7200.0))
    notification = Desk()
    usual = requested(notification.take(warned(case_id="a"), warned(case_id="b")))
    assert [one.passes_caps for one in usual] == [None, None]
    desk.pass_time(5, *usual)
    assert len(desk.chat.sent) == 1
    law = warned(case_id="c", clock=ClockName.STATUTORY)
    grave = warned(case_id="d", level=4)
    to_clerk = a_change(ChangeKind.ASSIGNED, case_id="e", assignee="wang", level=4)
    passing = requested(notification.take(law, grave, to_clerk))
    assert len(passing) == 3
    assert all(one.passes_caps for one in passing)
    assert {end for _, end in desk.round(*passing)} == {"sent"}


def test_who_waits_for_a_cap_is_said_to_wait_and_then_sent(desk: ChatDesk) -> None:
    desk.cap((1, 7200.0))
    notification = Desk()
    asked = requested(notification.take(warned(case_id="a"), warned(case_id="b")))
    desk.pass_time(5, *asked)
    row = notification.store.notices[asked[1].notice_id]

    def said() -> Decided:
        fate = fate_of(row, desk.store.attempts([row.key]).get(row.key, []))
        return decided_of(fate, notification.clock.now())

    assert said() is Decided.WAITING
    desk.pass_time(7200)
    assert said() is Decided.SENT
