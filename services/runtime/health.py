"""``/healthz``, ``/readyz`` and ``/metrics`` of a worker, on loopback unless told otherwise."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest


class Health(NamedTuple):
    """``alive``: the loop goes round. ``ready``: it serves partitions and nothing holds it."""

    alive: bool
    ready: bool
    detail: str


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
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Stay silent: probes come every few seconds."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
