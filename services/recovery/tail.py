"""What the topics hold beyond a backup, in pieces, each partition in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from pymongo.database import Database

from schemas.topics import Topic
from services.adapters.kafka_admin import (
    committed_offsets,
    end_offsets,
    partitions_of,
    start_offsets,
    topic_ids,
)
from services.adapters.mongo import Document
from services.audit.logic.places import Span
from services.audit.topic_reader import TopicReader
from services.recovery.finds import Finds
from services.recovery.manifest import Manifest, RecoveryError
from services.recovery.snapshot import Progress
from services.runtime.settings import Settings

Spans = dict[TopicPartition, Span]


@dataclass(slots=True)
class Tail:
    """Everything a roll-forward works with."""

    settings: Settings
    admin: KafkaAdminClient
    reader: TopicReader
    database: Database[Document]
    manifest: Manifest
    finds: Finds
    progress: Progress

    def produced(self, topic: Topic, worker: str | None = None) -> Spans:
        """Return what came onto ``topic`` after the backup; with ``worker``, from where it stood
        then, if that was earlier."""
        real = self.settings.topic(topic.name)
        spots = partitions_of(self.admin, [real])
        ends = end_offsets(self.admin, spots)
        return self._whole(
            {spot: Span(self._begin(topic, worker, spot.partition), ends[spot]) for spot in spots}
        )

    def consumed(self, topic: Topic, worker: str) -> Spans:
        """Return what ``worker`` has read of ``topic`` since the backup."""
        real = self.settings.topic(topic.name)
        now = committed_offsets(self.admin, self.settings.group(worker))
        return self._whole(
            {
                spot: Span(
                    self.manifest.position(worker, topic.name, spot.partition), now.get(spot, 0)
                )
                for spot in partitions_of(self.admin, [real])
            }
        )

    def read(self, spans: Spans, what: str) -> Iterator[list[Any]]:
        """Yield the records, each piece of one partition."""
        total, done = sum(max(0, span.end - span.start) for span in spans.values()), 0
        for records in self.reader.read(spans):
            yield records
            done += len(records)
            self.progress(what, done, total)

    def topic_id(self, topic: Topic) -> str:
        """Return the id of a topic, as sources name it; a backup may be older than the topic."""
        found = self.manifest.topics.get(topic.name)
        return found or topic_ids(self.admin, [real := self.settings.topic(topic.name)])[real]

    def _begin(self, topic: Topic, worker: str | None, partition: int) -> int:
        end = self.manifest.end(topic.name, partition)
        if worker is None:
            return end
        return min(end, self.manifest.position(worker, topic.name, partition))

    def _whole(self, spans: Spans) -> Spans:
        """See that Kafka still has all of it.

        Raises:
            RecoveryError: retention has deleted records since the backup.
        """
        starts = start_offsets(self.admin, list(spans))
        for spot, span in spans.items():
            if span.start < min(starts[spot], span.end):
                raise RecoveryError(
                    f"{spot.topic}[{spot.partition}] begins at {starts[spot]}, and the backup "
                    f"needs it from {span.start}: it is older than Kafka remembers"
                )
        return spans
