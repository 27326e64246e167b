"""Every channel against a real receiver on this machine: tests that take ``provider`` run
once for each."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from infra.catcher import Box, Catcher, Caught, Fault
from services.adapters.clock import SystemClock
from services.sender.channels.port import Channel, Letter
from services.sender.channels.smtp import Relay, SmtpChannel
from services.sender.channels.webhook import WebhookChannel
from tests.support.processes import a_free_port

SECRET = "a-secret-of-at-least-24-characters"
SECONDS = 1.0
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


class Provider(Protocol):
    """A channel and the receiver behind it, of which faults can be asked in common words."""

    box: Box
    channel: Channel

    def letter(self, **changes: Any) -> Letter: ...

    def caught(self) -> list[Caught]: ...

    def refuse(self, times: int = 1) -> None: ...

    def refuse_for_good(self) -> None: ...

    def throttle(self) -> None: ...

    def dawdle(self, seconds: float) -> None: ...

    def hang_up(self) -> None: ...


class Mail:
    """E-mail."""

    def __init__(self, catcher: Catcher, port: int | None = None) -> None:
        self.box = catcher.box
        relay = Relay(
            "127.0.0.1",
            port or catcher.smtp_port,
            "complaints@example.com",
            NAMES,
            seconds=SECONDS,
        )
        self.channel: Channel = SmtpChannel(relay, SystemClock().monotonic)

    def letter(self, **changes: Any) -> Letter:
        return a_letter(**changes)

    def caught(self) -> list[Caught]:
        return self.box.messages("smtp")

    def refuse(self, times: int = 1) -> None:
        self.box.plan(Fault("smtp", times, stage="recipient", code=451))

    def refuse_for_good(self) -> None:
        self.box.plan(Fault("smtp", stage="recipient", code=550))

    def throttle(self) -> None:
        self.box.plan(Fault("smtp", stage="content", code=452))

    def dawdle(self, seconds: float) -> None:
        self.box.plan(Fault("smtp", delay=seconds))

    def hang_up(self) -> None:
        self.box.plan(Fault("smtp", hang_up=True))


class Gateway:
    """The webhook."""

    def __init__(self, catcher: Catcher, port: int | None = None) -> None:
        self.box = catcher.box
        url = f"http://127.0.0.1:{port}/webhook" if port else catcher.webhook_url
        self.channel: Channel = WebhookChannel(
            url, SECRET, SystemClock().now, SECONDS, allow_private=True
        )

    def letter(self, **changes: Any) -> Letter:
        return a_letter(**({"address_kind": "phone", "address": "13800138000"} | changes))

    def caught(self) -> list[Caught]:
        return self.box.messages("http")

    def refuse(self, times: int = 1) -> None:
        self.box.plan(Fault("http", times, code=503))

    def refuse_for_good(self) -> None:
        self.box.plan(Fault("http", code=422))

    def throttle(self) -> None:
        self.box.plan(Fault("http", code=429, retry_after="7"))

    def dawdle(self, seconds: float) -> None:
        self.box.plan(Fault("http", delay=seconds))

    def hang_up(self) -> None:
        self.box.plan(Fault("http", hang_up=True))


KINDS: dict[str, Callable[..., Provider]] = {"email": Mail, "webhook": Gateway}


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    with Catcher(a_free_port(), 0) as made:
        yield made


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def provider(kind: str, catcher: Catcher) -> Iterator[Provider]:
    made = KINDS[kind](catcher)
    yield made
    made.channel.close()


@pytest.fixture
def absent(kind: str, catcher: Catcher) -> Iterator[Provider]:
    """A provider where nobody listens."""
    made = KINDS[kind](catcher, a_free_port())
    yield made
    made.channel.close()
