"""E-mail: handed to a relay by SMTP, each command's answer taken for what it is.

Connections stay open per thread. What fails before the recipient was named says nothing
about the notice (AWAY); what fails after the text was handed over may have arrived (UNKNOWN).
"""

import re
import smtplib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from services.domain.send_store import Outcome
from services.sender.channels.dkim import Signer
from services.sender.channels.mime import compose, reply_address
from services.sender.channels.port import SENT, Answer, Letter

_ADDRESS: Final = re.compile(
    r'[^\s<>@,;:\\"()\[\]\x00-\x1f]{1,64}@[^\s<>@,;:\\"()\[\]\x00-\x1f]{1,190}'
)
_DOTS: Final = re.compile(rb"(?m)^\.")
_IDLE_SECONDS: Final = 20.0
_OURS: Final = frozenset({502, 503, 530, 534, 535, 538})
"""Refusals for good that speak of our login or of the dialogue (RFC 5321, 4954), and neither of the
recipient nor of the mail: a person may mend the settings."""
_Trouble = (OSError, smtplib.SMTPException)


@dataclass(frozen=True, slots=True)
class Relay:
    """Where and as whom to hand over mail."""

    host: str
    port: int
    sender: str
    sender_name: dict[str, str]
    tls: Literal["none", "starttls", "tls"] = "none"
    user: str = ""
    password: str = ""
    seconds: float = 6.0
    signer: Signer | None = None
    replies: bool = False

    def __repr__(self) -> str:
        return f"Relay({self.host}:{self.port}, {self.tls})"


class _Away(Exception):
    """Nothing of the letter was handed over."""


class _Line:
    """One open connection. With ``starttls`` nothing is said before TLS has begun, and whoever
    does not offer it, refuses it or has no good certificate is told nothing at all."""

    def __init__(self, relay: Relay, monotonic: Callable[[], float], until: float) -> None:
        self._monotonic = monotonic
        self.used_at = monotonic()
        left = max(0.1, until - self.used_at)
        context = ssl.create_default_context() if relay.tls != "none" else None
        if relay.tls == "tls":
            self.smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                relay.host, relay.port, timeout=left, context=context
            )
        else:
            self.smtp = smtplib.SMTP(relay.host, relay.port, timeout=left)
        try:
            self.smtp.ehlo_or_helo_if_needed()
            if context is not None and relay.tls == "starttls":
                self._begin_tls(context)
            if relay.user:
                self.smtp.login(relay.user, relay.password)
        except BaseException:
            self.close()
            raise

    def _begin_tls(self, context: ssl.SSLContext) -> None:
        if not self.smtp.has_extn("starttls"):
            raise _Away("starttls_missing")
        try:
            self.smtp.starttls(context=context)
        except smtplib.SMTPResponseException as error:
            raise _Away(f"starttls_{error.smtp_code}") from None
        self.smtp.ehlo_or_helo_if_needed()

    def limit(self, until: float) -> None:
        """Let the next answer take no longer than what is left."""
        if self.smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("closed")
        self.smtp.sock.settimeout(max(0.1, until - self._monotonic()))

    def close(self) -> None:
        self.smtp.close()


class SmtpChannel:
    """See :class:`services.sender.channels.port.Channel`."""

    def __init__(self, relay: Relay, monotonic: Callable[[], float]) -> None:
        self._relay = relay
        self._monotonic = monotonic
        self._lines = threading.local()
        self._open: set[_Line] = set()
        self._lock = threading.Lock()

    def send(self, letter: Letter) -> Answer:
        """See the port."""
        until = self._monotonic() + self._relay.seconds
        try:
            recipient = _envelope(letter.address)
            name = self._relay.sender_name["zh" if letter.language == "zh" else "en"]
            mail = self._composed(letter, name, recipient)
        except ValueError:
            return Answer(Outcome.FAILED, "address_unusable")
        try:
            line = self._begin(until, recipient)
        except _Away as away:
            return Answer(Outcome.AWAY, str(away))
        if not recipient.isascii() and not line.smtp.has_extn("smtputf8"):
            self._drop(line)
            return Answer(Outcome.FAILED, "address_not_ascii")
        try:
            answer = self._hand_over(line, mail, recipient, until)
        except _Trouble:
            # Only before the text was begun: then it cannot have been taken.
            self._drop(line)
            return Answer(Outcome.REFUSED, "connection_lost")
        line.used_at = self._monotonic()
        if answer.outcome is not Outcome.SENT:
            self._drop(line)
        return answer

    def close(self) -> None:
        """See the port."""
        with self._lock:
            lines, self._open = self._open, set()
        for line in lines:
            line.close()

    def _composed(self, letter: Letter, name: str, recipient: str) -> bytes:
        relay = self._relay
        replies = reply_address(relay.sender, letter.notice_id) if relay.replies else None
        mail = compose(letter, relay.sender, name, recipient, replies)
        return mail if relay.signer is None else relay.signer.signed(mail)

    # ------------------------------------------------------------------ the dialogue

    def _begin(self, until: float, recipient: str) -> _Line:
        """Return a line on which the relay has accepted our sender."""
        kept: _Line | None = getattr(self._lines, "line", None)
        if kept is not None:
            if self._monotonic() - kept.used_at < _IDLE_SECONDS:
                try:
                    self._name_sender(kept, until, recipient)
                    return kept
                except (*_Trouble, _Away):
                    pass  # closed meanwhile, as relays may: a new one then
            self._drop(kept)
        try:
            line = _Line(self._relay, self._monotonic, until)
        except smtplib.SMTPAuthenticationError:
            raise _Away("login_refused") from None
        except smtplib.SMTPResponseException as error:
            raise _Away(f"greeting_{error.smtp_code}") from None
        except _Trouble as error:
            raise _Away(_word(error)) from None
        with self._lock:
            self._open.add(line)
        self._lines.line = line
        try:
            self._name_sender(line, until, recipient)
        except _Trouble as error:
            self._drop(line)
            raise _Away(_word(error)) from None
        except _Away:
            self._drop(line)
            raise
        return line

    def _name_sender(self, line: _Line, until: float, recipient: str) -> None:
        line.limit(until)
        is_needed = not recipient.isascii() and line.smtp.has_extn("smtputf8")
        options = ("SMTPUTF8",) if is_needed else ()
        code, _ = line.smtp.mail(self._relay.sender, options)
        if code != 250:
            raise _Away(f"sender_{code}")

    def _hand_over(self, line: _Line, mail: bytes, recipient: str, until: float) -> Answer:
        smtp = line.smtp
        line.limit(until)
        code, _ = smtp.rcpt(recipient)
        if code not in (250, 251):
            return _refused("recipient", code)
        if self._monotonic() >= until:
            # Whoever asked has given up, and may be asking anew: it must not come as well.
            return Answer(Outcome.REFUSED, "too_late")
        line.limit(until)
        code, _ = smtp.docmd("DATA")
        if code != 354:
            return _refused("data", code)
        try:
            line.limit(until)
            smtp.send(_stuffed(mail))
            line.limit(until)
            code, _ = smtp.getreply()
        except _Trouble as error:
            return Answer(Outcome.UNKNOWN, f"after_data_{_word(error)}")
        if 200 <= code < 300:
            return SENT
        if not 400 <= code < 600:
            return Answer(Outcome.UNKNOWN, "after_data_unclear")
        return _refused("content", code)

    def _drop(self, line: _Line) -> None:
        self._lines.line = None
        with self._lock:
            self._open.discard(line)
        line.close()


def _stuffed(mail: bytes) -> bytes:
    """Return ``mail`` as DATA carries it: dots doubled, and the end."""
    body = _DOTS.sub(b"..", mail)
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _envelope(address: str) -> str:
    """Return ``address`` with its domain as the wire has it.

    Raises:
        ValueError: it is no address, or more than one, or would end the command it stands in.
    """
    if not _ADDRESS.fullmatch(address):
        raise ValueError("no address")
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _refused(stage: str, code: int) -> Answer:
    is_later = 400 <= code < 500 or code < 200 or code in _OURS
    return Answer(Outcome.REFUSED if is_later else Outcome.FAILED, f"{stage}_{code}")


def _word(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "connection_refused"
    if isinstance(error, (ConnectionError, smtplib.SMTPServerDisconnected)):
        return "connection_lost"
    if isinstance(error, ssl.SSLError):
        return "tls"
    return "unreachable"
