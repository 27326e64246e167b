"""How far each worker is behind in Kafka: what waits, and since when the first of it.

Transaction markers take offsets too, so an offset below the end need not mean a record; whoever
wants to know must look. Connections are kept; after an outage they are made anew.
"""

import logging
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from time import monotonic
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import TopicPartition as Spot
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec

from schemas.topics import TOPICS
from services.adapters.kafka_admin import (
    admin_of,
    committed_offsets,
    known_offsets,
    partitions_of,
)
from services.console.sampling import Waiting
from services.domain.errors import ComplaintsError, OutageError
from services.runtime.settings import Settings

logger: Final = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 1.5
_MOST_SPOTS: Final = 96
"""Partitions looked into at a time; the others count by their offsets alone."""
_NONE: Final = -1


class LagReader:
    """Asks Kafka. Used by one thread at a time; :meth:`close` it."""

    def __init__(self, settings: Settings, workers: Iterable[str]) -> None:
        self._settings = settings
        self._inputs = {
            worker: [settings.topic(topic.name) for topic in TOPICS if worker in topic.consumers]
            for worker in workers
        }
        self._open = ExitStack()
        self._admin: KafkaAdminClient | None = None
        self._consumer: Consumer | None = None
        self._spots: dict[str, list[TopicPartition]] = {}

    def read(self, now: datetime) -> dict[str, Waiting]:
        """Return what waits before each worker that reads topics; one is left out while nobody can
        tell, because of a topic that is missing or a partition of which Kafka says no end.

        Raises:
            OutageError: Kafka is away.
        """
        try:
            return self._read(now)
        except ComplaintsError:
            self.close()
            raise
        except Exception as error:
            # What the two clients raise when a broker goes under them is not to be listed.
            self.close()
            raise OutageError("kafka", type(error).__name__) from error

    def close(self) -> None:
        """Let go of the connections."""
        self._open.close()
        self._admin = self._consumer = None

    def _read(self, now: datetime) -> dict[str, Waiting]:
        admin, consumer = self._connect()
        found: dict[str, Waiting] = {}
        for worker, spots in self._spots.items():
            if not spots or not self._is_whole(worker, spots):
                continue
            spans = self._spans(admin, worker, spots)
            if spans is None:
                continue
            first = _first_records(consumer, spans) if spans else {}
            left = [
                end - begin for spot, (begin, end) in spans.items() if first.get(spot, 0) != _NONE
            ]
            times = [at for at in first.values() if at != _NONE]
            # Where something waits and none of it was seen yet, nobody knows since when.
            oldest = None if left else 0.0
            if times:
                oldest = max(0.0, now.timestamp() - min(times) / 1000)
            found[worker] = Waiting(sum(left), oldest)
        return found

    def _spans(
        self, admin: KafkaAdminClient, worker: str, spots: list[TopicPartition]
    ) -> dict[TopicPartition, tuple[int, int]] | None:
        """Return committed position and end of the partitions where these differ; None where one
        of them is not known."""
        committed = committed_offsets(admin, self._settings.group(worker))
        ends = known_offsets(admin, spots, OffsetSpec.LATEST)
        unread = [spot for spot in spots if spot not in committed]
        begins = committed | known_offsets(admin, unread, OffsetSpec.EARLIEST)
        if not (ends.keys() & begins.keys()).issuperset(spots):
            return None
        spans = {spot: (begins[spot], ends[spot]) for spot in spots}
        return {spot: span for spot, span in spans.items() if span[0] < span[1]}

    def _is_whole(self, worker: str, spots: list[TopicPartition]) -> bool:
        """Return whether every topic that the worker reads is there."""
        return {spot.topic for spot in spots} == set(self._inputs[worker])

    def _connect(self) -> tuple[KafkaAdminClient, Consumer]:
        if self._admin is None or self._consumer is None:
            self.close()
            self._admin = self._open.enter_context(admin_of(self._settings.kafka))
            self._consumer = Consumer(
                {
                    "bootstrap.servers": self._settings.kafka,
                    "client.id": "complaints-console",
                    "group.id": f"{self._settings.prefix}console",  # never joined, never committed
                    "enable.auto.commit": False,
                    "enable.partition.eof": True,
                    "isolation.level": "read_committed",
                    "auto.offset.reset": "earliest",
                    "fetch.message.max.bytes": 65_536,  # one record is enough
                    "queued.max.messages.kbytes": 4_096,
                    "log_level": 0,
                },
            )
            self._open.callback(self._consumer.close)
            self._spots = {}
        if not all(self._is_whole(one, self._spots.get(one, [])) for one in self._inputs):
            self._spots = {
                worker: partitions_of(self._admin, names) for worker, names in self._inputs.items()
            }
        return self._admin, self._consumer


def _first_records(
    consumer: Consumer, spans: Mapping[TopicPartition, tuple[int, int]]
) -> dict[TopicPartition, int]:
    """Return when the first record of each span was written, in milliseconds; _NONE where
    there are only markers. What does not answer in time is left out."""
    left = dict(sorted(spans.items())[:_MOST_SPOTS])
    consumer.assign([Spot(spot.topic, spot.partition, span[0]) for spot, span in left.items()])
    found: dict[TopicPartition, int] = {}
    deadline = monotonic() + _LOOK_SECONDS
    try:
        while found.keys() != left.keys() and monotonic() < deadline:
            for message in consumer.consume(500, 0.1):
                spot = TopicPartition(message.topic(), message.partition())
                error = message.error()
                if error is None:
                    found.setdefault(spot, message.timestamp()[1])
                elif error.code() == KafkaError._PARTITION_EOF:
                    found.setdefault(spot, _NONE)
                else:
                    raise KafkaException(error)
    finally:
        consumer.unassign()
    return found
