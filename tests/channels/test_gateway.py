"""What holds for the webhook alone: signature, redirects, where it may connect."""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.catcher import Catcher, Fault
from services.adapters.clock import SystemClock
from services.domain.errors import SettingsError
from services.domain.send_store import Outcome
from services.domain.signing import signature
from services.sender.channels.http_line import HttpLine, is_public
from services.sender.channels.webhook import WebhookChannel
from tests.channels.providers import SECONDS, SECRET, Gateway, a_letter


@pytest.fixture
def gateway(catcher: Catcher) -> Iterator[Gateway]:
    made = Gateway(catcher)
    yield made
    made.channel.close()


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # The vector with which the specification's own libraries test themselves.
    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_check_what_it_got(gateway: Gateway) -> None:
    letter = gateway.letter()
    gateway.channel.send(letter)
    (caught,) = gateway.caught()
    headers = caught.headers
    body = json.dumps(
        {
            "type": "notice",
            "id": letter.notice_id,
            "kind": letter.kind,
            "timestamp": letter.dated.isoformat(),
            "to": {"kind": "phone", "value": "13800138000"},
            "language": "zh",
            "subject": letter.subject,
            "text": letter.text,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    stamp = headers["webhook-timestamp"]
    assert headers["webhook-signature"] == signature(SECRET.encode(), letter.notice_id, stamp, body)
    assert headers["idempotency-key"] == headers["webhook-id"] == letter.notice_id
    assert abs(int(stamp) - datetime.now(UTC).timestamp()) < 60


def test_a_redirect_is_not_followed(gateway: Gateway) -> None:
    gateway.box.plan(Fault("http", code=307))
    answer = gateway.channel.send(gateway.letter())
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "http_307")
    assert gateway.caught() == []


def test_without_a_time_limit_a_slow_receiver_would_keep_the_sender(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What every channel is tested for is seen when it is broken."""
    monkeypatch.setattr(HttpLine, "_left", lambda self, until: 30.0)
    gateway.dawdle(SECONDS * 2.5)
    started = time.monotonic()
    assert gateway.channel.send(gateway.letter()).outcome is Outcome.SENT
    assert time.monotonic() - started > SECONDS * 2


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(401, "refused"), (404, "refused"), (408, "refused"), (400, "failed"), (413, "failed")],
)
def test_what_speaks_of_the_configuration_is_not_held_against_the_notice(
    gateway: Gateway, code: int, outcome: str
) -> None:
    gateway.box.plan(Fault("http", code=code))
    assert gateway.channel.send(gateway.letter()).outcome == outcome


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("soon", None), ("Thu, 01 Jan 2015 00:00:00 GMT", 0.0)]
)
def test_retry_after_is_understood_in_both_forms(
    gateway: Gateway, header: str, seconds: float | None
) -> None:
    gateway.box.plan(Fault("http", code=429, retry_after=header))
    assert gateway.channel.send(gateway.letter()).retry_after == seconds


def test_a_private_address_is_refused_unless_the_settings_allow_it(catcher: Catcher) -> None:
    url = "https://localhost:8443/webhook"
    channel = WebhookChannel(url, SECRET, SystemClock())
    answer = channel.send(a_letter())
    channel.close()
    assert (answer.outcome, answer.reason) == (Outcome.AWAY, "not_allowed")
    assert catcher.box.messages() == []


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "127.0.0.1", "169.254.169.254", "100.64.0.1", "::1", "fd00::1", "::ffff:10.0.0.1",
     "fe80::1%eth0", "0.0.0.0", "224.0.0.1"],
)  # fmt: skip
def test_no_private_address_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"url": "http://gateway.example/x"}, "must be https"),
        ({"url": "ftp://gateway.example/x"}, "must be https"),
        ({"url": "https://user:secret@gateway.example/x"}, "no login"),
        ({"url": "https://gateway.example:6379/x"}, "port 6379"),
        ({"secret": ""}, "at least 24"),
        ({"secret": "whsec_???"}, "base64"),
        ({"secret": "whsec_" + b64encode(b"short").decode()}, "at least 24"),
    ],
)
def test_settings_that_are_not_safe_are_refused(changes: dict[str, Any], problem: str) -> None:
    known = {"url": "https://gateway.example/x", "secret": SECRET}
    with pytest.raises(SettingsError, match=problem):
        WebhookChannel(**(known | changes), clock=SystemClock())
