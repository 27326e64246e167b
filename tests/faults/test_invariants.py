"""The chain (I6) and the counters (I7) of a run on engines: good as it was, and found once somebody
altered the history in the database."""

from collections.abc import Callable
from itertools import islice

import pytest

from tests.faults.findings import Findings
from tests.support.checker import check, proved
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.traffic import Sender, Traffic

CONTACTS = 60


@pytest.mark.long_fault
@pytest.mark.timeout(240)
def test_a_history_that_somebody_altered_is_found(
    namespace: Namespace, start_worker: Callable[..., WorkerProcess], findings: Findings
) -> None:
    sender = Sender(namespace.settings)
    for sending in islice(Traffic(namespace.settings.key_ring(), commands=0.2), CONTACTS):
        sender.send(sending)
    history = sender.flush()
    for name in ("dedup", "cases"):
        start_worker(name)
    findings.report(proved(namespace, history))

    cases, log = namespace.database["cases"], namespace.database["case_log"]
    case = log.find_one({"events.0.seq": 1})
    assert case is not None
    event = case["events"][0]["value"]
    altered = {"$set": {"events.0.value": event.replace(b'"seq":1', b'"seq":9')}}
    log.update_one({"_id": case["_id"]}, altered)
    cases.update_one({"contacts": 1}, {"$inc": {"contacts": 1}})
    tally = check(namespace, history)
    assert any(case["case"] in one for one in tally.chain)
    assert any("counted by documents" in one for one in tally.counters)
    findings.faults = 2
