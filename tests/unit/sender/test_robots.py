"""Several providers behind one channel: what one of them does is no other one's matter."""

import pytest

from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from services.domain.errors import OutageError
from services.domain.send_store import Outcome
from services.sender import lane, providers
from services.sender.channels.chat import ChatChannel
from services.sender.channels.port import SENT, Answer, Letter, ManyProviders
from services.sender.channels.robots import Robots
from services.sender.policy import load_policy
from services.sender.providers import Providers
from tests.support.manual_clock import ManualClock
from tests.unit.sender.desk import AWAY, SenderDesk, a_notice
from tests.unit.sender.test_lanes import LanedDesk

CHAT = NoticeChannel.CHAT


class FakeRobots(ManyProviders):
    """One robot for each recipient; those in ``broken`` are away."""

    def __init__(self, clock: ManualClock) -> None:
        self.sent: list[tuple[str, float]] = []
        self.asked: list[str] = []
        self.broken: set[str] = set()
        self.answer = AWAY
        self.taken = SENT
        self._clock = clock

    def provider_of(self, recipient: str) -> str:
        return recipient

    def send(self, letter: Letter) -> Answer:
        recipient = letter.address.partition("@")[0]
        self.asked.append(recipient)
        if recipient in self.broken:
            return self.answer
        self.sent.append((letter.notice_id, self._clock.monotonic()))
        return self.taken

    def close(self) -> None:
        """Nothing to let go of."""


def to_team(team: str, name: str) -> NoticeRequested:
    return a_notice(name, recipient=f"team:{team}", channel=CHAT, kind="assigned", fallback=())


def to_teams(team: str, count: int) -> list[NoticeRequested]:
    return [to_team(team, f"{team}{n}") for n in range(count)]


@pytest.fixture
def desk() -> SenderDesk:
    made = SenderDesk()
    made.channels[CHAT] = FakeRobots(made.clock)
    return made


def robots_of(desk: SenderDesk) -> FakeRobots:
    found = desk.channels[CHAT]
    assert isinstance(found, FakeRobots)
    return found


def test_a_broken_robot_opens_the_breaker_of_its_own_team_only(desk: SenderDesk) -> None:
    robots = robots_of(desk)
    robots.broken = {"team:claims"}
    with pytest.raises(OutageError, match="team:claims: connection_refused"):
        desk.take(*to_teams("claims", 6))
    assert desk.handler.providers.of(CHAT, "team:claims").breaker.is_open
    assert desk.handler.providers.away(CHAT) == 1
    assert len(desk.ends(*to_teams("lost", 15))) == 15
    assert robots.asked.count("team:claims") == 4  # one wave


def test_each_robot_takes_its_own_number_of_messages_a_minute(desk: SenderDesk) -> None:
    robots, began = robots_of(desk), desk.clock.monotonic()
    teams = ("claims", "lost", "head-office")
    some = [one for team in teams for one in to_teams(team, 20)]
    assert len(desk.ends(*some)) == 60  # their bursts together
    assert robots.sent[-1][1] - began < 0.1
    desk.ends(to_team("claims", "more"))
    assert robots.sent[-1][1] - began == pytest.approx(1 / 0.33, rel=0.01)


def test_it_is_kept_whose_name_the_name_of_a_message_is(desk: SenderDesk) -> None:
    robots_of(desk).taken = Answer(Outcome.SENT, "sent", provider_id="7")
    desk.mail.usual = Answer(Outcome.SENT, "sent", provider_id="7")
    desk.ends(to_team("claims", "C"), to_team("lost", "L"), a_notice("M"))
    assert desk.store.attempts_called("7") == {
        "chat/team:claims": ("C", 1), "chat/team:lost": ("L", 1), "email": ("M", 1)
    }  # fmt: skip


def test_what_a_robot_asks_for_binds_itself_alone(desk: SenderDesk) -> None:
    robots = robots_of(desk)
    robots.broken, robots.answer = {"team:claims"}, Answer(Outcome.REFUSED, "code_45009", 60.0)
    with pytest.raises(OutageError):
        desk.take(to_team("claims", "C"))
    assert desk.ends(to_team("lost", "L")) == [("L", "sent", 1, None)]


def test_no_more_providers_are_remembered_than_a_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "MOST_KNOWN", 3)
    known = Providers(load_policy().channels, {CHAT: FakeRobots(ManualClock())})
    first = known.of(CHAT, "team:0")
    assert known.of(CHAT, "team:0") is first
    for n in range(1, 5):
        known.of(CHAT, f"team:{n}")
    assert known.of(CHAT, "team:0") is not first
    assert len(known._known[CHAT]) == 3


def test_a_channel_of_one_provider_has_one_whoever_is_written_to(desk: SenderDesk) -> None:
    known = desk.handler.providers
    assert known.of(NoticeChannel.EMAIL, "contact:a") is known.of(NoticeChannel.EMAIL, "contact:b")


def test_who_shares_a_robot_shares_its_limits_and_its_address_is_no_name() -> None:
    one, other = "https://oapi.example.com/a?key=secret", "https://oapi.example.com/b"
    told = {"team:claims": one, "clerk:wang": one, "*": other}
    robots = Robots.model_validate(
        {"robots": {name: {"kind": "wecom", "url": url} for name, url in told.items()}}
    )
    chat = ChatChannel(robots, ManualClock())
    assert chat.provider_of("clerk:wang") == chat.provider_of("team:claims") == "team:claims"
    assert chat.provider_of("team:lost") == "*"
    only = Robots(robots={"team:claims": robots.robots["team:claims"]})
    assert ChatChannel(only, ManualClock()).provider_of("team:lost") == ""


# ------------------------------------------------------------------ on the lane


@pytest.fixture
def laned() -> LanedDesk:
    made = LanedDesk()
    made.channels[CHAT] = FakeRobots(made.clock)
    return made


def test_what_waits_for_one_robot_closes_the_lane_to_its_team_alone(laned: LanedDesk) -> None:
    robots_of(laned).broken = {"team:claims"}
    assert laned.round(*to_teams("claims", 3)) == []
    assert laned.round(to_team("claims", "C"), to_team("lost", "L")) == [("L", "sent")]
    assert {row.provider for row in laned.asides.rows.values()} == {"team:claims"}
    laned.lane(CHAT).step()
    assert laned.gauge.away[CHAT] == 1
    assert laned.round(to_team("lost", "M")) == [("M", "sent")]


def test_a_long_row_before_a_broken_robot_holds_up_nobody_behind_it(
    laned: LanedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "PAGE", 4)
    monkeypatch.setattr(lane, "LEAST_SHARE", 2)
    robots = robots_of(laned)
    robots.broken = {"team:claims", "team:lost"}
    laned.round(*to_teams("claims", 9))
    laned.clock.advance(1)
    laned.round(*to_teams("lost", 3))
    robots.broken = {"team:claims"}
    laned.clock.advance(301)
    for _ in range(4):
        laned.lane(CHAT).step()
        laned.clock.advance(1)
    assert sorted(laned.round()) == [(f"lost{n}", "sent") for n in range(3)]
    assert len([row for row in laned.asides.rows if row.startswith("claims")]) == 9
