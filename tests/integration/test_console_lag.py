"""What the console says of Kafka: records that wait, and never transaction markers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from schemas.topics import RECEIVED
from services.console.lag import LagReader
from services.console.sampling import Waiting
from services.domain.errors import OutageError
from services.runtime.settings import Settings
from tests.support.namespaces import Namespace
from tests.support.waiting import eventually

SECOND = timedelta(seconds=1)


@pytest.fixture
def reader(namespace: Namespace) -> Iterator[LagReader]:
    made = LagReader(namespace.settings, ["api", "dedup"])
    yield made
    made.close()


def produce(namespace: Namespace, count: int) -> None:
    """Write records to one partition in one transaction, which ends with a marker."""
    settings = {"bootstrap.servers": namespace.settings.kafka}
    producer = Producer(settings | {"transactional.id": f"{namespace.settings.prefix}lag"})
    producer.init_transactions(60)
    producer.begin_transaction()
    for _ in range(count):
        producer.produce(namespace.topic(RECEIVED.name), b"v", partition=0)
    producer.commit_transaction(60)


def commit(namespace: Namespace, offset: int) -> None:
    """Let the group of dedup stand at an offset."""
    settings = {"bootstrap.servers": namespace.settings.kafka, "enable.auto.commit": False}
    consumer = Consumer(settings | {"group.id": namespace.settings.group("dedup")})
    spot = TopicPartition(namespace.topic(RECEIVED.name), 0, offset)
    consumer.commit(offsets=[spot], asynchronous=False)
    consumer.close()


def test_what_waits_is_counted_and_aged_until_only_a_marker_is_left(
    namespace: Namespace, reader: LagReader
) -> None:
    assert reader.read(datetime.now(UTC)) == {"dedup": Waiting(0, 0.0)}
    produce(namespace, 3)
    # An upper bound: three records and the marker, which comes a moment after them.
    eventually(lambda: reader.read(datetime.now(UTC) + 60 * SECOND)["dedup"].records == 4)
    oldest = reader.read(datetime.now(UTC) + 60 * SECOND)["dedup"].oldest_seconds
    assert oldest is not None
    assert 60 <= oldest < 300
    commit(namespace, 3)
    assert reader.read(datetime.now(UTC) + 60 * SECOND) == {"dedup": Waiting(0, 0.0)}


def test_a_kafka_that_is_away_is_an_outage_each_time_it_is_asked() -> None:
    reader = LagReader(Settings(kafka="127.0.0.1:1"), ["dedup"])
    for _ in range(2):
        with pytest.raises(OutageError):
            reader.read(datetime.now(UTC))
    reader.close()
