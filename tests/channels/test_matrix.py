"""Every channel bears every fault that it can meet, against a real receiver: ``matrix`` says which,
and nothing is missing from it."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, get_args

import pytest

from infra.catcher import Catcher, Fault
from infra.catcher.mail import MailServer
from services.domain.send_store import Outcome
from services.sender.channels.cards import Kind
from services.sender.channels.http_line import HttpLine
from services.sender.channels.port import Answer
from services.sender.policy import SENDABLE
from tests.channels.kinds import KINDS
from tests.channels.matrix import HOLDS, MATRIX, Trouble
from tests.channels.providers import SECONDS, Mail, Provider, Tls
from tests.channels.receipts import telling
from tests.support.processes import a_free_port
from tests.support.tls import ELSEWHERE, OURS, authority, behind_tls, certified
from tests.unit.sender.desk import settlements


class Trial:
    """A kind of channel, and the receivers that it may be tried with."""

    def __init__(self, kind: str, catcher: Catcher, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kind = kind
        self.catcher = catcher
        self._monkeypatch = monkeypatch

    @contextmanager
    def provider(self, port: int | None = None, tls: Tls = "none") -> Iterator[Provider]:
        """Connect to the receiver, or to what listens on ``port`` in its place."""
        made = KINDS[self.kind](self.catcher, port, tls)
        yield made
        made.channel.close()

    def vouch(self) -> None:
        """Trust the authority that certifies the receivers."""
        self._monkeypatch.setenv("SSL_CERT_FILE", str(authority()))

    def over_tls(self, name: str = OURS) -> Answer:
        """Send to the real receiver behind TLS with a certificate made out to ``name``."""
        with self.provider() as plain:
            ports = {"smtp": self.catcher.smtp_port, "smpp": self.catcher.centre.port}
            inner = ports.get(plain.way, self.catcher.http_port)
        with behind_tls(inner, name) as port, self.provider(port, "tls") as provider:
            return provider.channel.send(provider.letter())

    def over_starttls(self, certificate: ssl.SSLContext | None) -> Answer:
        """Send to a relay that takes mail after STARTTLS only; without a certificate to one that
        does not know it."""
        port = a_free_port()
        server = MailServer(self.catcher.box, port, tls=certificate)
        server.start()
        try:
            with self.provider(port, "starttls") as provider:
                return provider.channel.send(provider.letter())
        finally:
            server.stop()

    def arrived(self) -> int:
        return len(self.catcher.box.messages())


def absent(trial: Trial) -> None:
    with trial.provider(a_free_port()) as provider:
        assert provider.channel.send(provider.letter()).outcome is Outcome.AWAY


def slow(trial: Trial) -> None:
    with trial.provider() as provider:
        provider.dawdle(SECONDS / 4)
        assert provider.channel.send(provider.letter()).outcome is Outcome.SENT
        assert trial.arrived() == 1


def too_slow(trial: Trial) -> None:
    """A doubt, and in time: the next one is not kept waiting."""
    with trial.provider() as provider:
        provider.dawdle(SECONDS * 3)
        started = time.monotonic()
        assert provider.channel.send(provider.letter()).outcome is Outcome.UNKNOWN
        assert time.monotonic() - started < SECONDS * 2


def throttled(trial: Trial) -> None:
    with trial.provider() as provider:
        provider.throttle()
        answer = provider.channel.send(provider.letter())
        assert (answer.outcome, answer.retry_after) == (Outcome.REFUSED, provider.waits)
        assert trial.arrived() == 0


def broken(trial: Trial) -> None:
    with trial.provider() as provider:
        provider.refuse()
        assert provider.channel.send(provider.letter()).outcome is Outcome.REFUSED
        for code in provider.later:
            provider.fault(code=code)
            answer = provider.channel.send(provider.letter())
            assert answer.outcome is Outcome.REFUSED, code
        assert trial.arrived() == 0


def never(trial: Trial) -> None:
    with trial.provider() as provider:
        provider.refuse_for_good()
        assert provider.channel.send(provider.letter()).outcome is Outcome.FAILED
        assert trial.arrived() == 0


def reset(trial: Trial) -> None:
    with trial.provider() as provider:
        provider.hang_up()
        assert provider.channel.send(provider.letter()).outcome is Outcome.UNKNOWN
        assert trial.arrived() == 1


def receipt_twice(trial: Trial) -> None:
    """What is told twice is told on once, in the same bytes; and what did not arrive goes over the
    next channel once."""
    for event, state in (("delivered", "delivered"), ("undelivered", "sent")):
        trial.catcher.box.clear()
        with trial.provider() as provider, telling(provider) as (sender, api):
            (end,) = settlements(sender.take(sender.notice))
            assert (end.state, end.epoch) == ("sent", 0)
            with provider.reporting(api) as report:
                report(event)
                (first,) = sender.hear()
                report(event)
                later = sender.hear()
            (end,) = settlements(first)
            assert (end.state, end.attempts, end.epoch) == (state, 1, 1)
            assert all(again.outbound == first.outbound for again in later)
            assert len(sender.next.sent) == (event == "undelivered")
            assert trial.arrived() == 1


def tls_untrusted(trial: Trial) -> None:
    assert trial.over_tls().outcome is Outcome.AWAY
    assert trial.arrived() == 0


def tls_other_name(trial: Trial) -> None:
    trial.vouch()
    assert trial.over_tls(ELSEWHERE).outcome is Outcome.AWAY
    assert trial.arrived() == 0


def starttls_missing(trial: Trial) -> None:
    answer = trial.over_starttls(None)
    assert (answer.outcome, answer.reason) == (Outcome.AWAY, "starttls_missing")
    assert trial.arrived() == 0


def starttls_refused(trial: Trial) -> None:
    trial.vouch()
    trial.catcher.box.plan(Fault("smtp", stage="starttls", code=454))
    answer = trial.over_starttls(certified(OURS))
    assert (answer.outcome, answer.reason) == (Outcome.AWAY, "starttls_454")
    assert trial.arrived() == 0


def starttls_untrusted(trial: Trial) -> None:
    answer = trial.over_starttls(certified(OURS))
    assert (answer.outcome, answer.reason) == (Outcome.AWAY, "tls")
    assert trial.arrived() == 0


def starttls_other_name(trial: Trial) -> None:
    trial.vouch()
    answer = trial.over_starttls(certified(ELSEWHERE))
    assert (answer.outcome, answer.reason) == (Outcome.AWAY, "tls")
    assert trial.arrived() == 0


PROOFS: Final[dict[Trouble, Callable[[Trial], None]]] = {
    Trouble.ABSENT: absent,
    Trouble.SLOW: slow,
    Trouble.TOO_SLOW: too_slow,
    Trouble.THROTTLED: throttled,
    Trouble.BROKEN: broken,
    Trouble.NEVER: never,
    Trouble.RESET: reset,
    Trouble.RECEIPT_TWICE: receipt_twice,
    Trouble.TLS_UNTRUSTED: tls_untrusted,
    Trouble.TLS_OTHER_NAME: tls_other_name,
    Trouble.STARTTLS_MISSING: starttls_missing,
    Trouble.STARTTLS_REFUSED: starttls_refused,
    Trouble.STARTTLS_UNTRUSTED: starttls_untrusted,
    Trouble.STARTTLS_OTHER_NAME: starttls_other_name,
}
CELLS: Final = [
    pytest.param(kind, trouble, id=f"{kind}-{trouble.name.lower()}")
    for kind, row in MATRIX.items()
    for trouble, why in row.items()
    if why == HOLDS
]


@pytest.mark.parametrize(("kind", "trouble"), CELLS)
def test_a_channel_bears_a_fault(
    kind: str, trouble: Trouble, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    PROOFS[trouble](Trial(kind, catcher, monkeypatch))


def test_a_channel_without_a_time_limit_does_not_bear_the_fault(
    catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What every channel is tried for is seen where it is broken."""
    monkeypatch.setattr(HttpLine, "_left", lambda self, until: 30.0)
    with pytest.raises(AssertionError):
        too_slow(Trial("sms", catcher, monkeypatch))


def test_every_channel_meets_every_fault_or_the_matrix_says_why_it_cannot(
    running_catcher: Catcher,
) -> None:
    assert set(MATRIX) == set(KINDS)
    for kind, row in MATRIX.items():
        assert set(row) == set(Trouble), kind
        assert all(len(why) > 20 for why in row.values() if why != HOLDS), kind
    assert set(PROOFS) == set(Trouble)
    made = [make(running_catcher) for make in KINDS.values()]
    assert {one.notice_channel for one in made} == SENDABLE
    assert set(get_args(Kind)) <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_that_is_vouched_for_is_trusted(
    kind: str, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The faults of TLS are refused for their certificate, and for nothing else."""
    trial = Trial(kind, catcher, monkeypatch)
    trial.vouch()
    assert trial.over_tls().outcome is Outcome.SENT
    assert trial.arrived() == 1


def test_mail_goes_after_starttls(catcher: Catcher, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial("email", catcher, monkeypatch)
    trial.vouch()
    assert trial.over_starttls(certified(OURS)).outcome is Outcome.SENT
    assert trial.arrived() == 1


def test_a_relay_that_asks_for_starttls_takes_nothing_without_it(catcher: Catcher) -> None:
    port = a_free_port()
    server = MailServer(catcher.box, port, tls=certified(OURS))
    server.start()
    mail = Mail(catcher, port)
    answer = mail.channel.send(mail.letter())
    mail.channel.close()
    server.stop()
    assert (answer.outcome, answer.reason) == (Outcome.AWAY, "sender_530")
    assert catcher.box.messages() == []
