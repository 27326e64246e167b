"""A transaction that Kafka forgets when its only broker dies: ended, so that readers go on."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from infra.embedded import EmbeddedStack
from schemas.errors import MalformedRecordError
from services.adapters.kafka_config import producer_config
from services.adapters.kafka_hanging import end_hanging
from services.adapters.kafka_outcomes import Entry, State, is_commit, read_entry
from tests.support.waiting import always, eventually

ABORTED, COMMITTED = "aborted", "committed"


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


@pytest.mark.stack
@pytest.mark.timeout(180)
def test_transactions_that_hang_after_a_broker_restart_are_ended_as_was_decided(
    hasty_engines: EmbeddedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka, broker = hasty_engines.addresses.kafka, hasty_engines.kafka[0]
    admin = AdminClient({"bootstrap.servers": kafka})
    topics = [NewTopic(name, num_partitions=1) for name in (ABORTED, COMMITTED)]
    for made in admin.create_topics(topics).values():
        made.result(20)
    producers = [_in_a_transaction(kafka, topic) for topic in (ABORTED, COMMITTED)]
    broker.kill()
    # Their time-out passes while nobody is there to end them.
    always(lambda: not broker.is_running, 7.0)
    broker.start()
    for topic in (ABORTED, COMMITTED):
        _send(kafka, topic, b"after")

    # What was decided: an abort, as the coordinator's log has it; for the other topic a
    # commit, which no test can time.
    monkeypatch.setattr(
        "services.adapters.kafka_hanging.is_commit",
        lambda entries, producer, epoch, place: (
            place[0] == COMMITTED or is_commit(entries, producer, epoch, place)
        ),
    )
    ended = end_hanging(kafka, patience=2.0)

    assert [one.topic for one in ended] == [ABORTED, COMMITTED]
    assert end_hanging(kafka) == []
    assert _values(kafka, ABORTED, 1) == [b"after"]
    assert _values(kafka, COMMITTED, 2) == [b"in doubt", b"after"]
    assert len(producers) == 2  # alive until now: nobody ended anything by closing


def test_the_last_decision_about_the_very_transaction_counts() -> None:
    here, there = ("t", 0), ("t", 1)
    ongoing = Entry(7, 3, State.ONGOING, frozenset({here}))
    commit = Entry(7, 3, State.PREPARE_COMMIT, frozenset({here}))
    timed_out = Entry(7, 4, State.PREPARE_ABORT, frozenset({here}))
    other = Entry(8, 3, State.PREPARE_COMMIT, frozenset({here}))

    assert is_commit([ongoing, commit], 7, 3, here) is True
    assert is_commit([ongoing, commit, ongoing, timed_out], 7, 3, here) is False
    assert is_commit([ongoing, commit, ongoing], 7, 3, here) is None
    assert is_commit([ongoing, commit], 7, 3, there) is None
    assert is_commit([other], 7, 3, here) is None


def test_an_entry_of_the_coordinators_log_is_read() -> None:
    partitions = b"\x02\x13__consumer_offsets\x02\x00\x00\x00\x05\x00"
    head = struct.pack(">hqhib", 1, 42, 7, 6000, State.PREPARE_ABORT)
    value = head + partitions + bytes(16) + b"\x00"
    expected = frozenset({("__consumer_offsets", 5)})
    assert read_entry(value) == Entry(42, 7, State.PREPARE_ABORT, expected)
    assert read_entry(b"\x00\x09" + value[2:]) is None
    with pytest.raises(MalformedRecordError):
        read_entry(value[:20])


def _in_a_transaction(kafka: str, topic: str) -> Producer:
    producer = Producer(producer_config(kafka, f"forgotten-{topic}", 5.0) | {"log_level": 0})
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce(topic, b"in doubt")
    assert producer.flush(20) == 0
    return producer


def _send(kafka: str, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(topic, value)
    assert producer.flush(20) == 0


def _values(kafka: str, topic: str, count: int) -> list[bytes | None]:
    """Return the first ``count`` committed values, as a subscriber gets them."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "reader",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    found: list[bytes | None] = []

    def is_complete() -> bool:
        found.extend(message.value() for message in consumer.consume(10, 0.5))
        return len(found) >= count

    try:
        eventually(is_complete, 20, lambda: found)
    finally:
        consumer.close()
    return found
