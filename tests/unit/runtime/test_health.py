"""The health pages: alive, ready, and the metrics, for probes that come every few seconds."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter

from services.runtime.health import Health, HealthServer


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


def test_after_closing_nobody_answers(worker: Worker) -> None:
    other = Worker()
    other.server.close()
    with pytest.raises(urllib.error.URLError):
        other.get("/healthz")
