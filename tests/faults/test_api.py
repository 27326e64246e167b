"""The API killed under load: what it acknowledged is there, and sending again is harmless."""

import time
from collections.abc import Callable
from random import Random

import pytest

from tests.faults.findings import Findings, slack
from tests.faults.forms import RATE
from tests.support.api_clients import Clients, tally_of
from tests.support.audited import audited
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.waiting import eventually

RECOVERY_SECONDS = 10.0
DEATHS = [
    *("before_produce:15", "after_produce:15", "after_ack:15"),
    *([""] * 20),
]
"""Points of the API, then SIGKILL at random moments."""


@pytest.mark.long_fault
@pytest.mark.timeout(600)
def test_an_api_that_dies_keeps_what_it_acknowledged_and_takes_the_rest_again(
    namespace: Namespace,
    start_worker: Callable[..., WorkerProcess],
    start_mutant: Callable[..., MutantProcess],
    findings: Findings,
) -> None:
    start_worker("dedup")
    start_worker("cases")
    rng = Random(4)
    api = start_mutant("", "api")
    with Clients(api.api_port, namespace.settings.key_ring(), RATE) as clients:
        for death in DEATHS:
            _let_it_die(api, clients, death, rng)
            died = time.monotonic()
            coming = DEATHS[findings.faults + 1 : findings.faults + 2]
            api.changes = f"api_dies@{coming[0]}" if coming and coming[0] else ""
            api.start(60)
            findings.faults += 1
            findings.recoveries.append(time.monotonic() - died)
        eventually(lambda: len(clients.taken) > 100, 60, "contacts are taken")
        clients.stop()
    assert api.stop() == 0

    problems = audited(namespace, 120)
    assert not problems, "\n".join(problems)
    tally = tally_of(namespace, clients)
    findings.report(tally)
    assert not tally.lost
    assert not tally.doubled
    assert max(findings.recoveries) < RECOVERY_SECONDS * slack()


def _let_it_die(api: MutantProcess, clients: Clients, death: str, rng: Random) -> None:
    if death:
        if not api.changes:  # the first life was a good one
            api.kill()
            api.changes = f"api_dies@{death}"
            api.start(60)
        assert api.wait(60) == 137
        return
    seen, more = len(clients.taken), rng.randrange(20, 200)
    eventually(lambda: len(clients.taken) >= seen + more, 60, "contacts are taken")
    api.kill()
