"""Reads topics as a subscriber would: only what was committed, without joining a group.

Ends are never computed from counts: transaction markers take offsets too. A partition is
read when the consumer's *position* has reached the end that was asked for.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from services.adapters.kafka_admin import connected
from services.audit.logic.places import Span
from services.domain.errors import OutageError

Spans = Mapping[TopicPartition, Span]
STALLED_SECONDS: Final = 60.0
"""An open transaction holds readers up until it ends or its time-out (6 s) aborts it."""


class TopicReader:
    """A kafka-python consumer with partitions assigned by hand."""

    def __init__(self, bootstrap: str) -> None:
        """Connect.

        Raises:
            OutageError: no broker answers.
        """
        self._consumer = connected(
            KafkaConsumer,
            bootstrap,
            client_id="complaints-audit",
            group_id=None,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            allow_auto_create_topics=False,
            max_poll_records=5000,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_wait_ms=100,
            metrics_enabled=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._consumer.close()

    def read(self, spans: Spans) -> Iterator[list[Any]]:
        """Yield the records of the spans in batches, each of one partition and in order.

        Raises:
            OutageError: the cluster is away, or does not get on for a minute.
        """
        deadline = monotonic() + STALLED_SECONDS
        left = self._start(spans)
        while left:
            for spot, records in self._poll().items():
                deadline = monotonic() + STALLED_SECONDS
                end = spans[spot].end
                if records[-1].offset >= end:
                    records = [record for record in records if record.offset < end]
                yield records
            left = self._unfinished(left, spans)
            if left and monotonic() > deadline:
                raise OutageError("kafka", f"reading stands still at {min(left)}")

    def first_records(self, spans: Spans, seconds: float) -> dict[TopicPartition, Any | None]:
        """Return the first record of each span; None where there is none but transaction
        markers. A partition that an open transaction holds up longer is left out."""
        found: dict[TopicPartition, Any | None] = {}
        deadline = monotonic() + seconds
        left = self._start(spans)
        while left and monotonic() < deadline:
            for spot, records in self._poll().items():
                if records[0].offset < spans[spot].end:
                    found.setdefault(spot, records[0])
            still = self._unfinished(left, spans) - found.keys()
            found.update({spot: found.get(spot) for spot in left - still})
            left = still
        return found

    def _start(self, spans: Spans) -> set[TopicPartition]:
        left = {spot for spot, span in spans.items() if span.start < span.end}
        # From scratch: assigned again, a partition would still be paused.
        self._consumer.unsubscribe()
        self._consumer.assign(sorted(left))
        for spot in left:
            self._consumer.seek(spot, spans[spot].start)
        return left

    def _poll(self) -> dict[TopicPartition, list[Any]]:
        with _outages():
            polled: dict[TopicPartition, list[Any]] = self._consumer.poll(timeout_ms=500)
        return polled

    def _unfinished(self, left: set[TopicPartition], spans: Spans) -> set[TopicPartition]:
        with _outages():
            done = {spot for spot in left if self._consumer.position(spot) >= spans[spot].end}
            self._consumer.pause(*done)
        return left - done


@contextmanager
def _outages() -> Iterator[None]:
    """Turn the client's errors into ours."""
    try:
        yield
    except KafkaError as error:
        raise OutageError("kafka", f"{type(error).__name__}: {error}") from error
