"""MongoDB or Kafka killed under load: workers wait, keep their process, and go on."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.embedded import EmbeddedStack
from infra.embedded.node import Node
from services.adapters.kafka_hanging import end_hanging
from tests.faults.findings import Findings, slack
from tests.faults.forms import FULL, RATE
from tests.faults.supervision import committed
from tests.support.checker import proved
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.traffic import Load, Traffic
from tests.support.waiting import always, eventually

SHORT = ("mongo", 2.0), ("kafka", 2.0)
FULL_FORM = [
    *((one,) for one in (("mongo", 15.0), ("mongo", 60.0), ("kafka", 15.0), ("kafka", 60.0))),
    (("kafka", 0.5), ("kafka", 2.0), ("kafka", 5.0)) * 3,
]
"""Many in a row for what Kafka forgets on the way up: before ADR 0013 that doubled contacts."""
STOP_SECONDS = 15.0
pytestmark = pytest.mark.stack


@pytest.fixture
def start(own_namespace: Namespace, tmp_path: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """Starts workers on the engines that may be killed."""
    with ExitStack() as running:

        def begin(name: str, slot: int = 0) -> WorkerProcess:
            worker = WorkerProcess(name, own_namespace.settings, tmp_path, slot)
            running.push(worker)
            return worker.start(None)

        yield begin


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "outages",
    FULL_FORM if FULL else [SHORT],
    ids=lambda outages: "-then-".join(f"{engine}-{seconds:g}s" for engine, seconds in outages),
)
def test_workers_sit_out_a_killed_engine_without_a_restart_of_theirs(
    own_engines: EmbeddedStack,
    own_namespace: Namespace,
    start: Callable[..., WorkerProcess],
    findings: Findings,
    outages: Sequence[tuple[str, float]],
) -> None:
    settings = own_namespace.settings
    workers = [start(name) for name in ("dedup", "severity", "routing", "cases")]
    with Load(settings, Traffic(settings.key_ring()), RATE) as load:
        eventually(lambda: all(committed(worker) > 0 for worker in workers), 60, "work begins")
        for number, (engine, seconds) in enumerate(outages):
            leaving = start("cases", slot=number + 1)
            eventually(leaving.is_ready, 60, "it serves")
            node: Node = (own_engines.mongo if engine == "mongo" else own_engines.kafka)[0]
            took = _killed_for(node, settings.kafka, seconds, workers, leaving)
            findings.recoveries.append(took)
            findings.faults += 1
        history = load.stop()
        assert not history.refused, history.refused[:3]
        tally = proved(own_namespace, history, wait=240)
    assert [worker.stop() for worker in workers] == [0] * len(workers)
    findings.report(tally)


def _killed_for(
    node: Node,
    kafka: str,
    seconds: float,
    workers: list[WorkerProcess],
    leaving: WorkerProcess,
) -> float:
    """Keep ``node`` down for a while; return how long after its start all work again."""
    pids = [worker.pid for worker in workers]
    node.kill()
    try:
        always(lambda: all(worker.is_running for worker in workers), seconds, "they run on")
        _ends_in_time(leaving)
        before = [committed(worker) for worker in workers]
    finally:
        node.start()
    started = time.monotonic()
    end_hanging(kafka)  # as `complaints up` does
    eventually(
        lambda: all(committed(worker) > then for worker, then in zip(workers, before, strict=True)),
        120,
        lambda: [worker.get("/readyz") for worker in workers],
    )
    assert [worker.pid for worker in workers] == pids
    assert all(worker.is_running for worker in workers)
    return time.monotonic() - started


def _ends_in_time(worker: WorkerProcess) -> None:
    """A worker told to stop while an engine is away does so all the same."""
    started = time.monotonic()
    assert worker.stop(within=STOP_SECONDS * slack()) == 0
    assert time.monotonic() - started < STOP_SECONDS * slack()
