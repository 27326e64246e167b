"""The API killed under load: what it acknowledged is there, and sending again is harmless."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Self

import pytest

from schemas.personal import KeyRing
from tests.faults.findings import Findings, slack
from tests.faults.forms import RATE
from tests.support.checker import Tally, audited
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.traffic import Kind, Sending, Traffic
from tests.support.waiting import eventually

RECOVERY_SECONDS = 10.0
CLIENTS = 6
DEATHS = [
    *("before_produce:15", "after_produce:15", "after_ack:15"),
    *([""] * 20),
]
"""Points of the API, then SIGKILL at random moments."""


class Clients:
    """Channels that hand contacts in and send each again until it is taken."""

    def __init__(self, port: int, keys: KeyRing, rate: float) -> None:
        self._port = port
        self._traffic = Traffic(keys, seed=11, commands=0.0)
        self._pause = CLIENTS / rate
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(CLIENTS)]
        self.taken: list[Sending] = []
        self.tries = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let every client bring its last contact through."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        while not self._stop.is_set():
            with self._lock:
                sending = self._traffic.next()
            while not self._post(connection, sending):
                if self._stop.wait(0.1):
                    break
            self._stop.wait(self._pause)
        connection.close()

    def _post(self, connection: http.client.HTTPConnection, sending: Sending) -> bool:
        self.tries += 1
        try:
            body = json.dumps(sending.form)
            connection.request("POST", "/v1/contacts", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        if answer.status >= 500:
            return False
        assert answer.status == 202, answer.status
        self.taken.append(sending)
        return True


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
    tally = _tally(namespace, clients)
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


def _tally(namespace: Namespace, clients: Clients) -> Tally:
    """Count the effects of everything that was acknowledged."""
    effects: Counter[str] = Counter()
    for entry in namespace.database["case_log"].find({}, {"marks": 1, "inputs": 1}):
        effects.update(entry["marks"][entry["inputs"] :])
    tally = Tally(contacts=len(clients.taken))
    for sending in clients.taken:
        if sending.kind is not Kind.CONFLICT and effects[sending.token] == 0:
            tally.lost.append(sending.token)
    tally.doubled = [token for token, count in effects.items() if count > 1]
    return tally
