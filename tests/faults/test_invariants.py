"""Clocks (I4), the chain (I6) and the counters (I7) of a run on engines: good as it was, and found
once somebody altered what stands in the database or on a topic."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import islice

import pytest
from confluent_kafka import Producer

from schemas import topics
from services.adapters.shared_clock import advance, open_clock
from tests.faults.findings import Findings
from tests.support.builders import ELAPSED
from tests.support.checker import check, proved
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.topics_now import read_all
from tests.support.traffic import History, Sender, Traffic
from tests.support.waiting import eventually

CONTACTS = 60
MOVABLE = {"COMPLAINTS_MOVABLE_CLOCK": "1", "COMPLAINTS_SLA_POLICY": str(ELAPSED)}


def sent(namespace: Namespace, commands: float) -> History:
    sender = Sender(namespace.settings)
    traffic = Traffic(namespace.settings.key_ring(), commands=commands)
    for sending in islice(traffic, CONTACTS):
        sender.send(sending)
    return sender.flush()


@pytest.mark.long_fault
@pytest.mark.timeout(240)
def test_a_history_that_somebody_altered_is_found(
    namespace: Namespace, start_worker: Callable[..., WorkerProcess], findings: Findings
) -> None:
    history = sent(namespace, commands=0.2)
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


@pytest.mark.long_fault
@pytest.mark.timeout(240)
def test_stages_fire_once_though_a_worker_dies_and_one_that_fires_again_is_found(
    namespace: Namespace, start_worker: Callable[..., WorkerProcess], findings: Findings
) -> None:
    open_clock(namespace.database, is_movable=True)
    for name in ("dedup", "cases"):
        start_worker(name, **MOVABLE)
    sla = start_worker("sla", **MOVABLE)
    history = sent(namespace, commands=0.0)
    proved(namespace, history, also={"sla"})
    advance(namespace.database, timedelta(hours=25))  # past warning and breach of each case
    eventually(lambda: read_all(namespace, topics.FIRED.name), 60, "the first fired")
    sla.kill()
    sla.start()
    open_cases = namespace.database["cases"].count_documents({})

    def breached() -> set[str]:
        told = (json.loads(one.value() or b"") for one in read_all(namespace, topics.CHANGED.name))
        return {one["case_id"] for one in told if one["kind"] == "clock_breached"}

    eventually(lambda: len(breached()) == open_cases, 90, lambda: f"{len(breached())} breached")
    tally = proved(namespace, history, also={"sla"})
    assert tally.fired >= open_cases > 0
    findings.faults = 1
    findings.report(tally)

    told = read_all(namespace, topics.CHANGED.name)
    again = next(one for one in told if b'"clock_warned"' in (one.value() or b""))
    seqs = [json.loads(one.value() or b"")["seq"] for one in told if one.key() == again.key()]
    body = json.loads(again.value() or b"") | {"seq": max(seqs) + 1}
    producer = Producer({"bootstrap.servers": namespace.settings.kafka})
    name = namespace.topic(topics.CHANGED.name)
    producer.produce(name, json.dumps(body).encode(), again.key(), partition=again.partition() or 0)
    assert producer.flush(60) == 0
    assert [one.endswith("fired again") for one in check(namespace, history).clocks].count(
        True
    ) == 1
