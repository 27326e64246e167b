"""SIGTERM: whatever a worker does or waits for, it ends in time, and nothing is lost by it."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from bench.notices import environment
from infra.embedded import EmbeddedStack
from infra.embedded.node import Node
from services.adapters.kafka_hanging import end_hanging
from services.adapters.mongo_switches import MongoSwitchStore
from services.cli.running import WORKERS
from services.domain.switch_store import Pause
from services.notification.policy import SHIPPED as NOTICES
from services.runtime.watchdog import HUNG
from tests.faults.findings import Findings, slack, spread
from tests.faults.forms import RATE
from tests.faults.supervision import committed
from tests.support.checker import proved
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess, a_free_port
from tests.support.sinks import Sink
from tests.support.traffic import Load, Traffic
from tests.support.waiting import always, eventually

STOP_SECONDS = 15.0
AWAY_SECONDS = 2.0
STARTING_SECONDS = 1.0
SLOW_SECONDS = 0.2
"""How long a provider takes for a notice: there is always one on its way."""
NAMES = ("dedup", "cases")
BEHIND = ("sla", "notification", "sender")
OF_ALL = ("busy", "joined", "paused")
"""States in which those behind the cases are asked to end as well."""
AWAY = {"mongo": ("mongo",), "kafka": ("kafka",), "engines": ("mongo", "kafka")}
"""States in which engines are away, and which."""
StartOn = Callable[..., MutantProcess]
pytestmark = [pytest.mark.stack, pytest.mark.long_fault, pytest.mark.timeout(240)]


@contextmanager
def _away(engines: EmbeddedStack, state: str) -> Iterator[None]:
    nodes: list[Node] = [getattr(engines, name)[0] for name in AWAY[state]]
    for node in nodes:
        node.kill()
    try:
        yield
    finally:
        for node in nodes:
            node.start()


@contextmanager
def _paused(space: Namespace, workers: list[MutantProcess]) -> Iterator[None]:
    store = MongoSwitchStore(space.database)
    names = [worker.name for worker in workers]
    for name in names:
        store.pause(Pause(name, "clerk:1", datetime.now(UTC), "a test"))
    eventually(
        lambda: all("a test" in worker.get("/readyz")[1] for worker in workers), 30, "they pause"
    )
    yield
    for name in names:
        store.resume(name)


def _with_somebody_to_tell(running: ExitStack, folder: Path) -> dict[str, str]:
    """Return the settings of workers that tell people at any time of the day, and have slow
    providers for that."""
    table = yaml.safe_load(NOTICES.read_text(encoding="utf-8"))
    table["quiet"] |= {"begins": "00:00", "ends": "00:00"}
    policy = folder / "never-quiet.yaml"
    policy.write_text(yaml.safe_dump(table, allow_unicode=True), encoding="utf-8")
    settings = {"COMPLAINTS_NOTIFICATION_POLICY": str(policy)}
    for kind in ("smtp", "http"):
        sink = running.enter_context(Sink(kind, SLOW_SECONDS))
        settings |= environment(kind, sink.port, 16, 64)
    return settings


def seconds_to_stop(
    workers: list[MutantProcess], within: float | None = None
) -> list[tuple[float, int]]:
    """Send SIGTERM to each; return after how many seconds it ended, and how."""
    ended = []
    for worker in workers:
        began = time.monotonic()
        code = worker.stop(3 * STOP_SECONDS * slack() if within is None else within)
        ended.append((time.monotonic() - began, code))
    return ended


@pytest.mark.parametrize("state", ["idle", "busy", "joined", "paused", *AWAY])
def test_a_worker_ends_within_fifteen_seconds_in_every_state(
    own_engines: EmbeddedStack,
    own_namespace: Namespace,
    start_on: StartOn,
    tmp_path: Path,
    findings: Findings,
    state: str,
) -> None:
    space, names = own_namespace, NAMES + BEHIND if state in OF_ALL else NAMES
    with ExitStack() as running:
        told = _with_somebody_to_tell(running, tmp_path) if state in OF_ALL else {}

        def started(slot: int) -> list[MutantProcess]:
            apart = set(names) - {*NAMES}
            return [start_on(space, "", name, slot, without=apart, **told) for name in names]

        stayers, leavers = started(0), started(1)
        eventually(lambda: all(one.is_ready() for one in stayers + leavers), 120, "they serve")
        load = running.enter_context(Load(space.settings, Traffic(space.settings.key_ring()), RATE))
        eventually(lambda: all(map(committed, [*stayers, *leavers])), 60, "they work")
        if state == "idle":
            load.stop()
            eventually(lambda: len({_sum(stayers + leavers) for _ in range(2)}) == 1, 60, "calm")
        with ExitStack() as fault:
            if state in AWAY:
                fault.enter_context(_away(own_engines, state))
                always(lambda: all(one.is_running for one in leavers), AWAY_SECONDS, "they run on")
            elif state == "joined":  # partitions are on their way to somebody else
                coming = started(2)
                eventually(lambda: all(one.get("/healthz")[0] for one in coming), 60, "they come")
            elif state == "paused":
                fault.enter_context(_paused(space, leavers))
            ended = seconds_to_stop(leavers)
        if "kafka" in AWAY.get(state, ()):
            end_hanging(space.settings.kafka)  # as `complaints up` does
        tally = proved(space, load.stop(), 180, set(names) - {*NAMES})
    findings.faults = len(ended)
    findings.recoveries = [seconds for seconds, _ in ended]
    findings.report(tally)
    assert {one.name: code for one, (_, code) in zip(leavers, ended, strict=True)} == dict.fromkeys(
        names, 0
    )
    assert max(findings.recoveries) < STOP_SECONDS


@pytest.mark.parametrize("state", ["starting", "idle", *AWAY])
def test_every_process_of_an_instance_ends_within_fifteen_seconds(
    own_engines: EmbeddedStack,
    own_namespace: Namespace,
    tmp_path: Path,
    findings: Findings,
    state: str,
) -> None:
    """All at once, as a machine that is shut down asks them."""
    with ExitStack() as running:
        workers = _everybody(own_namespace, tmp_path)
        for worker in workers:
            running.push(worker)
            worker.start(None)
        if state == "starting":
            always(lambda: all(one.is_running for one in workers), STARTING_SECONDS, "they start")
        else:
            eventually(lambda: all(one.is_ready() for one in workers), 120, "they are ready")
        with ExitStack() as fault:
            if state in AWAY:
                fault.enter_context(_away(own_engines, state))
                always(lambda: all(one.is_running for one in workers), AWAY_SECONDS, "they run on")
            began = time.monotonic()
            for worker in workers:
                os.kill(worker.pid, signal.SIGTERM)
            ended = {
                one.name: (one.wait(STOP_SECONDS), time.monotonic() - began) for one in workers
            }
    findings.faults = len(ended)
    findings.recoveries = [seconds for _, seconds in ended.values()]
    findings.note(f"{len(ended)} processes ended after {spread(findings.recoveries)} s")
    # Who is asked before it can listen ends at once, as the system does it. And faust waits for
    # a cluster that is away until it is given up: what it has not committed comes again.
    good = {0, -signal.SIGTERM} if state == "starting" else {0}
    if "kafka" in AWAY.get(state, ()):
        good.add(HUNG)
    bad = {name: code for name, (code, _) in ended.items() if code not in good}
    hung = [name for name, (code, _) in ended.items() if code == HUNG]
    assert (bad, set(hung) - {"trends"}) == ({}, set())
    assert max(findings.recoveries) < STOP_SECONDS


def _everybody(space: Namespace, folder: Path) -> list[WorkerProcess]:
    """Return every process of an instance, the clerks' console among them."""
    workers = {name: WorkerProcess(name, space.settings, folder) for name in WORKERS}
    port = a_free_port()
    console = WorkerProcess(
        "console",
        space.settings,
        folder,
        COMPLAINTS_CONSOLE_PORT=f"{port}",
        COMPLAINTS_API_URL=f"http://127.0.0.1:{workers['api'].api_port}",
    )
    console.health_port = port
    return list((workers | {"console": console}).values())


def _sum(workers: list[MutantProcess]) -> float:
    return sum(map(committed, workers))


def stops_while_it_hangs(
    space: Namespace,
    start_on: StartOn,
    findings: Findings,
    changes: str,
    within: float | None = None,
) -> list[tuple[float, int]]:
    """Let dedup hang in its third batch under load, ask it to stop; return when it did, nothing
    if it did not."""
    start_on(space, "", "cases", ready_within=60)
    hung = start_on(space, f"{changes}hangs@3", "dedup", 0)
    with Load(space.settings, Traffic(space.settings.key_ring()), RATE) as load:
        eventually(lambda: committed(hung) > 0, 60, "it works")
        seen = -1.0

        def stands_still() -> bool:
            nonlocal seen
            before, seen = seen, committed(hung)
            return before == seen

        eventually(stands_still, 60, "it hangs", every=1.5)
        try:
            ended = seconds_to_stop([hung], within)
        except AssertionError:
            hung.kill()
            load.stop()
            return []
        start_on(space, "", "dedup", 1, ready_within=60)
        findings.report(proved(space, load.stop(), wait=180))
    return ended


def test_a_worker_whose_handler_hangs_is_ended_in_time(
    namespace: Namespace, start_on: StartOn, findings: Findings
) -> None:
    findings.faults = 1
    ((seconds, code),) = stops_while_it_hangs(namespace, start_on, findings, "")
    assert code == HUNG
    assert seconds < STOP_SECONDS * slack()


def test_without_a_watchdog_a_hanging_worker_stays(
    namespace: Namespace, start_on: StartOn, findings: Findings
) -> None:
    assert stops_while_it_hangs(namespace, start_on, findings, "no_watchdog,", STOP_SECONDS) == []
