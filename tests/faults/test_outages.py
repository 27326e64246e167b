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
from tests.support.api_clients import Clients, tally_of
from tests.support.audited import audited
from tests.support.checker import proved
from tests.support.mutant_worker import MutantProcess
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
ON_ITS_WAY_SECONDS = 1.0
AWAY_SECONDS = 3.0
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


def api_without_kafka(
    engines: EmbeddedStack,
    space: Namespace,
    start_on: Callable[..., MutantProcess],
    findings: Findings,
    changes: str = "",
) -> list[str]:
    """Kill Kafka while channels hand contacts in; return what the API did wrong."""
    (kafka,) = engines.kafka
    for name in ("dedup", "cases"):
        start_on(space, "", name)
    api = start_on(space, changes, "api", ready_within=60)
    pid = api.pid
    with Clients(api.api_port, space.settings.key_ring(), RATE) as clients:
        eventually(lambda: len(clients.taken) > RATE / 2, 60, "contacts are taken")
        kafka.kill()
        findings.faults = 1
        try:
            # What was on its way is answered: from here on nothing can be kept.
            always(lambda: api.is_running, ON_ITS_WAY_SECONDS, "it runs on")
            before = clients.answers.copy()
            always(lambda: api.is_running, AWAY_SECONDS, "it runs on")
            if not changes:
                eventually(lambda: clients.answers[503] > 0, 30, "it refuses")
            meanwhile = clients.answers - before
        finally:
            kafka.start()
        began, taken = time.monotonic(), clients.answers[202]
        end_hanging(space.settings.kafka)
        eventually(lambda: clients.answers[202] > taken + RATE / 2, 60, "contacts are taken again")
        findings.recoveries.append(time.monotonic() - began)
    problems = [] if (api.is_running, api.pid) == (True, pid) else ["the API was started again"]
    if meanwhile[202]:
        problems.append(f"taken though nobody can keep it: {dict(meanwhile)}")
    if problems:
        return problems
    problems += audited(space, 120)
    tally = tally_of(space, clients)
    findings.report(tally)
    findings.note(f"answers while Kafka was away: {dict(meanwhile)}")
    return problems + tally.problems


@pytest.mark.timeout(240)
@pytest.mark.long_fault
def test_an_api_without_kafka_refuses_and_takes_again_when_it_is_back(
    own_engines: EmbeddedStack,
    own_namespace: Namespace,
    start_on: Callable[..., MutantProcess],
    findings: Findings,
) -> None:
    problems = api_without_kafka(own_engines, own_namespace, start_on, findings)
    assert not problems, "\n".join(problems[:40])


@pytest.mark.long_fault
@pytest.mark.timeout(240)
def test_an_api_that_takes_what_kafka_does_not_have_is_found(
    own_engines: EmbeddedStack,
    own_namespace: Namespace,
    start_on: Callable[..., MutantProcess],
    findings: Findings,
) -> None:
    problems = api_without_kafka(
        own_engines, own_namespace, start_on, findings, "api_takes_at_once"
    )
    assert any(problem.startswith("taken though") for problem in problems), problems


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
