"""Receivers that take everything as fast as they can and count it: the other side of a bench.

    python -m bench.sinks http|smtp|smpp|chat

Prints its port and one where ``GET`` tells over HTTP how often each message came (the receivers'
log, by its key), then answers. ``--slow SECONDS`` answers each message that late.
"""

import argparse
import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from typing import Final

from bench.smpp_sink import Smpp

_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_KEY: Final = re.compile(rb"(?i)\r\n(?:idempotency-key|message-id): *([^\r]+)")
_CASE: Final = re.compile(rb"C[0-9A-HJKMNP-TV-Z]{16}")
"""In the text of a robot's message, which has no key."""
_OK: Final = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"errcode":0}'


class Tally:
    """What came."""

    def __init__(self, slow: float) -> None:
        self.came: Counter[str] = Counter()
        self.slow = slow

    def add(self, head: bytes) -> None:
        """Note a message by the key in its head."""
        found = _KEY.search(head)
        self.count(found[1].decode("ascii", "replace").strip(" <>") if found else "")

    def count(self, key: str) -> None:
        """Note a message by its key."""
        self.came[key] += 1

    def told(self, whole: bool) -> bytes:
        """Return how many came, or how often each."""
        return json.dumps(self.came if whole else self.came.total()).encode()


class Http(asyncio.Protocol):
    """HTTP/1.1 with bodies of a stated length."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            head = self._waiting[:end]
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._waiting) < whole:
                return
            body, self._waiting = self._waiting[end + 4 : whole], self._waiting[whole:]
            if head.startswith(b"GET"):
                said = self._tally.told(head.startswith(b"GET /keys"))
                self._transport.write(
                    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said)
                )
                continue
            self._note(head, body)
            if self._tally.slow:
                loop = asyncio.get_running_loop()
                loop.call_later(self._tally.slow, self._transport.write, _OK)
            else:
                self._transport.write(_OK)

    def _note(self, head: bytes, body: bytes) -> None:
        self._tally.add(head)


class Chat(Http):
    """A robot: its messages are known by the case that they name."""

    def _note(self, head: bytes, body: bytes) -> None:
        found = _CASE.search(body)
        self._tally.count(found[0].decode("ascii") if found else "")


class Smtp(asyncio.Protocol):
    """As much of SMTP as a relay's client needs."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._waiting = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer commands; take the text up to its end."""
        self._waiting += data
        while True:
            if self._in_data:
                end = self._waiting.find(b"\r\n.\r\n")
                if end < 0:
                    return
                self._tally.add(b"\r\n" + self._waiting[:2000])
                self._waiting, self._in_data = self._waiting[end + 5 :], False
                self._say(b"250 OK\r\n")
                continue
            line, found, rest = self._waiting.partition(b"\r\n")
            if not found:
                return
            self._waiting = rest
            self._answer(line[:4].upper())

    def _answer(self, verb: bytes) -> None:
        if verb == b"EHLO":
            self._transport.write(b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
        elif verb == b"DATA":
            self._in_data = True
            self._transport.write(b"354 go on\r\n")
        else:
            self._transport.write(b"250 OK\r\n")

    def _say(self, answer: bytes) -> None:
        if self._tally.slow:
            loop = asyncio.get_running_loop()
            loop.call_later(self._tally.slow, self._transport.write, answer)
        else:
            self._transport.write(answer)


KINDS: Final[dict[str, Callable[[Tally], asyncio.Protocol]]] = {
    "http": Http,
    "smtp": Smtp,
    "smpp": Smpp,
    "chat": Chat,
}


async def serve(kind: str, slow: float, port: int) -> None:
    """Serve until killed."""
    tally = Tally(slow)
    made = KINDS[kind]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: made(tally), "127.0.0.1", port, backlog=256)
    asked = await loop.create_server(lambda: Http(tally), "127.0.0.1", 0)
    ports = [one.sockets[0].getsockname()[1] for one in (server, asked)]
    print(*ports, flush=True)
    await server.serve_forever()


def main() -> int:
    """Run a sink."""
    parser = argparse.ArgumentParser(prog="bench.sinks", description=__doc__)
    parser.add_argument("kind", choices=tuple(KINDS))
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--port", type=int, default=0)
    wished = parser.parse_args()
    asyncio.run(serve(wished.kind, wished.slow, wished.port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
