"""Answers that are in no list: what they may mean is never more than what they say."""

import fcntl
import resource
import socket

import pytest

from infra.catcher import Catcher, Fault
from services.domain.send_store import Outcome
from services.sender.channels.http_line import HttpLine
from services.sender.channels.port import Channel
from services.sender.channels.smpp import Centre, SmppChannel
from services.sender.channels.smtp import Relay, SmtpChannel
from services.sender.channels.webhook import WebhookChannel
from tests.channels.kinds import KINDS
from tests.channels.providers import NAMES, SECONDS, SECRET, Gateway, Mail, a_letter
from tests.support.manual_clock import ManualClock


@pytest.mark.parametrize("kind", ["sms", "wecom", "dingtalk", "feishu"])
@pytest.mark.parametrize("answer", [{"page": "down for maintenance"}, {"page": "x" * 200_000}])
def test_a_yes_whose_body_does_not_say_so_is_a_doubt(
    catcher: Catcher, kind: str, answer: dict[str, str]
) -> None:
    provider = KINDS[kind](catcher)
    provider.box.plan(Fault(provider.way, code=200, answer=answer))
    said = provider.channel.send(provider.letter())
    provider.channel.close()
    assert (said.outcome, said.reason) == (Outcome.UNKNOWN, "answer_unclear")


@pytest.mark.parametrize("code", [402, 406, 415, 423, 426])
def test_what_speaks_of_the_account_or_the_form_is_not_held_against_the_notice(
    catcher: Catcher, code: int
) -> None:
    gateway = Gateway(catcher)
    gateway.box.plan(Fault("http", code=code))
    answer = gateway.channel.send(gateway.letter())
    gateway.channel.close()
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, f"http_{code}")


@pytest.mark.parametrize("stage", ["recipient", "content"])
@pytest.mark.parametrize(
    ("code", "outcome"),
    [(503, "refused"), (530, "refused"), (538, "refused"), (550, "failed"), (554, "failed")],
)
def test_what_a_relay_says_of_our_login_is_not_held_against_the_mail(
    catcher: Catcher, stage: str, code: int, outcome: str
) -> None:
    mail = Mail(catcher)
    mail.box.plan(Fault("smtp", stage=stage, code=code))
    answer = mail.channel.send(mail.letter())
    mail.channel.close()
    assert (answer.outcome, answer.reason) == (outcome, f"{stage}_{code}")


@pytest.mark.parametrize(
    ("code", "outcome", "reason"),
    [(251, Outcome.SENT, "sent"), (354, Outcome.UNKNOWN, "after_data_unclear")],
)
def test_the_first_digit_of_a_relays_answer_to_a_mail_tells(
    catcher: Catcher, code: int, outcome: Outcome, reason: str
) -> None:
    """RFC 5321, 4.2: whoever does not know a code goes by its first digit."""
    mail = Mail(catcher)
    mail.box.plan(Fault("smtp", code=code))
    answer = mail.channel.send(mail.letter())
    mail.channel.close()
    assert (answer.outcome, answer.reason) == (outcome, reason)


def test_a_process_with_many_connections_loses_no_notice_by_it(
    catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thread keeps a connection to each robot: their descriptors go beyond 1023."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    connect = HttpLine._connect

    def connect_high(self: HttpLine, until: float) -> socket.socket:
        with connect(self, until) as low:
            return socket.socket(fileno=fcntl.fcntl(low, fcntl.F_DUPFD, 1100))

    monkeypatch.setattr(HttpLine, "_connect", connect_high)
    gateway = Gateway(catcher)
    answers = [gateway.channel.send(gateway.letter()) for _ in range(2)]
    gateway.channel.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert [one.outcome for one in answers] == [Outcome.SENT, Outcome.SENT]


def test_one_connection_serves_many_notices(
    catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[float] = []
    connect = HttpLine._connect

    def counted(self: HttpLine, until: float) -> socket.socket:
        made.append(until)
        return connect(self, until)

    monkeypatch.setattr(HttpLine, "_connect", counted)
    gateway = Gateway(catcher)
    answers = [gateway.channel.send(gateway.letter()) for _ in range(5)]
    gateway.channel.close()
    assert {one.outcome for one in answers} == {Outcome.SENT}
    assert len(made) == 1


def _late(catcher: Catcher, kind: str, clock: ManualClock) -> Channel:
    """Return a channel that goes by a clock which tests move."""
    if kind == "http":
        return WebhookChannel(catcher.url("webhook"), SECRET, clock, SECONDS, True)
    if kind == "smtp":
        relay = Relay("127.0.0.1", catcher.smtp_port, "c@example.com", NAMES, seconds=SECONDS)
        return SmtpChannel(relay, clock.monotonic)
    centre = Centre("127.0.0.1", catcher.centre.port, "us", "secret", "95338", seconds=SECONDS)
    return SmppChannel(centre, clock.monotonic)


@pytest.mark.parametrize("kind", ["http", "smtp", "smpp"])
def test_what_could_not_begin_in_time_does_not_come_late(
    catcher: Catcher, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is resolved at last: by then the notice counts as in doubt and goes again."""
    clock = ManualClock()
    connect = socket.socket.connect

    def connect_late(sock: socket.socket, address: object) -> None:
        clock.advance(SECONDS * 10)
        connect(sock, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect_late)
    channel = _late(catcher, kind, clock)
    address = "li@example.com" if kind == "smtp" else "13800138000"
    answer = channel.send(a_letter(address_kind="phone", address=address))
    channel.close()
    assert answer.outcome in (Outcome.AWAY, Outcome.REFUSED)
    assert catcher.box.messages() == []
