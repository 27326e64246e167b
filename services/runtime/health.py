"""``/healthz``, ``/readyz`` and ``/metrics`` of a worker, on loopback unless told otherwise."""

import json
import logging
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

logger: Final = logging.getLogger(__name__)


class Health(NamedTuple):
    """``alive``: the loop goes round. ``ready``: it serves partitions and nothing holds it."""

    alive: bool
    ready: bool
    detail: str


class _Server(ThreadingHTTPServer):
    """A probe with a short time-out hangs up before it was answered: no defect of ours, and no
    reason for a traceback every few seconds just when a worker is slow."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log who hung up, in one line at debug; show what else went wrong as ever."""
        error = sys.exc_info()[1]
        if isinstance(error, ConnectionError | TimeoutError):
            logger.debug("hung up before the answer", extra={"error": type(error).__name__})
        else:
            super().handle_error(request, client_address)


class HealthServer:
    """A small HTTP server in a thread of its own; it only reads what it is given."""

    def __init__(
        self, host: str, port: int, health: Callable[[], Health], registry: CollectorRegistry
    ) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                state = health()
                if self.path == "/metrics":
                    self._answer(200, CONTENT_TYPE_LATEST, generate_latest(registry))
                elif self.path == "/healthz":
                    self._state(state.alive, state.detail)
                elif self.path == "/readyz":
                    self._state(state.ready, state.detail)
                else:
                    self._answer(404, "text/plain", b"known: /healthz /readyz /metrics\n")

            def _state(self, good: bool, detail: str) -> None:
                body = json.dumps({"ok": good, "detail": detail}).encode()
                self._answer(200 if good else 503, "application/json", body)

            def _answer(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, *args: object) -> None:
                """Stay silent: probes come every few seconds."""

        self._server = _Server((host, port), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
