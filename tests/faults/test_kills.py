"""A worker killed at any instruction: nothing lost, nothing doubled, back within seconds."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.findings import Findings, slack, spread
from tests.faults.forms import FULL, RATE, quick_sessions
from tests.faults.readers import WRITES, Readers
from tests.faults.supervision import Supervised, random_kills, supervise
from tests.support.audited import CASE_PATH
from tests.support.checker import proved
from tests.support.namespaces import Namespace
from tests.support.processes import Between
from tests.support.traffic import Load, Traffic
from tests.support.waiting import PATIENCE, eventually

POINTS = {
    "dedup": (
        "after_poll", "before_store", "after_claims", "after_decision",
        "before_begin", "in_transaction", "flushed", "before_commit", "after_commit",
    ),
    "cases": (
        "after_poll", "before_store", "after_log", "after_projection",
        "before_begin", "in_transaction", "flushed", "before_commit", "after_commit",
    ),
}  # fmt: skip
SHORT = {
    "dedup": ("after_claims", "after_decision", "flushed", "after_commit"),
    "cases": ("after_log", "after_projection", "before_commit", "after_commit"),
}
"""Between any two of these lies a step that only this worker takes, or the commit."""
EVERYBODY = (*CASE_PATH, "incidents", "sla", "notification")
KILLS_EACH = 3
RANDOM_KILLS = int(os.environ.get("COMPLAINTS_FAULTS_RANDOM_KILLS", "5"))
DEATHS_RATE = 500.0 if FULL else RATE
FULL_RATE = float(os.environ.get("COMPLAINTS_FAULTS_KILL_RATE", "1000"))
RECOVERY_SECONDS = 10.0
"""From the death of a worker to its next commit, and until readers of what it writes see
something new; on a machine with nothing else to do."""
LEAST_RATE = 0.9
"""What share of the promised load must really have been sent."""


@pytest.mark.timeout(600)
def test_death_at_any_crash_point_loses_and_doubles_nothing(
    namespace: Namespace, tmp_path: Path, findings: Findings
) -> None:
    if not FULL:
        quick_sessions(namespace)
    deaths = {
        name: [f"{point}:{nth}" for nth in ((3, 11) if FULL else (4,)) for point in points]
        for name, points in (POINTS if FULL else SHORT).items()
    }
    if not FULL:  # and a random moment, which has a test of its own in the long form
        for seed, planned in enumerate(deaths.values()):
            planned += random_kills(1, seed)
    _survive(namespace, tmp_path, deaths, findings, within=500)


@pytest.mark.long_fault
@pytest.mark.timeout(900)
def test_death_at_a_random_moment_loses_and_doubles_nothing(
    namespace: Namespace, tmp_path: Path, findings: Findings
) -> None:
    deaths = {
        name: random_kills(RANDOM_KILLS, seed) for seed, name in enumerate(("dedup", "cases"), 1)
    }
    _survive(namespace, tmp_path, deaths, findings, within=800)


@pytest.mark.long_fault
@pytest.mark.timeout(900)
def test_twenty_deaths_over_all_workers_at_a_thousand_contacts_a_second(
    namespace: Namespace, tmp_path: Path, findings: Findings
) -> None:
    deaths = {name: random_kills(KILLS_EACH, seed) for seed, name in enumerate(EVERYBODY)}
    _survive(namespace, tmp_path, deaths, findings, within=600, rate=FULL_RATE)


def _survive(
    namespace: Namespace,
    folder: Path,
    deaths: dict[str, list[str]],
    findings: Findings,
    within: float,
    rate: float = DEATHS_RATE,
) -> None:
    settings = namespace.settings
    with ExitStack() as running:
        between = Between(running, folder)
        between.start_with("cases", settings, {}, without=deaths)
        load = running.enter_context(Load(settings, Traffic(settings.key_ring()), rate))
        readers = running.enter_context(Readers(namespace, WRITES.keys() & deaths.keys()))
        workers = [
            running.enter_context(Supervised(name, settings, folder, planned))
            for name, planned in deaths.items()
        ]
        supervise(workers, within)
        died = {worker.name: worker.died for worker in workers}
        # A wait that nobody measured would pass for none.
        eventually(lambda: not readers.owed(died), 60, lambda: f"{readers.owed(died)} owed")
        history = load.stop()
        tally = proved(namespace, history, 300, {"sla", *deaths} - {*CASE_PATH})
        assert {worker.stop() for worker in workers} == {0}
    findings.faults = sum(worker.deaths for worker in workers)
    findings.recoveries = [time for worker in workers for time in worker.recoveries]
    findings.report(tally)
    waits = readers.waits(died)
    sent = len(history.acknowledged) / load.seconds
    findings.note(f"readers moved on after {spread(waits)} s; {sent:.0f} messages a second")
    assert findings.faults == sum(map(len, deaths.values()))
    assert len(waits) == sum(len(died[name]) for name in WRITES.keys() & deaths.keys()) > 0
    # The promise is held by the long form; the short one shares the machine with other tests.
    most = RECOVERY_SECONDS * (1 if FULL else slack() * PATIENCE)
    assert max(findings.recoveries) < most
    assert max(waits) < most
    assert not FULL or sent >= rate * LEAST_RATE
