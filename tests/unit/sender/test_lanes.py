"""A provider that is slow or away delays its own notices, and nobody else's."""

import pytest

from schemas.notice_words import NoticeChannel
from services.adapters.memory_asides import MemoryAsideStore
from services.domain.errors import OutageError
from services.domain.send_store import Claim
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.records import Handled, Spot
from services.sender.channels.port import SENT
from services.sender.handler import SenderHandler
from services.sender.lane import Lane
from services.sender.laned import LanedHandler
from services.sender.new_lane import lane_of
from services.sender.policy import SENDABLE
from services.sender.waves import Process
from tests.unit.sender.desk import AWAY, FAILED, SenderDesk, a_notice, settlements

WEBHOOK, EMAIL = NoticeChannel.WEBHOOK, NoticeChannel.EMAIL


class Gauge:
    """Remembers the newest figures of each lane."""

    def __init__(self) -> None:
        self.lanes: dict[str, tuple[int, float]] = {}
        self.away: dict[str, int] = {}

    def lane(self, channel: str, waiting: int, oldest_seconds: float) -> None:
        self.lanes[channel] = (waiting, oldest_seconds)

    def providers_away(self, channel: str, providers: int) -> None:
        self.away[channel] = providers


class LanedDesk(SenderDesk):
    """A sender with lanes that move only when told."""

    def __init__(self) -> None:
        self.asides = MemoryAsideStore()
        self.gauge = Gauge()
        super().__init__()

    def restart(self, crash: CrashPoints = never) -> SenderHandler:
        sender = super().restart(crash)
        sender._patience = self.policy.patience_seconds
        process = Process(f"process-{id(sender)}", 4)
        outside = self.outside
        self.lanes = {
            one: lane_of(
                one, outside, self.policy, process, sender.providers, self.asides, self.gauge
            )
            for one in SENDABLE
        }
        for lane in self.lanes.values():
            lane._dispatch._waves._outside = outside  # calls one by one, without threads
        self.laned = LanedHandler(
            "requested", sender, list(self.lanes.values()), self.asides, self.clock
        )
        self.laned.assigned(frozenset({Spot("requested", 0)}))
        return sender

    def round(self, *wanted) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
        """Take a batch as the loop does; return what ended with it and on the lanes."""
        handled = Handled()
        if wanted:
            handled.add(self.laned.handle([self.inbound(one) for one in wanted], {}))
        handled.add(self.laned.tick(self.clock.now(), {}))
        return [(one.notice_id, one.state) for one in settlements(handled)]

    def lane(self, channel: NoticeChannel) -> Lane:
        return self.lanes[channel]


@pytest.fixture
def desk() -> LanedDesk:
    return LanedDesk()


def mails(*names: str) -> list:  # type: ignore[type-arg]
    return [a_notice(name) for name in names]


def test_many_notices_of_a_quick_provider_take_their_time_and_close_no_lane(
    desk: LanedDesk,
) -> None:
    desk.mail.seconds = 0.2
    told = desk.round(*mails(*(f"M{n}" for n in range(40))))
    assert len(told) == 40
    assert desk.asides.rows == {}


def test_what_is_quick_goes_with_its_batch_and_waits_nowhere(desk: LanedDesk) -> None:
    assert desk.round(a_notice("M"), a_notice("W", channel=WEBHOOK)) == [
        ("M", "sent"),
        ("W", "sent"),
    ]
    assert desk.asides.rows == {}


def test_a_provider_that_is_away_holds_up_its_own_notices_only(desk: LanedDesk) -> None:
    desk.mail.usual = AWAY
    first = [*mails("M1", "M2"), a_notice("W1", channel=WEBHOOK)]
    assert desk.round(*first) == [("W1", "sent")]
    assert sorted(desk.asides.rows) == ["M1", "M2"]
    assert desk.round(*mails("M3"), a_notice("W2", channel=WEBHOOK)) == [("W2", "sent")]
    desk.mail.usual = SENT
    desk.clock.advance(400)
    while desk.lane(EMAIL).step() == 0.0:
        pass
    assert sorted(desk.round()) == [("M1", "sent"), ("M2", "sent"), ("M3", "sent")]
    assert desk.round() == []
    assert desk.asides.rows == {}


def test_a_slow_provider_is_met_by_one_batch_and_then_by_its_lane(desk: LanedDesk) -> None:
    desk.hook.seconds = 5.0
    desk.round(a_notice("W1", channel=WEBHOOK))
    before = desk.clock.monotonic()
    told = desk.round(a_notice("M1"), *(a_notice(f"V{n}", channel=WEBHOOK) for n in range(20)))
    assert told == [("M1", "sent")]
    assert desk.clock.monotonic() == before  # nobody waited for the slow one
    assert len(desk.asides.rows) == 20


def test_a_lane_is_open_again_when_it_is_empty_and_its_provider_quick(desk: LanedDesk) -> None:
    desk.hook.seconds = 5.0
    desk.round(a_notice("W1", channel=WEBHOOK))
    desk.hook.seconds = 0.0
    desk.round(*(a_notice(f"V{n}", channel=WEBHOOK) for n in range(20)))
    assert not desk.lane(WEBHOOK).is_open_to("contact:c1")
    while desk.lane(WEBHOOK).step() == 0.0:
        pass
    assert len(desk.round()) == 20
    desk.round()
    desk.lane(WEBHOOK).step()
    assert desk.lane(WEBHOOK).is_open_to("contact:c1")
    assert desk.round(a_notice("W2", channel=WEBHOOK)) == [("W2", "sent")]


def test_what_waits_is_found_by_the_process_that_comes_after(desk: LanedDesk) -> None:
    desk.mail.usual = AWAY
    desk.round(*mails("M1"))
    desk.mail.usual = SENT
    desk.restart()
    assert desk.round(*mails("M2")) == []  # it waits behind the one that came before
    desk.lane(EMAIL).step()
    assert sorted(desk.round()) == [("M1", "sent"), ("M2", "sent")]
    assert desk.mail.sent.count("M2") == 1


def test_an_end_that_was_not_committed_is_told_again_with_the_same_bytes(desk: LanedDesk) -> None:
    desk.mail.usual = AWAY
    desk.round(*mails("M1"))
    desk.mail.usual = SENT
    desk.clock.advance(400)
    desk.lane(EMAIL).step()
    first = desk.laned.tick(desk.clock.now(), {})
    desk.laned.assigned(frozenset())  # the transaction is lost
    desk.laned.assigned(frozenset({Spot("requested", 0)}))
    assert desk.round() == []
    desk.lane(EMAIL).step()
    again = desk.laned.tick(desk.clock.now(), {})
    assert again.outbound == first.outbound
    assert desk.mail.sent.count("M1") <= 5


def test_what_another_process_may_be_sending_is_waited_for(desk: LanedDesk) -> None:
    desk.mail.usual = AWAY
    desk.round(*mails("M1"))
    desk.mail.usual = SENT
    desk.clock.advance(400)
    number = max(int(key.partition("#")[2]) for key in desk.store.claims) + 1
    claim = Claim("M1", number, "k", EMAIL, "another/email", desk.clock.now())
    desk.store.claim([claim])
    sent = len(desk.mail.sent)
    desk.lane(EMAIL).step()
    assert len(desk.mail.sent) == sent
    assert desk.round() == []
    desk.clock.advance(60)
    desk.lane(EMAIL).step()
    assert desk.round() == [("M1", "sent")]


def test_a_lane_tells_how_much_waits_and_since_when(desk: LanedDesk) -> None:
    desk.mail.usual = AWAY
    desk.round(*mails("M1"))
    desk.clock.advance(90)
    desk.round(*mails("M2"))
    desk.lane(EMAIL).step()
    desk.lane(WEBHOOK).step()
    assert desk.gauge.lanes == {EMAIL: (2, 90.0), WEBHOOK: (0, 0.0)}
    desk.mail.usual = SENT
    desk.clock.advance(400)
    while desk.lane(EMAIL).step() == 0.0:
        pass
    assert desk.gauge.lanes[EMAIL] == (0, 0.0)


def test_a_lane_longer_than_a_page_is_counted_whole(
    desk: LanedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.sender.lane.PAGE", 3)
    desk.mail.usual = AWAY
    desk.round(*mails(*(f"M{n}" for n in range(8))))
    desk.lane(EMAIL).step()
    assert desk.gauge.lanes[EMAIL][0] == 8


def test_a_lane_that_serves_nothing_shows_nothing(desk: LanedDesk) -> None:
    desk.mail.usual = AWAY
    desk.round(*mails("M1"))
    desk.lane(EMAIL).step()
    desk.laned.assigned(frozenset())
    desk.lane(EMAIL).step()
    assert desk.gauge.lanes[EMAIL] == (0, 0.0)


def test_who_failed_over_to_a_channel_that_is_away_is_in_nobodys_way(
    desk: LanedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.sender.lane.PAGE", 3)
    desk.restart()
    dead = [a_notice(f"D{n}", fallback=(WEBHOOK,)) for n in range(7)]
    desk.mail.by_notice = {one.notice_id: FAILED for one in dead}
    desk.hook.usual = AWAY
    assert desk.round(*dead) == []
    assert desk.round(*mails("M1")) == []
    for _ in range(6):
        desk.lane(EMAIL).step()
    assert desk.round() == [("M1", "sent")]
    desk.clock.advance(1)
    desk.lane(EMAIL).step()
    waiting, oldest = desk.gauge.lanes[EMAIL]
    assert (waiting, oldest >= 1.0) == (7, True)
    desk.hook.usual = SENT
    desk.clock.advance(400)
    while desk.lane(EMAIL).step() == 0.0:
        pass
    assert desk.round() == [(f"D{n}", "sent") for n in range(7)]


def test_what_was_sent_when_the_database_went_away_is_in_no_doubt_on_its_lane(
    desk: LanedDesk,
) -> None:
    def away(operation: str) -> None:
        if operation == "record":
            raise OutageError("mongodb", "away")

    desk.mail.seconds = 5.0  # so that it comes to its lane when it comes again
    desk.store.before = away
    with pytest.raises(OutageError):
        desk.round(a_notice("M1", mandatory=False))
    desk.store.before = lambda operation: None
    assert desk.round(a_notice("M1", mandatory=False)) == []
    desk.clock.advance(60)
    desk.lane(EMAIL).step()
    assert desk.round() == [("M1", "sent")]
    assert desk.mail.sent == ["M1"]
