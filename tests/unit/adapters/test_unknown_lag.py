"""What waits in a partition of which Kafka does not say the end is not known: it is never 0."""

from collections.abc import Iterable
from contextlib import nullcontext
from math import isnan
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from kafka import TopicPartition
from kafka.errors import LeaderNotAvailableError
from prometheus_client import CollectorRegistry

from schemas.topics import TOPICS
from services.adapters import kafka_assignment
from services.adapters.clock import SystemClock
from services.adapters.kafka_assignment import Assignment
from services.adapters.memory_checkpoints import MemoryCheckpointStore
from services.adapters.pulse import LagGauge
from services.audit.groups import lags, left_of
from services.cli.lag import row, summed
from services.console import lag as console_lag
from services.console.lag import LagReader
from services.console.sampling import Waiting, point_of
from services.domain.errors import OutageError
from services.runtime.loop import Step
from services.runtime.metrics import PrometheusMetrics
from services.runtime.records import Spot
from services.runtime.settings import Settings
from services.runtime.waiting import Lag
from tests.support.builders import NOON
from tests.support.manual_clock import ManualClock

DEDUP = [topic.name for topic in TOPICS if "dedup" in topic.consumers]
DARK = TopicPartition(DEDUP[0], 0)
"""The partition of which nobody says where it ends."""


class Ends:
    """The consumer's word about ends: of the cached ones, and of those that are asked for."""

    def __init__(self, _: dict[str, Any]) -> None:
        self.cached: dict[int, int] = {}
        self.asked: dict[int, int] = {}

    def get_watermark_offsets(self, spot: Any, _: float, cached: bool) -> tuple[int, int]:
        if cached:
            return -1001, self.cached.get(spot.partition, -1001)
        if spot.partition not in self.asked:
            raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
        return 0, self.asked[spot.partition]

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


@pytest.fixture
def assignment(monkeypatch: pytest.MonkeyPatch) -> Assignment:
    """Of a worker that holds two partitions and stands at 5; the second is not served."""
    monkeypatch.setattr(kafka_assignment, "Consumer", Ends)
    monkeypatch.setattr(kafka_assignment, "Topics", lambda *_: SimpleNamespace())
    made = Assignment(
        "", "group", ("in",), MemoryCheckpointStore(), SystemClock(), 30.0, lambda name: None
    )
    made._held = {Spot("in", 0): 5, Spot("in", 1): 5}
    made.served = frozenset({Spot("in", 0)})
    return made


def test_an_end_that_was_never_fetched_is_asked_for_and_else_not_known(
    assignment: Assignment,
) -> None:
    ends: Any = assignment.consumer
    ends.cached = {0: 9}
    assert assignment.spans(is_fresh=False) is None
    assert assignment.spans(is_fresh=False, is_idle=True) is None
    ends.asked = {1: 7}
    assert assignment.spans(is_fresh=False) == {("in", 0): (5, 9), ("in", 1): (5, 7)}
    # A round that found nothing has read what is served; what is not served waits all the same.
    assert assignment.spans(False, is_idle=True) == {("in", 0): (9, 9), ("in", 1): (5, 7)}


def test_while_it_is_not_known_where_the_group_stands_nobody_knows_what_waits(
    assignment: Assignment,
) -> None:
    assignment._held = {}
    assert assignment.spans(is_fresh=True) == {}
    assignment._unsettled = {Spot("in", 0)}
    assert assignment.spans(is_fresh=True) is None


def test_a_gauge_has_no_figure_until_what_waits_is_known_and_whenever_it_is_not() -> None:
    registry, clock = CollectorRegistry(), ManualClock()
    found: list[Lag | None] = [Lag(3, 1.0), None]
    log: Any = SimpleNamespace(lag=lambda *_: found.pop(0))
    gauge = LagGauge(log, PrometheusMetrics(registry), clock)

    def shown() -> list[float]:
        names = ("complaints_lag_records", "complaints_lag_seconds", "complaints_drain_seconds")
        return [registry.get_sample_value(name) or 0.0 for name in names]

    assert all(isnan(one) for one in shown())
    gauge.step(Step.COMMITTED)
    assert shown()[:2] == [3, 1]
    clock.advance(3)
    gauge.step(Step.OUTAGE)
    assert all(isnan(one) for one in shown())


class Admin:
    """A cluster in which one partition has no leader."""

    def __init__(self, dark: Iterable[TopicPartition] = (DARK,)) -> None:
        self.dark = set(dark)
        self.topics = [(name, 2) for name in DEDUP]

    def describe_topics(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "partitions": [{"partition_index": one} for one in range(count)]}
            for name, count in self.topics
        ]

    def list_partition_offsets(self, asked: dict[Any, Any], timeout_ms: int = 0) -> dict[Any, Any]:
        if self.dark & asked.keys():
            raise LeaderNotAvailableError
        return {spot: SimpleNamespace(offset=4) for spot in asked}

    def list_group_offsets(self, group: str) -> dict[str, Any]:
        every = [TopicPartition(name, one) for name in DEDUP for one in range(2)]
        return {group: {spot: SimpleNamespace(offset=4) for spot in every}}


def test_the_lag_of_a_partition_without_a_leader_is_unknown_and_that_of_the_others_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reader: Any = SimpleNamespace()
    admin: Any = Admin()
    found = list(lags(admin, reader, Settings(), "dedup"))
    assert [lag.records for lag in found if TopicPartition(lag.topic, lag.partition) != DARK] == (
        [0] * (2 * len(DEDUP) - 1)
    )
    dark = next(lag for lag in found if lag.records is None)
    assert (dark.topic, dark.partition, dark.end) == (*DARK, None)
    assert row(dark, NOON).split() == ["dedup", DARK.topic, "0", "4", "unknown", "unknown"]
    with pytest.raises(OutageError, match="no offset known"):
        left_of(found)
    assert summed(0, (), [DARK.topic]) == 1
    said = capsys.readouterr()
    assert (said.out, DARK.topic in said.err) == ("", True)
    assert summed(0, (), ()) == 0


def test_the_console_has_no_figure_for_a_worker_with_such_a_partition_or_without_a_topic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = Admin()
    monkeypatch.setattr(console_lag, "admin_of", lambda _: nullcontext(admin))
    monkeypatch.setattr(console_lag, "Consumer", lambda _: SimpleNamespace(close=lambda: None))
    reader = LagReader(Settings(), ["api", "dedup"])
    assert reader.read(NOON) == {}
    admin.dark.clear()
    assert reader.read(NOON) == {"dedup": Waiting(0, 0.0)}
    admin.topics.pop()
    reader.close()
    assert reader.read(NOON) == {}
    reader.close()


def test_of_what_waits_unseen_nobody_knows_since_when() -> None:
    point = point_of(None, [], 3.0, Waiting(7, None))
    assert (point.behind, point.oldest, point.state) == (7, None, "away")
