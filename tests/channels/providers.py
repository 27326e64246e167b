"""Every channel and the receiver behind it, of which faults can be asked in common words."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from infra.catcher import Box, Catcher, Caught, Fault
from infra.catcher.box import Way
from schemas.notice_words import NoticeChannel
from services.adapters.clock import SystemClock
from services.sender.channels.cards import Kind
from services.sender.channels.chat import ChatChannel
from services.sender.channels.gateway import GatewayChannel
from services.sender.channels.letter import LetterChannel
from services.sender.channels.port import Channel, Letter
from services.sender.channels.robots import Robot, Robots
from services.sender.channels.smpp import Centre, SmppChannel
from services.sender.channels.smtp import Relay, SmtpChannel
from services.sender.channels.webhook import WebhookChannel
from services.sender.policy import load_policy

SECRET = "a-secret-of-at-least-24-characters"
SECONDS = 2.0
NAMES = {"zh": "迅达快递客户服务中心", "en": "Xunda Express"}


def a_letter(**changes: Any) -> Letter:
    """Return a letter to 李华; a test names what it is about."""
    fields: dict[str, Any] = {
        "notice_id": "N3K9PQ2R7M5T8V1WXYZ4ABCD",
        "kind": "acknowledgement",
        "language": "zh",
        "address_kind": "email",
        "address": "li.hua@example.com",
        "subject": "我们已收到您的反映",
        "text": "尊敬的客户：\n\n您好！\n.\n一个点不会结束这封信。\n",
        "html": "<p>尊敬的客户：</p>\n",
        "dated": datetime(2026, 3, 2, 12, tzinfo=UTC),
    }
    return Letter(**(fields | changes))


CLOCK = SystemClock()
POLICY = load_policy()


class Provider(ABC):
    """A channel and the receiver behind it, of which faults can be asked in common words."""

    way: Way
    knows_again: bool = True
    """Whether the receiver is given an id by which it knows a message again."""
    waits: float | None = None
    """How long it asks to be left alone when it says "too often"."""
    has_subject: bool = True
    channel: Channel

    def __init__(self, catcher: Catcher) -> None:
        self.box: Box = catcher.box

    def letter(self, **changes: Any) -> Letter:
        return a_letter(**changes)

    def caught(self) -> list[Caught]:
        return self.box.messages(self.way)

    def fault(self, **how: Any) -> None:
        self.box.plan(Fault(self.way, **how))

    @abstractmethod
    def refuse(self, times: int = 1) -> None: ...

    @abstractmethod
    def refuse_for_good(self) -> None: ...

    @abstractmethod
    def throttle(self) -> None: ...

    def dawdle(self, seconds: float) -> None:
        self.fault(delay=seconds)

    def hang_up(self) -> None:
        self.fault(hang_up=True)


class Mail(Provider):
    """E-mail."""

    way = "smtp"

    def __init__(self, catcher: Catcher, port: int | None = None, tls: bool = False) -> None:
        super().__init__(catcher)
        relay = Relay(
            "localhost" if tls else "127.0.0.1",
            port or catcher.smtp_port,
            "complaints@example.com",
            NAMES,
            "tls" if tls else "none",
            seconds=SECONDS,
        )
        self.channel = SmtpChannel(relay, CLOCK.monotonic)

    def refuse(self, times: int = 1) -> None:
        self.fault(times=times, stage="recipient", code=451)

    def refuse_for_good(self) -> None:
        self.fault(stage="recipient", code=550)

    def throttle(self) -> None:
        self.fault(code=452)


class Smpp(Provider):
    """Short messages over SMPP."""

    way = "smpp"
    knows_again = False
    has_subject = False

    def __init__(self, catcher: Catcher, port: int | None = None, tls: bool = False) -> None:
        super().__init__(catcher)
        host = "localhost" if tls else "127.0.0.1"
        centre = Centre(host, port or catcher.centre.port, "us", "secret", "95338", tls, SECONDS)
        self.channel = SmppChannel(centre, CLOCK.monotonic)

    def letter(self, **changes: Any) -> Letter:
        return a_letter(**({"address_kind": "phone", "address": "13800138000"} | changes))

    def refuse(self, times: int = 1) -> None:
        self.fault(times=times, code=0x14)

    def refuse_for_good(self) -> None:
        self.fault(code=0x0B)

    def throttle(self) -> None:
        self.fault(code=0x58)


class OverHttp(Provider):
    """Any provider over HTTP; ``word`` is the path of its gateway."""

    word: str
    waits = 7.0
    address: tuple[str, str] = ("phone", "13800138000")

    def __init__(self, catcher: Catcher, port: int | None = None, tls: bool = False) -> None:
        super().__init__(catcher)
        base = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
        url = f"{base}/{self.word}" if port else catcher.url(self.word)
        self.channel = self.made(url)

    @abstractmethod
    def made(self, url: str) -> Channel: ...

    def letter(self, **changes: Any) -> Letter:
        kind, address = self.address
        return a_letter(**({"address_kind": kind, "address": address} | changes))

    def refuse(self, times: int = 1) -> None:
        self.fault(times=times, code=503)

    def refuse_for_good(self) -> None:
        self.fault(code=422)

    def throttle(self) -> None:
        self.fault(code=429, retry_after="7")


class Gateway(OverHttp):
    """The webhook."""

    way = "http"
    word = "webhook"

    def made(self, url: str) -> Channel:
        return WebhookChannel(url, SECRET, CLOCK, SECONDS, allow_private=True)


class Templated(OverHttp):
    """A provider whose request is written in the policy."""

    def made(self, url: str) -> Channel:
        gateway = POLICY.gateways[NoticeChannel(self.way)]
        return GatewayChannel(self.way, gateway, url, SECRET, CLOCK, SECONDS, allow_private=True)


class Sms(Templated):
    way = "sms"
    word = "sms"
    has_subject = False


class Voice(Templated):
    way = "voice"
    word = "voice"
    has_subject = False


class Push(Templated):
    way = "push"
    word = "push"
    address = ("account", "cust-1")


class Paper(OverHttp):
    """Letters."""

    way = "letter"
    word = "letters"
    address = ("post", "李华\n上海市静安区南京西路1号")

    def made(self, url: str) -> Channel:
        return LetterChannel(url, SECRET, NAMES, CLOCK, SECONDS, allow_private=True)


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
