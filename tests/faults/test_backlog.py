"""A backlog is worked off without anybody growing, the workers say how long it will take; and
under load for long nobody grows either."""

import os
import re
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest

from tests.faults.findings import Findings, slack
from tests.faults.forms import RATE
from tests.faults.supervision import committed
from tests.support.checker import proved
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.traffic import Load, Sender, Traffic
from tests.support.waiting import eventually

NAMES = ("dedup", "cases")
PATH = ("dedup", "severity", "routing", "cases", "incidents", "sla", "notification")
BACKLOG = int(os.environ.get("COMPLAINTS_FAULTS_BACKLOG", "10000"))
"""Contacts; with 600000 it is ten minutes of a thousand a second."""
SOAK_MINUTES = float(os.environ.get("COMPLAINTS_FAULTS_SOAK_MINUTES", "2"))
MOST_MEGABYTES = 320
"""What docs/architecture.md promises of a worker before a backlog."""
WRONG_BY = 4.0
"""A forecast may be wrong by this factor: it goes by batches that were quicker or slower."""
GROWTH_MEGABYTES = 24.0
_DRAIN = re.compile(r"^complaints_drain_seconds(?:\{.*?\})? ([0-9.e+]+)$", re.MULTILINE)
StartMutant = Callable[..., MutantProcess]
pytestmark = [pytest.mark.long_fault, pytest.mark.timeout(60 * SOAK_MINUTES + BACKLOG / 50 + 300)]


def _forecast(worker: WorkerProcess) -> float:
    """Return in how many seconds the worker means to be through; 0 when it does not say."""
    found = _DRAIN.search(worker.get("/metrics")[1])
    return float(found[1]) if found else 0.0


def _megabytes(worker: WorkerProcess, of: str) -> float:
    status = Path(f"/proc/{worker.pid}/status").read_text(encoding="ascii")
    return int(status.partition(f"{of}:")[2].split()[0]) / 1024


def worked_off(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings, changes: str
) -> list[str]:
    """Let the workers of the case path come back to a backlog; return what is wrong with it."""
    count = BACKLOG // 3 if changes else BACKLOG
    sender = Sender(namespace.settings)
    for sending in islice(Traffic(namespace.settings.key_ring(), seed=22, commands=0), count):
        sender.send(sending)
    history = sender.flush()
    workers = [start_mutant(changes, name, ready_within=60, without=PATH) for name in PATH]
    first = workers[0]
    # It may say so while it is nearly through, where others have the processors.
    said = eventually(lambda: _forecast(first) or -(committed(first) >= count), 180, "a forecast")
    problems = [] if said > 0 else ["it does not say how long it will take"]
    began = time.monotonic()
    eventually(lambda: committed(first) >= count, count / 50, lambda: committed(first), 0.5)
    took = time.monotonic() - began
    findings.note(f"{count} contacts: dedup said {said:.1f} s, and took {took:.1f} s")
    # The forecast is read from a page that is some seconds old.
    if said > 0 and not (took / WRONG_BY - 10 < said < took * WRONG_BY + 10):
        problems.append(f"it said {said:.1f} s and took {took:.1f} s")
    findings.faults = 1
    findings.recoveries = [took]
    findings.report(proved(namespace, history, wait=count / 50))
    peaks = {worker.name: _megabytes(worker, "VmHWM") for worker in workers}
    findings.note(", ".join(f"{name} {peak:.0f}" for name, peak in peaks.items()) + " MB at most")
    problems += [
        f"{name} grew to {peak:.0f} MB" for name, peak in peaks.items() if peak > MOST_MEGABYTES
    ]
    eventually(lambda: _forecast(first) == 0.0, 30, "it says that nothing is left")
    return problems


def test_a_backlog_is_worked_off_in_the_time_that_was_said(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings
) -> None:
    assert worked_off(namespace, start_mutant, findings, "") == []


def test_a_worker_that_does_not_know_its_pace_is_found(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings
) -> None:
    assert worked_off(namespace, start_mutant, findings, "pace_unknown")


class Size(NamedTuple):
    """What a process holds."""

    megabytes: float
    files: int
    threads: int


def _size(worker: WorkerProcess) -> Size:
    place = Path(f"/proc/{worker.pid}")
    files, threads = (len(list((place / one).iterdir())) for one in ("fd", "task"))
    return Size(_megabytes(worker, "VmRSS"), files, threads)


def grown(before: Sequence[Size], after: Sequence[Size]) -> list[str]:
    """Return what grew from one stretch of time to another, by the medians.

    >>> grown([Size(100, 20, 9)] * 3, [Size(101, 21, 9)] * 3)
    []
    >>> grown([Size(100, 20, 9)] * 3, [Size(160, 90, 9)] * 3)
    ['megabytes 100 to 160', 'files 20 to 90']
    """
    limits = Size(GROWTH_MEGABYTES, 8, 4)
    found = []
    for place, name in enumerate(Size._fields):
        earlier, later = (median(size[place] for size in sizes) for sizes in (before, after))
        if later - earlier > limits[place]:
            found.append(f"{name} {earlier:.0f} to {later:.0f}")
    return found


def under_load(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings, changes: str
) -> list[str]:
    """Work for long under half the load; return what grew meanwhile."""
    workers = [start_mutant(changes, name, ready_within=60) for name in NAMES]
    sizes: dict[str, list[Size]] = {name: [] for name in NAMES}
    minutes = SOAK_MINUTES / 2 if changes else SOAK_MINUTES
    settings = namespace.settings
    with Load(settings, Traffic(settings.key_ring(), seed=20), RATE / 2) as load:
        eventually(lambda: all(map(committed, workers)), 60, "they work")
        ends = time.monotonic() + 60 * minutes
        while time.monotonic() < ends:
            due = time.monotonic() + 1.0
            for worker in workers:
                sizes[worker.name].append(_size(worker))
            eventually(lambda due=due: time.monotonic() >= due, 5)  # type: ignore[misc]
        history = load.stop()
    findings.report(proved(namespace, history, wait=120 * slack()))
    assert [worker.stop() for worker in workers] == [0, 0]
    found = []
    for name, seen in sizes.items():
        third = len(seen) // 3  # the first is for warming up
        found += [f"{name}: {one}" for one in grown(seen[third : 2 * third], seen[2 * third :])]
        findings.note(f"{name} after {minutes:g} minutes: {seen[third]} became {seen[-1]}")
    return found


def test_under_load_for_long_nothing_grows(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings
) -> None:
    assert under_load(namespace, start_mutant, findings, "") == []


def test_a_worker_that_leaks_is_found(
    namespace: Namespace, start_mutant: StartMutant, findings: Findings
) -> None:
    assert under_load(namespace, start_mutant, findings, "leaks")
