"""A TCP proxy in front of an engine that holds back, drops, slows down or breaks what it carries.

It cuts the streams of Kafka and MongoDB into frames, so a test can say "the answer to this kind of
request": the request reaches the engine, what it did stays, and nobody hears of it.
"""

import asyncio
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET
from typing import Final, Self

from tests.support.processes import a_free_port

HOST: Final = "127.0.0.1"
PRODUCE: Final = 0
END_TXN: Final = 26
TXN_OFFSET_COMMIT: Final = 28
_RESET: Final = struct.pack("ii", 1, 0)
_START_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Wire:
    """How a protocol frames its messages, and which answer belongs to which request."""

    size: Callable[[bytes], int]
    """Bytes that follow the first four."""
    request: Callable[[bytes], int]
    answer: Callable[[bytes], int]


KAFKA: Final = Wire(
    size=lambda head: struct.unpack(">i", head)[0],
    request=lambda frame: struct.unpack_from(">i", frame, 8)[0],
    answer=lambda frame: struct.unpack_from(">i", frame, 4)[0],
)
MONGO: Final = Wire(
    size=lambda head: struct.unpack("<i", head)[0] - 4,
    request=lambda frame: struct.unpack_from("<i", frame, 4)[0],
    answer=lambda frame: struct.unpack_from("<i", frame, 8)[0],
)


def asks_kafka(*api_keys: int) -> Callable[[bytes], bool]:
    """Return whether a frame is a request of one of these kinds (Kafka's ``api_key``)."""
    return lambda frame: struct.unpack_from(">h", frame, 4)[0] in api_keys


def asks_mongo(*commands: str, collection: str = "") -> Callable[[bytes], bool]:
    """Return whether a frame is one of these commands, if named about one collection: the first
    word of an OP_MSG's body and its value."""
    heads = tuple(b"\x02" + command.encode() + b"\x00" for command in commands)
    if collection:
        name = collection.encode() + b"\x00"
        heads = tuple(head + len(name).to_bytes(4, "little") + name for head in heads)
    return lambda frame: frame[25:].startswith(heads)


@dataclass(slots=True)
class Trouble:
    """What the proxy does to traffic now; may be changed at any moment."""

    delay: float = 0.0
    """Seconds by which each frame comes late."""
    is_silent: bool = False
    """Half-open: connections stand, and nothing comes through."""
    is_refusing: bool = False
    """Every connection is reset, those that come as well."""
    drip: int = 0
    """Bytes at a time, a hundredth of a second apart; 0: no limit."""
    hide: Callable[[bytes], bool] | None = None
    """Requests whose answers are dropped and their connections reset."""
    left: int = 0
    """How many answers still to hide."""
    hidden: int = 0
    keep: Callable[[bytes], bool] | None = None
    """Requests whose answers are kept back for as long as this trouble lasts."""
    kept: set[int] = field(default_factory=set)
    """Answers that wait."""


@dataclass(eq=False)
class _Link:
    """One client's connection and ours to the engine."""

    writers: list[asyncio.StreamWriter]
    waiting: set[int] = field(default_factory=set)
    kept: dict[int, Trouble] = field(default_factory=dict)

    def reset(self) -> None:
        for writer in self.writers:
            socket = writer.get_extra_info("socket")
            if socket is not None and socket.fileno() >= 0:
                socket.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
            writer.transport.abort()


class Proxy:
    """Listens on ``port`` and passes everything on to ``target``; a context manager."""

    def __init__(self, target: int, wire: Wire, port: int | None = None) -> None:
        self.port = port or a_free_port()
        self.trouble = Trouble()
        self._target = target
        self._wire = wire
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._links)

    def hide_answers(self, asked: Callable[[bytes], bool], count: int) -> Trouble:
        """Drop the next ``count`` answers to what ``asked`` recognises; the result counts."""
        self.trouble = Trouble(hide=asked, left=count)
        return self.trouble

    def reset_all(self) -> None:
        """Break every connection there is, with RST."""
        self._loop.call_soon_threadsafe(self._reset_all)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_up.wait(_START_SECONDS), "the proxy does not listen"
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START_SECONDS)
        self._loop.close()

    def _reset_all(self) -> None:
        for link in list(self._links):
            link.reset()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, HOST, self.port))
        self._is_up.set()
        self._loop.run_forever()
        server.close()
        self._reset_all()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))  # the transports let go of their sockets

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link([writer])
        self._links.add(link)
        try:
            if self.trouble.is_refusing:
                return
            back, there = await asyncio.open_connection(HOST, self._target)
            link.writers.append(there)
            ways = [
                asyncio.ensure_future(self._carry(link, reader, there, self._notice, _is_free)),
                asyncio.ensure_future(
                    self._carry(link, back, writer, self._is_hidden, self._is_kept)
                ),
            ]
            _, pending = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in pending:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass  # the engine is away, and its client sees the same; or the proxy ends
        finally:
            link.reset()
            self._links.discard(link)

    async def _carry(
        self,
        link: _Link,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        swallows: Callable[[_Link, bytes], bool],
        keeps: Callable[[_Link, bytes], bool],
    ) -> None:
        while True:
            head = await reader.readexactly(4)
            frame = head + await reader.readexactly(self._wire.size(head))
            if swallows(link, frame) or self.trouble.is_refusing:
                return
            while self.trouble.is_silent or keeps(link, frame):
                await asyncio.sleep(0.05)
            if self.trouble.delay:
                await asyncio.sleep(self.trouble.delay)
            await self._write(writer, frame)

    async def _write(self, writer: asyncio.StreamWriter, frame: bytes) -> None:
        while (drip := self.trouble.drip) and frame:
            writer.write(frame[:drip])
            await writer.drain()
            frame = frame[drip:]
            await asyncio.sleep(0.01)
        writer.write(frame)
        await writer.drain()

    def _notice(self, link: _Link, frame: bytes) -> bool:
        """Remember a request whose answer is to be hidden, or kept back."""
        trouble = self.trouble
        if trouble.hide is not None and trouble.left > 0 and trouble.hide(frame):
            trouble.left -= 1
            link.waiting.add(self._wire.request(frame))
        if trouble.keep is not None and trouble.keep(frame):
            link.kept[self._wire.request(frame)] = trouble
        return False

    def _is_kept(self, link: _Link, frame: bytes) -> bool:
        trouble, number = self.trouble, self._wire.answer(frame)
        if link.kept.get(number) is not trouble:
            return False
        trouble.kept.add(number)
        return True

    def _is_hidden(self, link: _Link, frame: bytes) -> bool:
        if self._wire.answer(frame) not in link.waiting:
            return False
        self.trouble.hidden += 1
        return True


def _is_free(link: _Link, frame: bytes) -> bool:
    return False
