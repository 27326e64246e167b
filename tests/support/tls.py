"""A server with a certificate that nobody vouches for, and how to make one."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import trustme


@cache
def _certificate() -> Path:
    path = Path(mkdtemp(prefix="complaints-tls-")) / "localhost.pem"
    made = trustme.CA().issue_cert("localhost")
    path.write_bytes(
        made.private_key_pem.bytes() + b"".join(one.bytes() for one in made.cert_chain_pems)
    )
    return path


@contextlib.contextmanager
def untrusted_server() -> Iterator[int]:
    """Offer TLS on a port; whoever trusts it and says something would be heard by nobody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate())
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                plain, _ = listener.accept()
                plain.settimeout(2)
                with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True):
                    pass
                plain.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        stop.set()
        thread.join()
        listener.close()
