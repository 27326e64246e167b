"""A worker that stood still while another took over: it wakes up and changes nothing."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

import pytest

from tests.faults.findings import Findings
from tests.faults.forms import RATE, quick_sessions
from tests.faults.supervision import committed
from tests.support.checker import Tally, judged
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.traffic import Load, Traffic
from tests.support.waiting import eventually

Start = Callable[..., WorkerProcess]
StartMutant = Callable[..., MutantProcess]
PAIRS = [
    ("before_begin", "before_store"),
    *(
        pytest.param(*pair, marks=pytest.mark.long_fault)
        for pair in (
            ("after_claims", "after_log"),
            ("before_store", "before_begin"),
            ("in_transaction", "in_transaction"),
            ("before_commit", "before_commit"),
        )
    ),
]


def zombies_wake_up(
    namespace: Namespace,
    start_worker: Start,
    start_mutant: StartMutant,
    changes: Mapping[str, str],
) -> tuple[list[str], Tally]:
    """Let each worker freeze as ``changes`` say, wake it once another has taken over; return
    what the judges found."""
    quick_sessions(namespace)
    settings = namespace.settings
    with ExitStack() as running:
        zombies = {
            name: start_mutant(how, name, ready_within=None) for name, how in changes.items()
        }
        load = running.enter_context(Load(settings, Traffic(settings.key_ring()), RATE))
        eventually(lambda: all(one.is_frozen for one in zombies.values()), 90, "they freeze")
        heirs = {name: start_worker(name, slot=1, ready_within=None) for name in zombies}
        eventually(
            lambda: all(committed(heir) > 0 for heir in heirs.values()), 90, "the heirs commit"
        )
        for zombie in zombies.values():
            zombie.unpause()
        eventually(
            lambda: all(zombie.is_ready() for zombie in zombies.values()), 90, "they serve again"
        )
        history = load.stop()
        found = judged(namespace, history, 120)
        workers = [*zombies.values(), *heirs.values()]
        assert [worker.stop() for worker in workers] == [0] * len(workers)
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("dedup", "cases"), PAIRS)
def test_a_zombie_changes_nothing(
    namespace: Namespace,
    start_worker: Start,
    start_mutant: StartMutant,
    findings: Findings,
    dedup: str,
    cases: str,
) -> None:
    changes = {"dedup": f"freeze@{dedup}:4", "cases": f"freeze@{cases}:4"}
    problems, tally = zombies_wake_up(namespace, start_worker, start_mutant, changes)
    assert not problems, "\n".join(problems[:40])
    findings.faults = 2
    findings.report(tally)


@pytest.mark.long_fault
@pytest.mark.timeout(300)
def test_records_in_a_transaction_without_offsets_let_a_zombie_double_them(
    namespace: Namespace, start_worker: Start, start_mutant: StartMutant
) -> None:
    changes = {
        "dedup": "offsets_apart,freeze@before_begin:4",
        "cases": "freeze@before_store:4",
    }
    problems, tally = zombies_wake_up(namespace, start_worker, start_mutant, changes)
    assert problems
    assert tally.doubled
