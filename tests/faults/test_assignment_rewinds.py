"""A partition whose partner of another topic comes back is read again from its commit."""

from typing import Any

import pytest
from confluent_kafka import TopicPartition

from services.adapters import kafka_assignment
from services.adapters.clock import SystemClock
from services.adapters.kafka_assignment import Assignment
from services.adapters.kafka_topics import Topics
from services.adapters.memory_checkpoints import MemoryCheckpointStore


class _Consumer:
    """Remembers seeks; offsets are those of a log of a hundred records, ten committed."""

    def __init__(self, _: dict[str, Any]) -> None:
        self.sought: list[tuple[str, int, int]] = []

    def subscribe(self, *_: Any, **callbacks: Any) -> None:
        self.callbacks = callbacks

    def committed(self, asked: list[TopicPartition], _: float) -> list[TopicPartition]:
        return [TopicPartition(spot.topic, spot.partition, 10) for spot in asked]

    def get_watermark_offsets(self, *_: Any) -> tuple[int, int]:
        return 0, 100

    def seek(self, spot: TopicPartition) -> None:
        self.sought.append((spot.topic, spot.partition, spot.offset))

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


class _Topics(Topics):
    """Two topics of two partitions, known without a cluster."""

    def __init__(self, _: str, names: Any, alone: Any) -> None:
        self._names, self._alone = tuple(names), alone
        self._ids = {name: name for name in names}

    def refresh(self) -> None:
        """Know already."""


def test_the_partner_of_a_partition_that_came_back_is_read_again_from_its_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kafka_assignment, "Consumer", _Consumer)
    monkeypatch.setattr(kafka_assignment, "Topics", _Topics)
    assignment = Assignment(
        "", "group", ("a", "b"), MemoryCheckpointStore(), SystemClock(), 30.0, lambda name: None
    )
    consumer: Any = assignment.consumer
    every = [TopicPartition(topic, number) for topic in "ab" for number in range(2)]
    consumer.callbacks["on_assign"](consumer, every)
    assignment.settle()
    consumer.callbacks["on_revoke"](consumer, [TopicPartition("a", 1)])
    consumer.sought.clear()

    consumer.callbacks["on_assign"](consumer, [TopicPartition("a", 1)])
    assignment.settle()

    assert sorted(consumer.sought) == [("a", 1, 10), ("b", 1, 10)]
    assert len(assignment.served) == 4
