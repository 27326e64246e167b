"""How far a consumer group is behind, told properly: transaction markers are not records.

A group whose committed position is below the end has nothing left to do when only markers
and aborted records stand between; so whoever waits for it must look.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec

from schemas.topics import TOPICS, Topic
from services.adapters.kafka_admin import (
    committed_offsets,
    end_offsets,
    known_offsets,
    partitions_of,
    start_offsets,
)
from services.audit.logic.places import Span
from services.audit.topic_reader import TopicReader
from services.domain.errors import OutageError
from services.runtime.settings import Settings

WORKERS: Final = ("dedup", "severity", "routing", "cases", "sla")
"""Those whose guarantees are examined, in the order of the pipeline."""
LOOK_SECONDS: Final = 2.0
"""How long an open transaction may keep us from seeing whether records stand behind it."""


@dataclass(frozen=True, slots=True)
class Lag:
    """One partition for one group.

    ``committed`` is None where the group never committed. ``records`` counts offsets, so
    it is an upper bound while above 0; 0 is exact. ``end`` and ``records`` are None where the
    cluster cannot say them: then nobody knows what waits. ``oldest`` is when the oldest record
    that waits was written; None when none waits or it cannot be seen yet.
    """

    group: str
    topic: str
    partition: int
    committed: int | None
    end: int | None
    records: int | None
    oldest: datetime | None


def inputs_of(worker: str) -> list[Topic]:
    """Return the topics that ``worker`` reads, in table order."""
    return [topic for topic in TOPICS if worker in topic.consumers]


def workers_with_input() -> list[str]:
    """Return the workers that read topics, in the order of the pipeline."""
    return list(dict.fromkeys(worker for topic in TOPICS for worker in topic.consumers))


def lags(
    admin: KafkaAdminClient, reader: TopicReader, settings: Settings, worker: str
) -> Iterator[Lag]:
    """Yield how far ``worker`` is behind in each partition of its topics."""
    group = settings.group(worker)
    spots = partitions_of(admin, (settings.topic(topic.name) for topic in inputs_of(worker)))
    committed = committed_offsets(admin, group)
    ends = known_offsets(admin, spots, OffsetSpec.LATEST)
    starts = known_offsets(admin, spots, OffsetSpec.EARLIEST)
    known = {
        spot: Span(max(committed.get(spot, 0), starts[spot]), ends[spot])
        for spot in spots
        if spot in ends and spot in starts
    }
    behind = {spot: span for spot, span in known.items() if span.start < span.end}
    first = reader.first_records(behind, LOOK_SECONDS) if behind else {}
    for spot in spots:
        record = first.get(spot)
        is_done = spot not in behind or (spot in first and record is None)
        left = 0 if is_done else behind[spot].end - behind[spot].start
        yield Lag(
            group=group,
            topic=spot.topic,
            partition=spot.partition,
            committed=committed.get(spot),
            end=ends.get(spot),
            records=left if spot in known else None,
            oldest=None if record is None else _instant(record.timestamp),
        )


def left_of(found: Iterable[Lag]) -> int:
    """Return how many records wait in all these partitions.

    Raises:
        OutageError: of one nobody can tell.
    """
    total = 0
    for lag in found:
        if lag.records is None:
            raise OutageError("kafka", f"{lag.topic}[{lag.partition}]: no offset known")
        total += lag.records
    return total


def positions(
    admin: KafkaAdminClient, settings: Settings, worker: str
) -> dict[tuple[str, int], int]:
    """Return the committed positions of ``worker`` by real topic and partition."""
    found = committed_offsets(admin, settings.group(worker))
    return {(spot.topic, spot.partition): offset for spot, offset in found.items()}


def spans_of(admin: KafkaAdminClient, names: list[str]) -> dict[TopicPartition, Span]:
    """Return the whole logs of these topics as they are now."""
    spots = partitions_of(admin, names)
    ends, starts = end_offsets(admin, spots), start_offsets(admin, spots)
    return {spot: Span(starts[spot], ends[spot]) for spot in spots}


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
