"""What was caught, and the faults that are to come."""

import threading
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final, Literal

KEPT: Final = 10_000
"""Messages kept; the oldest go first."""
Way = Literal["smtp", "http", "smpp", "sms", "voice", "push", "chat", "letter"]
"""``http`` is the webhook."""


@dataclass(frozen=True, slots=True)
class Caught:
    """One message. ``id`` is the Message-ID, the webhook id or what the provider is to know it
    by; ``raw`` the mail as it came; ``document`` a letter's pages as PDF."""

    way: Way
    id: str
    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    at: str
    raw: str = field(repr=False, default="")
    document: bytes = field(repr=False, default=b"")

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, without the raw forms."""
        hidden = ("raw", "document")
        return {name: value for name, value in asdict(self).items() if name not in hidden}


@dataclass(slots=True)
class Fault:
    """What happens to the next ``times`` messages of a way.

    ``stage`` is where: ``connect``, ``starttls``, ``sender``, ``recipient``, ``content`` (SMTP);
    SMPP knows
    ``connect`` and ``content``, HTTP only ``content``. ``code`` answers so, over HTTP with the
    ``answer``; ``delay`` waits first; ``hang_up`` keeps the message and then breaks the
    connection without an answer.
    """

    way: Way
    times: int = 1
    stage: str = "content"
    code: int | None = None
    delay: float = 0.0
    hang_up: bool = False
    retry_after: str | None = None
    only_to: str | None = None
    answer: dict[str, Any] | None = None


class Box:
    """Thread-safe: two servers put in, a page and tests look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._caught: deque[Caught] = deque(maxlen=KEPT)
        self._faults: list[Fault] = []
        self.connections = 0

    def put(self, caught: Caught) -> None:
        """Keep a message."""
        with self._lock:
            self._caught.append(caught)

    def messages(self, way: Way | None = None) -> list[Caught]:
        """Return what was caught, oldest first."""
        with self._lock:
            return [one for one in self._caught if way in (None, one.way)]

    def clear(self) -> None:
        """Forget messages and faults."""
        with self._lock:
            self._caught.clear()
            self._faults.clear()

    def plan(self, fault: Fault) -> None:
        """Have a fault happen, after those already planned."""
        with self._lock:
            self._faults.append(fault)

    def fault(self, way: Way, stage: str, to: str = "") -> Fault | None:
        """Take the next fault that is due here."""
        with self._lock:
            for fault in self._faults:
                if (fault.way, fault.stage) == (way, stage) and fault.only_to in (None, to):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None


def caught_mail(content: bytes, recipients: list[str]) -> Caught:
    """Read a mail as a mail program would."""
    mail = message_from_bytes(content, _class=EmailMessage, policy=default)
    return Caught(
        way="smtp",
        id=str(mail.get("Message-ID", "")),
        to=", ".join(recipients),
        subject=str(mail.get("Subject", "")),
        text=_part(mail, "plain"),
        html=_part(mail, "html"),
        headers={name: str(value) for name, value in mail.items()},
        at=now(),
        raw=content.decode("utf-8", errors="replace"),
    )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    content = part.get_content() if part is not None else ""
    return content if isinstance(content, str) else ""


def now() -> str:
    """Return the time as messages carry it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
