"""Posts to one provider over HTTP: open connections kept, only public addresses, no redirects.

The name is resolved once per connection, every address found must be public (unless the
settings allow private ones), and the connection goes to the address that was looked at, with
the name for TLS (reliability: an answer of the resolver may change between two questions).
Written on sockets, because a general client takes several times the CPU per notice.
"""

import http.client
import ipaddress
import select
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from services.domain.errors import SettingsError

_PORTS: Final = frozenset({443, 8443})
"""Where an address on the open internet may be asked."""
_KEEP_ALIVE_SECONDS: Final = 4.0
_CONNECT_SECONDS: Final = 3.0
_LARGEST_ANSWER: Final = 64 * 1024


class Away(Exception):
    """Nothing of the request was handed over; the argument is a stable word."""


class Doubt(Exception):
    """The request may have been taken; the argument is a stable word."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the provider said."""

    status: int
    retry_after: str | None
    body: bytes = field(repr=False)


class HttpLine:
    """Called from several threads at once; each keeps a connection of its own.

    Raises:
        SettingsError: ``url`` cannot be used safely; ``name`` is the setting to blame.
    """

    def __init__(
        self, url: str, name: str, monotonic: Callable[[], float], allow_private: bool = False
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
            raise SettingsError(f"{name} must be https")
        if not parts.hostname or parts.username or parts.password:
            raise SettingsError(f"{name} must name a host, and no login")
        self._is_tls = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port or (443 if self._is_tls else 80)
        if not allow_private and self._port not in _PORTS:
            raise SettingsError(f"{name}: port {self._port} is not one of 443 and 8443")
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._netloc = parts.netloc
        self._allow_private = allow_private
        self._monotonic = monotonic
        self._context = ssl.create_default_context() if self._is_tls else None
        self._kept = threading.local()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def post(self, headers: Mapping[str, str], body: bytes, until: float, query: str = "") -> Reply:
        """Post ``body``; ``query`` is put behind the URL.

        Raises:
            Away: nothing was handed over.
            Doubt: it may have been.
            ValueError: a header would begin a line of its own.
        """
        head = self._head(headers, len(body), query)
        sock = self._line(until)
        if self._monotonic() >= until:
            # Whoever asked has given up, and may be asking anew: it must not come as well.
            self._drop(sock)
            raise Away("timeout")
        try:
            sock.settimeout(self._left(until))
            sock.sendall(head + body)
            answer = http.client.HTTPResponse(sock, method="POST")
            answer.begin()
            content = self._read(answer, sock, until)
        except (OSError, http.client.HTTPException) as error:
            self._drop(sock)
            raise Doubt(_word(error)) from None
        is_whole = answer.isclosed() or answer.length == 0  # older Pythons leave a whole one open
        answer.close()
        if answer.will_close or not is_whole:
            self._drop(sock)
        else:
            self._kept.used_at = self._monotonic()
        return Reply(answer.status, answer.headers.get("Retry-After"), content)

    def close(self) -> None:
        """Let go of all connections."""
        with self._lock:
            sockets, self._open = self._open, set()
        for sock in sockets:
            sock.close()

    # ------------------------------------------------------------------ the request

    def _head(self, headers: Mapping[str, str], length: int, query: str) -> bytes:
        join = "&" if "?" in self._target else "?"
        target = f"{self._target}{join}{query}" if query else self._target
        lines = [f"POST {target} HTTP/1.1", f"Host: {self._netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += ["User-Agent: complaints-sender/1", f"Content-Length: {length}", "", ""]
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a header would end too early")
        return "\r\n".join(lines).encode("latin-1")

    def _read(self, answer: http.client.HTTPResponse, sock: socket.socket, until: float) -> bytes:
        """Read a short answer whole, so that the connection can be used again."""
        pieces, size = [], 0
        while size <= _LARGEST_ANSWER:
            sock.settimeout(self._left(until))
            piece = answer.read1(_LARGEST_ANSWER)
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)

    def _left(self, until: float) -> float:
        return max(0.05, until - self._monotonic())

    # ------------------------------------------------------------------ the connection

    def _line(self, until: float) -> socket.socket:
        kept: socket.socket | None = getattr(self._kept, "sock", None)
        if kept is not None:
            is_fresh = self._monotonic() - self._kept.used_at < _KEEP_ALIVE_SECONDS
            if is_fresh and kept.fileno() >= 0 and not has_news(kept):
                return kept
            self._drop(kept)  # closed meanwhile, as providers may, or about to be
        sock = self._connect(until)
        with self._lock:
            self._open.add(sock)
        self._kept.sock = sock
        return sock

    def _connect(self, until: float) -> socket.socket:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Away("unresolved") from None
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not self._allow_private and not all(map(is_public, addresses)):
            raise Away("not_allowed")
        wait = min(_CONNECT_SECONDS, self._left(until))
        sock: socket.socket | None = None
        try:
            sock = socket.create_connection((addresses[0], self._port), wait)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_hostname=self._host)
        except OSError as error:
            if sock is not None:
                sock.close()
            raise Away(_word(error)) from None
        return sock

    def _drop(self, sock: socket.socket) -> None:
        self._kept.sock = None
        with self._lock:
            self._open.discard(sock)
        sock.close()


def has_news(sock: socket.socket) -> bool:
    """Return whether the other side said something, or hung up. Not by ``select``, which knows no
    descriptor above 1023: each thread keeps a connection to each provider."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def is_public(address: str) -> bool:
    """Return whether an address belongs to the open internet.

    >>> [is_public(a) for a in ("127.0.0.1", "::ffff:127.0.0.1", "100.64.0.1", "8.8.8.8")]
    [False, False, False, True]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_global and not (mapped or ip).is_multicast


def _word(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, ConnectionRefusedError):
        return "connection_refused"
    if isinstance(error, (ConnectionError, http.client.HTTPException)):
        return "connection_lost"
    return "unreachable"
