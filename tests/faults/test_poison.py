"""What cannot be read becomes a dead letter; mended and replayed it takes effect once."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from confluent_kafka import Message, Producer

from schemas import topics
from schemas.codec import encode
from schemas.dead import dead_id, from_headers, original_headers, replay_headers
from schemas.keys import locality_key
from services.runtime.settings import Settings
from tests.faults.findings import Findings
from tests.support.builders import a_contact
from tests.support.checker import proved, read_all
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.traffic import TENANT, Sender, Traffic
from tests.support.waiting import eventually

KEY = locality_key(TENANT, "k1.POISON")
GOOD = encode(a_contact("poisoned", waybill="YT4413998102276"))
BROKEN = GOOD[: len(GOOD) // 2]
UNKNOWN_CHANNEL = GOOD.replace(b'"channel":"phone"', b'"channel":"pigeon"')
HUGE = GOOD.replace("快件".encode(), "快件".encode() * 150_000)
EXPECTED = {BROKEN: "json_invalid", UNKNOWN_CHANNEL: "enum", HUGE: "value_too_long"}


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
    for sending in islice(traffic, 60):
        sender.send(sending)
    history = sender.flush()

    dead = eventually(lambda: _dead(namespace, EXPECTED), 60, "three dead letters")
    for letter in dead:
        headers: Any = letter.headers()
        assert from_headers(headers).rule == EXPECTED[letter.value() or b""]
        assert (letter.key(), original_headers(headers)) == (KEY, (("trace", b"abc"),))
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
