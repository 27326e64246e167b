"""Workers that come and go under load, and one parcel the whole town complains about."""

import time
from collections.abc import Callable
from functools import partial
from itertools import islice

import bson
import pytest

from schemas import topics
from tests.faults.findings import Findings, slack
from tests.faults.forms import RATE
from tests.faults.supervision import committed
from tests.support.checker import proved
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.topics_now import read_all
from tests.support.traffic import Load, Sender, Traffic
from tests.support.waiting import eventually

Start = Callable[..., WorkerProcess]
STOP_SECONDS = 15.0
ROUNDS = 10
HOT = 5000
LIMIT_BYTES = 16 * 1024


@pytest.mark.long_fault
@pytest.mark.timeout(600)
def test_workers_join_and_leave_under_load(
    namespace: Namespace, start_worker: Start, findings: Findings
) -> None:
    settings = namespace.settings
    names = ("dedup", "cases")
    stayers = [start_worker(name, ready_within=60) for name in names]
    with Load(settings, Traffic(settings.key_ring()), RATE) as load:
        for number in range(ROUNDS):
            guests = [start_worker(name, slot=1, ready_within=60) for name in names]
            # SIGTERM to the ones who were there, then to the guests: both ways round.
            leaving = guests if number % 2 else stayers
            eventually(partial(_all_committed, guests), 60, "guests work")
            for worker in leaving:
                findings.recoveries.append(_ends_in_time(worker))
            findings.faults += len(leaving)
            if leaving is stayers:
                stayers = [start_worker(name, ready_within=60) for name in names]
                for worker in guests:
                    findings.recoveries.append(_ends_in_time(worker))
        tally = proved(namespace, load.stop(), wait=180)
    findings.report(tally)


def _all_committed(workers: list[WorkerProcess]) -> bool:
    return all(map(committed, workers))


def _ends_in_time(worker: WorkerProcess) -> float:
    """Send SIGTERM; return after how many seconds it ended in good order."""
    started = time.monotonic()
    assert worker.stop(within=STOP_SECONDS * slack()) == 0
    return time.monotonic() - started


@pytest.mark.long_fault
@pytest.mark.timeout(300)
def test_five_thousand_contacts_on_one_waybill_stay_one_small_case(
    namespace: Namespace, start_worker: Start, findings: Findings
) -> None:
    settings = namespace.settings
    sender, traffic = Sender(settings), Traffic(settings.key_ring(), seed=3)
    for number in range(HOT):
        sender.send(traffic.hot("SF1300000009999"))
        if number % 20 == 0:
            for sending in islice(traffic, 1):
                sender.send(sending)
    history = sender.flush()
    started = time.monotonic()
    start_worker("dedup")
    start_worker("cases")
    tally = proved(namespace, history, wait=180)
    findings.report(tally)
    findings.note(f"{HOT} contacts on one waybill through in {time.monotonic() - started:.0f} s")

    hottest = namespace.database["cases"].find_one(sort=[("contacts", -1)])
    assert hottest is not None
    assert hottest["contacts"] == HOT
    assert len(bson.encode(hottest)) <= LIMIT_BYTES
    states = [message.value() or b"" for message in read_all(namespace, topics.STATE.name)]
    assert max(map(len, states)) <= LIMIT_BYTES
