"""Everything that is not e-mail: one HTTP gateway, signed as Standard Webhooks has it.

The gateway turns a letter into an SMS, a message in the app or a card in a team's chat. No
redirects, no proxies; the address is resolved once per connection and refused when it is not
a public one, unless the settings allow that.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import socket
from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore
import httpx

from services.domain.errors import SettingsError
from services.domain.send_store import Outcome
from services.sender.channels.port import SENT, Answer, Letter

MIN_SECRET: Final = 24
_KEEP_ALIVE_SECONDS: Final = 4.0
_LARGEST_ANSWER: Final = 64 * 1024
_LATER: Final = frozenset({401, 403, 404, 405, 407, 408, 409, 421, 425, 429})
"""Answers that may be others later, or speak of the configuration rather than the letter."""


class WebhookChannel:
    """See :class:`services.sender.channels.port.Channel`.

    Raises:
        SettingsError: the URL or the secret cannot be used safely.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        now: Callable[[], datetime],
        seconds: float = 6.0,
        allow_private: bool = False,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
            raise SettingsError("COMPLAINTS_WEBHOOK_URL must be https")
        if not parts.hostname or parts.username or parts.password:
            raise SettingsError("COMPLAINTS_WEBHOOK_URL must name a host, and no login")
        self._url = url
        self._key = _key_of(secret)
        self._now = now
        self._client = httpx.Client(
            transport=_Guarded(allow_private),
            timeout=httpx.Timeout(seconds, connect=min(3.0, seconds)),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "complaints-sender/1"},
        )

    def send(self, letter: Letter) -> Answer:
        """See the port."""
        body = json.dumps(_payload(letter), ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(self._now().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "webhook-id": letter.notice_id,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self._key, letter.notice_id, stamp, body),
            "Idempotency-Key": letter.notice_id,
        }
        try:
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                _read_through(answer)
                return self._meaning(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Answer(Outcome.AWAY, _word(error))
        except httpx.HTTPError as error:
            return Answer(Outcome.UNKNOWN, f"after_post_{_word(error)}")

    def _meaning(self, answer: httpx.Response) -> Answer:
        code = answer.status_code
        if 200 <= code < 300:
            return SENT
        if code in _LATER or code >= 500 or 300 <= code < 400:
            wait = _retry_after(answer.headers.get("Retry-After"), self._now)
            return Answer(Outcome.REFUSED, f"http_{code}", wait)
        return Answer(Outcome.FAILED, f"http_{code}")

    def close(self) -> None:
        """See the port."""
        self._client.close()


def signature(key: bytes, message_id: str, stamp: str, body: bytes) -> str:
    """Return the Standard Webhooks signature of a message."""
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")


def _key_of(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            raise SettingsError("COMPLAINTS_WEBHOOK_SECRET: whsec_ and base64 expected") from None
    else:
        key = secret.encode()
    if len(key) < MIN_SECRET:
        raise SettingsError(f"COMPLAINTS_WEBHOOK_SECRET: at least {MIN_SECRET} bytes needed")
    return key


def _payload(letter: Letter) -> dict[str, Any]:
    return {
        "type": "notice",
        "id": letter.notice_id,
        "kind": letter.kind,
        "timestamp": letter.dated.isoformat(),
        "to": {"kind": letter.address_kind, "value": letter.address},
        "language": letter.language,
        "subject": letter.subject,
        "text": letter.text,
    }


def _read_through(answer: httpx.Response) -> None:
    """Read a short answer, so that the connection can be used again; leave a long one."""
    size = 0
    for piece in answer.iter_raw():
        size += len(piece)
        if size > _LARGEST_ANSWER:
            return


def _retry_after(header: str | None, now: Callable[[], datetime]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, as a number or as a date."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - now()).total_seconds())
    except (TypeError, ValueError):
        return None


def _word(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, httpx.ConnectError):
        return "not_allowed" if NOT_ALLOWED in str(error) else "unreachable"
    return "connection_lost"


# ------------------------------------------------------------------ where we may connect

NOT_ALLOWED: Final = "the address is not public"


class _PublicOnly(httpcore.SyncBackend):
    """Connects to the address it has looked at, not to one resolved a second time."""

    def __init__(self, allow_private: bool) -> None:
        super().__init__()
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError("the name cannot be resolved") from error
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not self._allow_private and not all(map(is_public, addresses)):
            raise httpcore.ConnectError(NOT_ALLOWED)
        return super().connect_tcp(addresses[0], port, timeout, local_address, socket_options)


def is_public(address: str) -> bool:
    """Return whether an address belongs to the open internet.

    >>> [is_public(a) for a in ("127.0.0.1", "::ffff:10.0.0.1", "100.64.0.1", "8.8.8.8")]
    [False, False, False, True]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_global and not (mapped or ip).is_multicast


class _Guarded(httpx.HTTPTransport):
    """httpx's transport over a pool whose connections go through :class:`_PublicOnly`."""

    def __init__(self, allow_private: bool) -> None:
        super().__init__(trust_env=False)
        # httpx has no parameter for this; a test makes sure that the guard is in force.
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=128,
            keepalive_expiry=_KEEP_ALIVE_SECONDS,
            network_backend=_PublicOnly(allow_private),
        )
