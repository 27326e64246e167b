"""Machines whose clocks are an hour off, and a herd of timers with a worker killed in its midst."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import pytest

from bench.timers import Answering, armed, go_to, insert, rows
from services.adapters.mongo_timers import MongoTimerStore
from services.adapters.shared_clock import open_clock
from tests.faults.findings import Findings, slack
from tests.faults.forms import FULL
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace
from tests.support.waiting import always, eventually

HERD: Final = 50_000 if FULL else 3_000
WINDOW: Final = timedelta(minutes=1)
AHEAD: Final = timedelta(hours=2)
LATE_SECONDS: Final = 60.0 if FULL else 20.0
"""The herd is through within this, the kill included, on a machine with nothing else to do."""
MOST_SLACK: Final = 3.0
"""A worker that is broken on purpose is waited for in vain: no longer than this."""
MOVABLE: Final = {"COMPLAINTS_MOVABLE_CLOCK": "1"}
Start = Callable[..., MutantProcess]


@pytest.fixture
def answering(namespace: Namespace) -> Iterator[Answering]:
    """Reads what fires and answers it, as ``cases`` would."""
    reader = Answering(namespace)
    yield reader
    reader.close()


# -------------------------------------------------------------- clocks that are off


def fires_with(
    namespace: Namespace, start_mutant: Start, answering: Answering, changes: str, count: int = 40
) -> tuple[int, bool]:
    """Let timers stand due in 12 s, and as many in half an hour, with two ``sla`` on machines an
    hour ahead and behind; return how many fired early, and whether the due ones all did."""
    base = datetime.now(UTC) + timedelta(seconds=12)
    due = list(rows(count, count, 0, base))
    store = MongoTimerStore(namespace.database)
    near = [row._replace(due=base) for row in due[: count // 2]]
    far = [row._replace(due=base + timedelta(minutes=30)) for row in due[count // 2 :]]
    store.insert([*near, *far], base + timedelta(days=90))
    for slot, off in enumerate(("3600", "-3600")):
        start_mutant(f"{changes}machine_off@{off}", "sla", slot=slot, ready_within=None)
    wanted = {row.case_key.partition("|")[2] for row in near}
    try:
        within = 40 * min(slack(), MOST_SLACK)
        eventually(lambda: wanted <= answering.first.keys(), within, "the due ones fire")
        is_complete = True
    except AssertionError:
        is_complete = False
    always(lambda: True, 2.0)
    return len(answering.first.keys() - wanted), is_complete


@pytest.mark.timeout(240)
def test_machines_an_hour_off_fire_neither_early_nor_late(
    namespace: Namespace, start_mutant: Start, answering: Answering, findings: Findings
) -> None:
    assert fires_with(namespace, start_mutant, answering, "") == (0, True)
    assert min(answering.lateness) >= 0
    findings.faults = 2
    findings.note(f"latest {max(answering.lateness):.2f} s after its time, none early")


@pytest.mark.long_fault
@pytest.mark.timeout(240)
def test_workers_that_trust_their_machines_fire_early_or_late(
    namespace: Namespace, start_mutant: Start, answering: Answering
) -> None:
    found = fires_with(namespace, start_mutant, answering, "trusts_its_machine,")
    assert found != (0, True)


# -------------------------------------------------------------- the herd


def herd_comes(
    namespace: Namespace, start_mutant: Start, answering: Answering, changes: str
) -> tuple[int, float]:
    """Let the herd come due, kill a worker in the middle and start it again; return how many
    never fired, and how long all took."""
    database = namespace.database
    open_clock(database, is_movable=True)
    base = (datetime.now(UTC) + AHEAD).replace(second=0, microsecond=0)
    insert(namespace, rows(HERD, HERD, 0, base))
    workers = [
        start_mutant(changes, "sla", slot=slot, ready_within=60, **MOVABLE) for slot in (0, 1)
    ]
    go_to(database, base - timedelta(minutes=5))
    eventually(lambda: armed(workers) >= HERD, 120, "the timers are in memory")
    go_to(database, base + WINDOW)
    # Who reads may be far behind who fires: later, the worker may have nothing left to leave out.
    eventually(lambda: len(answering.first) > 0, 120, "the first have fired", every=0.01)
    workers[0].kill()
    workers[0].start(None)
    seen = -1

    def is_over() -> bool:
        nonlocal seen
        before, seen = seen, len(answering.first)
        return seen >= HERD or (before == seen and workers[0].is_ready())

    eventually(is_over, 200, lambda: f"{len(answering.first)} of {HERD}", every=8.0)
    ends = sorted(answering.first.values())
    return HERD - len(ends), ends[-1] - ends[0]


@pytest.mark.long_fault
@pytest.mark.timeout(420)
def test_a_herd_of_timers_fires_whole_and_in_order_though_a_worker_dies(
    namespace: Namespace, start_mutant: Start, answering: Answering, findings: Findings
) -> None:
    missing, seconds = herd_comes(namespace, start_mutant, answering, "")
    assert missing == 0
    disorder = sum(
        later < earlier for dues in answering.dues.values() for earlier, later in pairwise(dues)
    )
    assert disorder == 0
    assert min(answering.lateness) >= 0
    assert seconds < LATE_SECONDS * slack()
    again = sum(answering.again.values())
    findings.note(f"{HERD} fired in {seconds:.1f} s with one kill, {again} proposed again, 0 lost")


@pytest.mark.long_fault
@pytest.mark.timeout(420)
def test_a_worker_that_forgets_what_came_due_meanwhile_leaves_timers_out(
    namespace: Namespace, start_mutant: Start, answering: Answering
) -> None:
    missing, _ = herd_comes(namespace, start_mutant, answering, "herd_forgets")
    assert missing > 0
