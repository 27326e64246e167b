"""Certificates of an authority that tests may trust or not, and TLS in front of any receiver."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import trustme

OURS, ELSEWHERE = "localhost", "elsewhere.test"
"""Names that certificates are made out to: the one that receivers are asked by, and another."""


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


@cache
def authority() -> Path:
    """Return the authority's own certificate: where ``SSL_CERT_FILE`` names it, it is trusted."""
    path = Path(mkdtemp(prefix="complaints-tls-")) / "authority.pem"
    path.write_bytes(_authority().cert_pem.bytes())
    return path


@cache
def certified(name: str) -> ssl.SSLContext:
    """Return what a server needs that has a certificate made out to ``name``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert(name).configure_cert(context)
    return context


@contextlib.contextmanager
def behind_tls(port: int, name: str) -> Iterator[int]:
    """Offer TLS with a certificate made out to ``name``, and pass what is said there on to
    ``port`` of this machine."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(_pass_on(reader, inner_writer), _pass_on(inner_reader, writer))
        finally:
            for one in (inner_writer, writer):
                one.transport.abort()

    async def open_door() -> asyncio.Server:
        return await asyncio.start_server(meet, "127.0.0.1", 0, ssl=certified(name))

    async def shut(server: asyncio.Server) -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # lets go of what was aborted

    server = asyncio.run_coroutine_threadsafe(open_door(), loop).result(5)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(shut(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
