"""A worker that hangs, and nobody asks it to stop: it ends itself, and another takes over."""

import time
from collections.abc import Callable

import pytest

from services.runtime.watchdog import HUNG
from tests.faults.findings import Findings, slack
from tests.faults.forms import RATE
from tests.faults.supervision import committed
from tests.support.checker import proved
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace
from tests.support.traffic import Load, Traffic
from tests.support.waiting import PATIENCE, NotInTimeError, eventually

HUNG_SECONDS = 10.0
"""The shortest there is; as shipped it is 60."""
NOTICED_SECONDS = 5.0
StartOn = Callable[..., MutantProcess]
pytestmark = [pytest.mark.stack, pytest.mark.long_fault, pytest.mark.timeout(240)]


def hangs_unasked(
    space: Namespace, start_on: StartOn, findings: Findings, changes: str = ""
) -> str:
    """Let one of two dedups hang in its second batch under load; return what is wrong.

    Raises:
        AssertionError: something was lost or doubled.
    """
    start_on(space, "", "cases")
    environment = {"COMPLAINTS_HUNG_SECONDS": f"{HUNG_SECONDS:g}"}
    most = HUNG_SECONDS + NOTICED_SECONDS
    hung = start_on(space, f"hangs@2{changes}", "dedup", 0, ready_within=60, **environment)
    other = start_on(space, "", "dedup", 1, ready_within=60)
    with Load(space.settings, Traffic(space.settings.key_ring()), RATE) as load:
        began = time.monotonic()
        eventually(lambda: committed(other) > 0, 60, "the other works")
        findings.faults = 1
        try:
            code = hung.wait(most / PATIENCE if changes else most)
        except NotInTimeError:
            return f"it hangs for {time.monotonic() - began:.0f} s"
        seconds = time.monotonic() - began
        findings.recoveries.append(seconds)
        # Nobody starts it again: what it held is the other's, or it is lost.
        findings.report(proved(space, load.stop(), wait=180))
    assert other.is_running
    if code != HUNG:
        return f"it ended with {code}"
    late = seconds > most * slack()
    return f"it hung for {seconds:.0f} s" if late else ""


def test_a_worker_that_hangs_is_ended_and_another_takes_over(
    namespace: Namespace, start_on: StartOn, findings: Findings
) -> None:
    assert hangs_unasked(namespace, start_on, findings) == ""


def test_without_a_watchdog_a_hanging_worker_keeps_its_partitions(
    namespace: Namespace, start_on: StartOn, findings: Findings
) -> None:
    problem = hangs_unasked(namespace, start_on, findings, ",no_watchdog")
    assert problem.startswith("it hangs for")
