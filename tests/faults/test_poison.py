"""What cannot be read becomes a dead letter; mended and replayed it takes effect once."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from confluent_kafka import Message, Producer

from schemas import topics
from schemas.codec import encode
from schemas.dead import dead_id, from_headers, original_headers, replay_headers
from schemas.keys import locality_key
from services.runtime.settings import Settings
from tests.faults.findings import Findings, slack
from tests.faults.forms import RATE
from tests.faults.supervision import committed
from tests.support.builders import a_contact
from tests.support.checker import proved
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.topics_now import read_all
from tests.support.traffic import TENANT, Sender, Traffic
from tests.support.waiting import always, eventually

KEY = locality_key(TENANT, "k1.POISON")
NOW = datetime.now(UTC)
"""Received at this moment: of a contact months old the limits would pass while the audit looks."""
GOOD = encode(a_contact("poisoned", waybill="YT4413998102276", received_at=NOW))
BROKEN = GOOD[: len(GOOD) // 2]
UNKNOWN_CHANNEL = GOOD.replace(b'"channel":"phone"', b'"channel":"pigeon"')
HUGE = GOOD.replace("快件".encode(), "快件".encode() * 150_000)
POISON_SECONDS = 60.0
STOP_SECONDS = 15.0
WINDOW = 200
"""Records that the breaker looks back on, as shipped."""
NESTED = b"[" * 50_000 + b"]" * 50_000
EXPECTED = {
    BROKEN: "json_invalid",
    UNKNOWN_CHANNEL: "enum",
    HUGE: "value_too_long",
    GOOD.replace(b'"channel":"phone"', b'"channel":["phone",{}]'): "enum",
    GOOD.replace(
        b'"facts"', b'"odd":' + b"[" * 50_000 + b"]" * 50_000 + b',"facts"'
    ): "json_invalid",
    GOOD.replace("快件".encode(), rb"\ud800"): "json_invalid",
    GOOD.replace("快件".encode(), b"\xff\xfe"): "json_invalid",
    b"": "json_invalid",
    b"null": "model_type",
}
"""Cut off, a word nobody knows, a megabyte, another type, deeply nested, half a character, no
UTF-8, nothing, and nothing in JSON."""
ODD = (
    "((((a+)+)+)+$" * 700,
    "aaaaaaaaaaaaaaaa!" * 500,
    "😤💔" * 2_000,
    "不" * 9_000,
    "\0件" * 3_000,
)
"""Good ones that have brought down others: what makes regular expressions run for ever, and what
is no letter."""


@pytest.mark.timeout(180)
def test_poison_dies_the_rest_flows_and_a_mended_replay_takes_effect_once(
    namespace: Namespace, start_worker: Callable[..., WorkerProcess], findings: Findings
) -> None:
    assert len(HUGE) > 900_000
    workers = [start_worker("dedup"), start_worker("cases")]
    settings = namespace.settings
    sender = Sender(settings)
    traffic = Traffic(settings.key_ring(), seed=5)
    for poison in EXPECTED:
        for sending in islice(traffic, 60):
            sender.send(sending)
        _put(settings, poison, (("trace", b"abc"),))
    odd = [
        a_contact(f"odd-{number}", text=text, received_at=NOW) for number, text in enumerate(ODD)
    ]
    for contact in odd:
        _put(settings, encode(contact), ())
    for sending in islice(traffic, 60):
        sender.send(sending)
    history = sender.flush()

    dead = eventually(lambda: _dead(namespace, EXPECTED), 60, f"{len(EXPECTED)} dead letters")
    for letter in dead:
        headers: Any = letter.headers()
        assert from_headers(headers).rule == EXPECTED[letter.value() or b""]
        assert (letter.key(), original_headers(headers)) == (KEY, (("trace", b"abc"),))
    assert {letter.value() for letter in dead} == set(EXPECTED), "the original bytes"
    assert all(worker.is_running and worker.is_ready() for worker in workers)

    name = namespace.topic(f"{topics.RECEIVED.name}.dead")
    letter = dead[0]
    of = dead_id(name, letter.partition() or 0, letter.offset() or 0)
    written: Any = letter.headers()
    replay = replay_headers(written, of)
    for _ in range(2):  # the operator presses the button twice
        _put(settings, GOOD, replay)
    contact = a_contact("poisoned")
    token = f"con:{contact.contact_id}"
    log = namespace.database["case_log"]
    marks = [f"con:{one.contact_id}" for one in odd]
    eventually(
        lambda: all(log.count_documents({"marks": mark}) == 1 for mark in marks), 60, "odd ones too"
    )
    eventually(lambda: log.count_documents({"marks": token}) > 0, 60, "the replay has its effect")
    tally = proved(namespace, history)
    assert log.count_documents({"marks": token}) == 1
    assert (
        namespace.database["absorbed"].count_documents(
            {"contact_key": f"{TENANT}|{contact.contact_id}"}
        )
        == 1
    )
    findings.faults = len(EXPECTED)
    findings.report(tally)


@pytest.mark.long_fault
@pytest.mark.timeout(400)
def test_nothing_but_poison_for_a_minute_stops_the_worker_and_buries_nothing_good(
    namespace: Namespace, start_worker: Callable[..., WorkerProcess], findings: Findings
) -> None:
    settings = namespace.settings
    dedup, cases = (
        start_worker("dedup", COMPLAINTS_BREAKER_PROBE_SECONDS="2"),
        start_worker("cases"),
    )
    traffic, sender = Traffic(settings.key_ring(), seed=6, commands=0.0), Sender(settings)
    for sending in islice(traffic, 200):
        sender.send(sending)
    eventually(lambda: committed(dedup) >= 200, 60, "good records flow")
    sent = _poison_for(settings, POISON_SECONDS, lambda: _is_open(dedup))
    eventually(lambda: _is_open(dedup), 30, lambda: dedup.get("/readyz"))
    assert dedup.get("/readyz")[0] == 503
    assert (dedup.is_running, cases.is_ready()) == (True, True)
    buried = len(read_all(namespace, f"{topics.RECEIVED.name}.dead"))
    assert buried <= WINDOW, "the breaker lets less than its window pass"
    for sending in islice(traffic, 200):  # in the lane of the poison: the other goes on
        sender.send(replace(sending, topic=topics.RECEIVED.name))
    always(lambda: _is_open(dedup), 5, "the good ones wait behind the poison")
    # A person has looked: it is poison indeed. Without a breaker it goes to the dead letters.
    began = time.monotonic()
    assert dedup.stop() == 0
    findings.recoveries.append(time.monotonic() - began)
    assert findings.recoveries[0] < STOP_SECONDS * slack()
    start_worker("dedup", slot=1, COMPLAINTS_BREAKER_SHARE="2")
    tally = proved(namespace, sender.flush(), wait=180)
    letters = read_all(namespace, f"{topics.RECEIVED.name}.dead")
    poison = [letter for letter in letters if letter.value() == BROKEN]
    conflicts = sum(
        1 for one in letters if ("dead.reason", b"conflicting") in (one.headers() or ())
    )
    assert len(poison) == sent
    assert len(letters) == sent + conflicts, "something good is among the dead letters"
    findings.faults = sent
    findings.report(tally)
    findings.note(f"{sent} poisoned records: {buried} buried before the breaker opened")


def _is_open(worker: WorkerProcess) -> bool:
    """Return whether readiness and the metric say that the breaker is open."""
    is_said = "breaker open" in worker.get("/readyz")[1]
    return is_said and "complaints_breaker_open 1.0" in worker.get("/metrics")[1].splitlines()


def _poison_for(settings: Settings, seconds: float, is_open: Callable[[], bool]) -> int:
    """Send nothing but poison for so long, and until the breaker is open; return how much."""
    producer = Producer(
        {"bootstrap.servers": settings.kafka, "partitioner": "murmur2_random", "acks": "all"}
    )
    topic, began, sent = settings.topic(topics.RECEIVED.name), time.monotonic(), 0

    def is_over() -> bool:
        nonlocal sent
        for _ in range(int(RATE / 10)):
            producer.produce(topic, BROKEN, locality_key(TENANT, f"k1.{sent}"))
            sent += 1
        producer.poll(0)
        return time.monotonic() - began > seconds and is_open()

    eventually(is_over, seconds + 60, "the breaker opens", every=0.1)
    assert producer.flush(30) == 0
    return sent


def _put(settings: Settings, value: bytes, headers: tuple[tuple[str, bytes], ...]) -> None:
    producer = Producer(
        {
            "bootstrap.servers": settings.kafka,
            "partitioner": "murmur2_random",
            "message.max.bytes": 2 * 1024 * 1024,
        }
    )
    producer.produce(settings.topic(topics.RECEIVED.name), value, KEY, headers=list(headers))
    assert producer.flush(60) == 0


def _dead(namespace: Namespace, expected: dict[bytes, str]) -> list[Message]:
    letters = read_all(namespace, f"{topics.RECEIVED.name}.dead")
    found = [letter for letter in letters if letter.value() in expected]
    return found if len(found) == len(expected) else []
