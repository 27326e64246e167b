"""The health pages: alive, ready, and the metrics, for probes that come every few seconds."""

import json
import logging
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter

from services.runtime.health import Health, HealthServer
from tests.support.waiting import eventually


class Worker:
    """Says about itself what the test wants."""

    def __init__(self) -> None:
        self.health = Health(alive=True, ready=True, detail="serving")
        self.registry = CollectorRegistry()
        self.server = HealthServer("127.0.0.1", 0, lambda: self.health, self.registry)

    def get(self, path: str) -> tuple[int, str, str]:
        """Return status, content type and body."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}{path}") as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read().decode()


@pytest.fixture
def worker() -> Iterator[Worker]:
    one = Worker()
    yield one
    one.server.close()


@pytest.mark.parametrize(
    ("path", "health", "status"),
    [
        ("/healthz", Health(True, True, "serving"), 200),
        ("/readyz", Health(True, True, "serving"), 200),
        ("/healthz", Health(True, False, "mongodb: no primary"), 200),
        ("/readyz", Health(True, False, "mongodb: no primary"), 503),
        ("/healthz", Health(False, False, "no round for 40 s"), 503),
        ("/readyz", Health(False, False, "no round for 40 s"), 503),
    ],
)
def test_a_page_says_whether_and_why(
    worker: Worker, path: str, health: Health, status: int
) -> None:
    worker.health = health
    code, kind, body = worker.get(path)
    assert (code, kind) == (status, "application/json")
    assert json.loads(body) == {"ok": status == 200, "detail": health.detail}


def test_metrics_are_those_of_the_registry(worker: Worker) -> None:
    Counter("complaints_things", "Things.", registry=worker.registry).inc(3)
    code, kind, body = worker.get("/metrics")
    assert (code, kind.split(";")[0]) == (200, "text/plain")
    assert "complaints_things_total 3.0" in body


@pytest.mark.parametrize("path", ["/", "/admin", "/metrics/../healthz"])
def test_there_is_nothing_else(worker: Worker, path: str) -> None:
    code, _, body = worker.get(path)
    assert (code, body) == (404, "known: /healthz /readyz /metrics\n")


def test_probes_leave_nothing_in_the_output(
    worker: Worker, capfd: pytest.CaptureFixture[str]
) -> None:
    worker.get("/healthz")
    worker.get("/nowhere")
    assert capfd.readouterr() == ("", "")


def test_who_only_asks_for_the_head_gets_the_head(worker: Worker) -> None:
    asked = urllib.request.Request(f"http://127.0.0.1:{worker.server.port}/healthz", method="HEAD")
    with urllib.request.urlopen(asked) as answer:
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0


def test_a_probe_that_hangs_up_leaves_a_line_at_debug_and_no_traceback(
    worker: Worker, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    is_gone = threading.Event()

    def slow() -> Health:
        is_gone.wait(20)
        return Health(True, True, "serving")

    caplog.set_level(logging.DEBUG, "services.runtime.health")
    server = HealthServer("127.0.0.1", 0, slow, worker.registry)
    with socket.create_connection(("127.0.0.1", server.port)) as asker:
        asker.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        asker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    is_gone.set()
    eventually(lambda: caplog.messages, describe="what it says of it")
    server.close()
    assert caplog.messages == ["hung up before the answer"]
    assert capfd.readouterr() == ("", "")


def test_after_closing_nobody_answers(worker: Worker) -> None:
    other = Worker()
    other.server.close()
    with pytest.raises(urllib.error.URLError):
        other.get("/healthz")
