"""Counts for trends, dated by windows of five minutes; noon's is number 0; and their topics."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from schemas import topics
from schemas.codec import decode, encode
from schemas.trends import ContactsCounted, SurgeSeen
from schemas.vocabulary import Category
from services.adapters.kafka_admin import admin_of, committed_offsets, partitions_of
from tests.support.builders import NOON, TENANT
from tests.support.namespaces import Namespace

WINDOW_SECONDS = 300
KEY = b"default|hub-1"


def counts(window: int = 0, count: int = 1, **changes: Any) -> ContactsCounted:
    """Return so many contacts in the window with this number; ``second`` within it."""
    at = NOON + timedelta(seconds=WINDOW_SECONDS * window + changes.pop("second", 0))
    fields = {"tenant": TENANT, "hub": "hub-1", "category": Category.DELAY}
    return ContactsCounted(**(fields | {"count": count, "at": at} | changes))


def usual_then(count: int) -> list[bytes]:
    """Four windows of ten contacts, then one with ``count``."""
    return [*(encode(counts(window, 10)) for window in range(4)), encode(counts(4, count))]


class CountsWire:
    """What a test puts on topics and finds there."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        self.counts = namespace.topic(topics.COUNTS.name)
        self.surges = namespace.topic(topics.SURGES.name)
        self.dead = f"{self.counts}.dead"
        self._settings = {
            "compression.type": "lz4",  # as the workers' producers
            "bootstrap.servers": namespace.settings.kafka,
            "partitioner": "murmur2_random",
            "message.max.bytes": topics.DEAD_MAX_BYTES,
        }
        self._producer = Producer(self._settings)

    def put(
        self, *values: bytes | None, headers: list[tuple[str, str | bytes | None]] | None = None
    ) -> None:
        for value in values:
            self._producer.produce(self.counts, value, KEY, headers=headers or [])
        assert self._producer.flush(60) == 0

    def put_and_abort(self, *values: bytes) -> None:
        producer = Producer(self._settings | {"transactional.id": f"{self.counts}-aborter"})
        producer.init_transactions(60)
        producer.begin_transaction()
        for value in values:
            producer.produce(self.counts, value, KEY)
        assert producer.flush(60) == 0
        producer.abort_transaction(20)

    def found(self, topic: str) -> list[Any]:
        """Return all committed messages of ``topic`` as they are now."""
        with admin_of(self.namespace.settings.kafka) as admin:
            spots = partitions_of(admin, [topic])
        with reader(self.namespace, spots) as consumer:
            messages: list[Any] = []
            ended: set[int] = set()
            while len(ended) < len(spots):
                message = consumer.poll(10)
                assert message is not None, "the broker is silent"
                if message.error():
                    ended.add(message.partition())
                else:
                    messages.append(message)
            return messages

    def surges_found(self) -> list[SurgeSeen]:
        return [decode(SurgeSeen, message.value()) for message in self.found(self.surges)]

    def committed(self) -> int:
        with admin_of(self.namespace.settings.kafka) as admin:
            return sum(
                max(0, n)
                for n in committed_offsets(admin, self.namespace.settings.group("trends")).values()
            )


@contextlib.contextmanager
def reader(namespace: Namespace, spots: list[Any]) -> Iterator[Any]:
    consumer = Consumer(
        {
            "bootstrap.servers": namespace.settings.kafka,
            "group.id": f"{namespace.settings.prefix}test",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    try:
        consumer.assign([TopicPartition(s.topic, s.partition, OFFSET_BEGINNING) for s in spots])
        yield consumer
    finally:
        consumer.close()
