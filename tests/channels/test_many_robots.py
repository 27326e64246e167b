"""One sender, two robots that are real receivers: the one that is broken stops no other team."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from infra.catcher import Catcher
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from services.domain.errors import OutageError
from services.sender.channels.chat import ChatChannel
from services.sender.channels.port import Channel, Letter
from services.sender.channels.robots import Robots
from services.sender.no_letter import NoLetter
from tests.channels.providers import CLOCK, SECONDS
from tests.support.processes import a_free_port
from tests.unit.sender.desk import SenderDesk, a_letter
from tests.unit.sender.test_robots import to_teams

CHAT = NoticeChannel.CHAT


class RealDesk(SenderDesk):
    """A sender over memory; what it writes to teams can really go to them."""

    def letters(
        self, notices: Sequence[NoticeRequested], texts: Sequence[str | None] = ()
    ) -> list[Letter | NoLetter]:
        return [
            replace(a_letter(one), address_kind="team", address=one.recipient.partition(":")[2])
            for one in notices
        ]


@pytest.fixture
def chat(catcher: Catcher) -> Iterator[Channel]:
    told = {
        "team:claims": f"http://127.0.0.1:{a_free_port()}/robot/wecom/claims",  # nobody listens
        "team:lost": catcher.url("robot/wecom/lost"),
        "team:head-office": catcher.url("robot/feishu/head-office"),
    }
    kinds = {name: "feishu" if "feishu" in url else "wecom" for name, url in told.items()}
    robots = Robots.model_validate(
        {"robots": {name: {"kind": kinds[name], "url": url} for name, url in told.items()}}
    )
    made = ChatChannel(robots, CLOCK, SECONDS, allow_private=True)
    yield made
    made.close()


def test_teams_hear_at_once_though_the_robot_of_another_one_is_away(
    chat: Channel, catcher: Catcher
) -> None:
    desk = RealDesk()
    desk.channels[CHAT] = chat
    with pytest.raises(OutageError, match="team:claims"):
        desk.take(*to_teams("claims", 6))
    others = [*to_teams("lost", 20), *to_teams("head-office", 20)]
    assert {end[1] for end in desk.ends(*others)} == {"sent"}
    heard = [one.to for one in catcher.box.messages("chat")]
    assert sorted(heard) == ["head-office"] * 20 + ["lost"] * 20
