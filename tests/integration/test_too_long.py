"""On real Kafka: what no topic takes stops no worker."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import Producer

from schemas.codec import encode
from schemas.dead import from_headers
from schemas.topics import DEDUPLICATED, RECEIVED
from tests.support.builders import a_contact
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.topics_now import read_all
from tests.support.waiting import eventually

StartWorker = Callable[..., WorkerProcess]


def test_a_record_that_is_short_only_while_compressed_dies_with_its_beginning(
    namespace: Namespace, start_worker: StartWorker
) -> None:
    """No dead letter is long enough for it: its transaction would be lost again and again."""
    settings = {"compression.type": "zstd", "message.max.bytes": 16 * 1024 * 1024}
    producer = Producer({"bootstrap.servers": namespace.settings.kafka} | settings)
    topic, dead = namespace.topic(RECEIVED.name), RECEIVED.dead_letter or ""
    producer.produce(topic, b"x" * 8 * 1024 * 1024, b"k", partition=0)
    producer.produce(topic, encode(a_contact()), b"k", partition=0)
    assert producer.flush(60) == 0
    dedup = start_worker("dedup")
    (letter,) = eventually(lambda: read_all(namespace, dead), within=60, every=0.5)
    headers: Any = letter.headers()
    facts = from_headers(headers)
    assert facts.rule == "value_too_long"
    assert facts.error.startswith("only the beginning of 8388919 bytes")
    eventually(lambda: read_all(namespace, DEDUPLICATED.name), within=60)
    assert dedup.is_ready()
