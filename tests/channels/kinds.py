"""The robots of company messengers as providers, and all kinds of providers by their names."""

from collections.abc import Callable

from services.sender.channels.cards import Kind
from services.sender.channels.chat import ChatChannel
from services.sender.channels.port import Channel
from services.sender.channels.robots import Robot, Robots
from tests.channels.providers import (
    CLOCK,
    SECONDS,
    Gateway,
    Mail,
    OverHttp,
    Paper,
    Provider,
    Push,
    Smpp,
    Sms,
    Voice,
)


class Chat(OverHttp):
    """A robot; its answers have codes of their own under status 200."""

    way = "chat"
    knows_again = False
    waits = 60.0
    address = ("team", "claims")
    kind: Kind
    busy: tuple[str, int]
    wrong: int

    def made(self, url: str) -> Channel:
        robot = Robot.model_validate({"kind": self.kind, "url": url, "secret": "SECabc"})
        robots = Robots(robots={"team:claims": robot})
        return ChatChannel(robots, CLOCK, SECONDS, allow_private=True)

    def refuse(self, times: int = 1) -> None:
        self.fault(times=times, code=502)

    def refuse_for_good(self) -> None:
        self.fault(code=200, answer={self.busy[0]: self.wrong})

    def throttle(self) -> None:
        self.fault(code=200, answer={self.busy[0]: self.busy[1]})


class Wecom(Chat):
    kind, word, busy, wrong = "wecom", "robot/wecom/claims", ("errcode", 45009), 40058


class Dingtalk(Chat):
    kind, word, busy, wrong = "dingtalk", "robot/dingtalk/claims", ("errcode", 130101), 400101


class Feishu(Chat):
    kind, word, busy, wrong = "feishu", "robot/feishu/claims", ("code", 11232), 9499


class Slack(Chat):
    kind, word = "slack", "robot/slack/claims"
    waits = 7.0
    throttle = OverHttp.throttle
    refuse_for_good = OverHttp.refuse_for_good


KINDS: dict[str, Callable[..., Provider]] = {
    "email": Mail,
    "smpp": Smpp,
    "sms": Sms,
    "voice": Voice,
    "push": Push,
    "wecom": Wecom,
    "dingtalk": Dingtalk,
    "feishu": Feishu,
    "slack": Slack,
    "letter": Paper,
    "webhook": Gateway,
}
