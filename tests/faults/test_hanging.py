"""A transaction that Kafka forgets when its only broker dies: ended, so that readers go on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from infra.embedded import EmbeddedStack
from services.adapters.kafka_config import producer_config
from services.adapters.kafka_hanging import abort_hanging
from tests.support.waiting import always, eventually

pytestmark = pytest.mark.stack
TOPIC = "hanging"


@pytest.fixture
def hasty_engines(tmp_path: Path) -> Iterator[EmbeddedStack]:
    """Engines whose coordinator aborts what timed out before the partitions have a leader."""
    hasty = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": "10"}
    with EmbeddedStack(
        tmp_path / "engines",
        progress=lambda line: None,
        usual_ports=False,
        kafka_properties=hasty,
    ) as engines:
        yield engines


@pytest.mark.timeout(180)
def test_a_transaction_that_hangs_after_a_broker_restart_is_ended(
    hasty_engines: EmbeddedStack,
) -> None:
    kafka, broker = hasty_engines.addresses.kafka, hasty_engines.kafka[0]
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(TOPIC, num_partitions=1)])[TOPIC].result(20)
    producer = Producer(producer_config(kafka, "forgotten", 5.0) | {"log_level": 0})
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce(TOPIC, b"never committed")
    assert producer.flush(20) == 0
    broker.kill()
    # Its time-out passes while nobody is there to end it.
    always(lambda: not broker.is_running, 7.0)
    broker.start()
    sent = Producer({"bootstrap.servers": kafka})
    sent.produce(TOPIC, b"after")
    assert sent.flush(20) == 0

    ended = abort_hanging(kafka, patience=2.0)

    assert [(one.topic, one.partition) for one in ended] == [(TOPIC, 0)]
    assert abort_hanging(kafka) == []
    assert _first_value(kafka) == b"after"


def _first_value(kafka: str) -> bytes | None:
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "reader",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.assign([TopicPartition(TOPIC, 0, 0)])
    try:
        message = eventually(lambda: consumer.poll(1.0), 20, "a committed record")
        return message.value() if message else None
    finally:
        consumer.close()
