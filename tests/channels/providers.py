"""Every channel and the receiver behind it, of which faults can be asked in common words."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from infra.catcher import Box, Catcher, Caught, Fault
from infra.catcher.box import Way
from infra.catcher.onward import Onward
from schemas.notice_words import NoticeChannel
from services.adapters.clock import SystemClock
from services.sender.channels.gateway import GatewayChannel
from services.sender.channels.letter import LetterChannel
from services.sender.channels.port import Channel, Letter
from services.sender.channels.smpp import Centre, SmppChannel
from services.sender.channels.smpp_receiver import SmppReceiver
from services.sender.channels.smtp import Relay, SmtpChannel
from services.sender.channels.webhook import WebhookChannel
from services.sender.policy import load_policy
from tests.support.waiting import eventually

Tls = Literal["none", "tls", "starttls"]
SECRET = "a-secret-of-at-least-24-characters"
SECONDS = 2.0
NAMES = {"zh": "迅达快递客户服务中心", "en": "Xunda Express"}


def a_letter(**changes: Any) -> Letter:
    """Return a letter to 李华; a test names what it is about."""
    fields: dict[str, Any] = {
        "notice_id": "N3K9PQ2R7M5T8V1WXYZ4ABCDE",
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
BOUNCE = Path(__file__).parents[1] / "unit" / "api" / "mails" / "bounce.eml"
_NAMES = {
    "smtp": NoticeChannel.EMAIL,
    "smpp": NoticeChannel.SMS,
    "http": NoticeChannel.WEBHOOK,
}
POLICY = load_policy()


class Provider(ABC):
    """A channel and the receiver behind it, of which faults can be asked in common words."""

    way: Way
    knows_again: bool = True
    """Whether the receiver is given an id by which it knows a message again."""
    waits: float | None = None
    """How long it asks to be left alone when it says "too often"."""
    has_subject: bool = True
    later: tuple[int, ...]
    """Codes that mean "not now"."""
    channel: Channel

    def __init__(self, catcher: Catcher) -> None:
        self.box: Box = catcher.box
        self.catcher = catcher

    @property
    def told_as(self) -> str:
        """The name under which it tells us of receipts: what it sends over."""
        return str(self.notice_channel)

    @property
    def notice_channel(self) -> NoticeChannel:
        """What notices call it."""
        return _NAMES.get(self.way) or NoticeChannel(self.way)

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

    @contextmanager
    def reporting(self, api: Onward) -> Iterator[Callable[[str], None]]:
        """Let the receiver tell ``api`` what became of the message that it caught last."""

        def report(event: str) -> None:
            assert self.report(api, self.caught()[-1], event)

        yield report

    def report(self, api: Onward, caught: Caught, event: str) -> bool:
        """Tell by the notice's id, as most providers can."""
        return api.receipt(self.told_as, {"notice_id": caught.id, "event": event})


class Mail(Provider):
    """E-mail."""

    way = "smtp"
    later = (450, 451, 452)

    def __init__(self, catcher: Catcher, port: int | None = None, tls: Tls = "none") -> None:
        super().__init__(catcher)
        relay = Relay(
            "127.0.0.1" if tls == "none" else "localhost",
            port or catcher.smtp_port,
            "complaints@example.com",
            NAMES,
            tls,
            seconds=SECONDS,
        )
        self.channel = SmtpChannel(relay, CLOCK.monotonic)

    def report(self, api: Onward, caught: Caught, event: str) -> bool:
        notice_id = caught.id.strip("<>").partition("@")[0]
        if event == "delivered":
            return api.receipt(self.told_as, {"notice_id": notice_id, "event": event})
        return api.mail(BOUNCE.read_bytes().replace(b"NOTICE", notice_id.encode()))

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
    later = (0x08, 0x14, 0x45, 0x64)

    def __init__(self, catcher: Catcher, port: int | None = None, tls: Tls = "none") -> None:
        super().__init__(catcher)
        host, is_tls = ("127.0.0.1", False) if tls == "none" else ("localhost", True)
        self.centre = Centre(
            host, port or catcher.centre.port, "us", "secret", "95338", is_tls, SECONDS
        )
        self.channel = SmppChannel(self.centre, CLOCK.monotonic)

    @contextmanager
    def reporting(self, api: Onward) -> Iterator[Callable[[str], None]]:
        centre = self.catcher.centre
        receiver = SmppReceiver(self.centre, api.api, api.secret.encode(), CLOCK)
        receiver.start()
        eventually(lambda: centre.receivers, within=5)

        def report(event: str) -> None:
            caught, taken = self.caught()[-1], len(centre.delivered)
            stat = "DELIVRD" if event == "delivered" else "UNDELIV"
            text = f"id:{caught.id} sub:001 stat:{stat} err:000 text:x"
            assert centre.deliver(caught.to, text, receipt=True)
            eventually(lambda: len(centre.delivered) > taken, within=5)

        yield report
        receiver.close()
        eventually(lambda: not centre.receivers, within=5)

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
    later = (500, 502, 503, 504)
    address: tuple[str, str] = ("phone", "13800138000")

    def __init__(self, catcher: Catcher, port: int | None = None, tls: Tls = "none") -> None:
        super().__init__(catcher)
        base = f"http://127.0.0.1:{port}" if tls == "none" else f"https://localhost:{port}"
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

    def report(self, api: Onward, caught: Caught, event: str) -> bool:
        """Tell by the name that its answer gave the message."""
        return api.receipt(self.told_as, {"provider_id": f"sms-{caught.id}", "event": event})


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
