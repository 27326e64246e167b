"""What the loop tells is counted, in the right place and with the right sign."""

from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from services.runtime.metrics import PrometheusMetrics
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound
from tests.support.builders import NOON


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> PrometheusMetrics:
    return PrometheusMetrics(registry)


def _record(topic: str, offset: int, age_seconds: float = 0.0) -> Inbound:
    written = int((NOON.timestamp() - age_seconds) * 1000)
    return Inbound(topic, 0, offset, "id", b"k", b"v", (), written)


def test_a_batch_is_counted_by_topic_outcome_and_death(
    registry: CollectorRegistry, metrics: PrometheusMetrics
) -> None:
    batch = [_record("in", 0, 3.0), _record("in", 1), _record("commands", 0, 0.1)]
    handled = Handled(
        [Outbound("out", b"k", b"v"), Outbound("out", b"k", b"v"), Outbound("state", b"k", b"v")],
        [DeadLetter(batch[2], DeadReason.MALFORMED, "x", "f", "r")],
    )
    handled.outcomes.update(["new", "new", "repeat"])
    metrics.batch(batch, handled, 0.02, 0.3, NOON)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    assert value("complaints_records_total", topic="in") == 2
    assert value("complaints_records_total", topic="commands") == 1
    assert value("complaints_produced_total", topic="out") == 2
    assert value("complaints_outcomes_total", outcome="new") == 2
    assert value("complaints_dead_letters_total", topic="commands", reason="malformed") == 1
    assert value("complaints_batch_records_sum") == 3
    assert value("complaints_decide_seconds_sum") == pytest.approx(0.02)
    assert value("complaints_commit_seconds_sum") == pytest.approx(0.3)
    assert value("complaints_record_age_seconds_sum", lane="common") == pytest.approx(3.1)
    assert value("complaints_last_step_timestamp_seconds") == NOON.timestamp()


def test_a_record_from_the_future_has_no_negative_age(
    registry: CollectorRegistry, metrics: PrometheusMetrics
) -> None:
    metrics.batch([_record("in", 0, -60.0)], Handled(), 0.0, 0.0, NOON)
    assert registry.get_sample_value("complaints_record_age_seconds_sum", {"lane": "common"}) == 0


def test_the_ages_of_both_lanes_are_told_apart(
    registry: CollectorRegistry, metrics: PrometheusMetrics
) -> None:
    batch = [_record("in.v1", 0, 90.0), _record("in.express.v1", 1, 2.0), _record("in.v1", 2, 80.0)]
    metrics.batch(batch, Handled(), 0.0, 0.0, NOON)
    for lane, age in (("common", 170.0), ("express", 4.0)):
        found = registry.get_sample_value("complaints_record_age_seconds_sum", {"lane": lane})
        assert found == pytest.approx(age)


def test_each_contact_of_a_batch_is_as_old_as_its_acceptance(
    registry: CollectorRegistry, metrics: PrometheusMetrics
) -> None:
    done = Handled(accepted=[NOON - timedelta(seconds=age) for age in (0.3, 40, -5)])
    metrics.batch([_record("in", 0)], done, 0.0, 0.0, NOON)
    for name, value in (("count", 3), ("sum", 40.3)):
        found = registry.get_sample_value(f"complaints_contact_age_seconds_{name}")
        assert found == pytest.approx(value)


def test_troubles_are_counted(registry: CollectorRegistry, metrics: PrometheusMetrics) -> None:
    metrics.idle()
    metrics.held("outage")
    metrics.lost()
    metrics.alarm("committed_offset_missing")
    metrics.breaker(True)
    metrics.served(6)
    samples = {
        "complaints_holds_total": ({"cause": "outage"}, 1),
        "complaints_transactions_lost_total": ({}, 1),
        "complaints_alarms_total": ({"alarm": "committed_offset_missing"}, 1),
        "complaints_breaker_open": ({}, 1),
        "complaints_partitions_served": ({}, 6),
    }
    for name, (labels, expected) in samples.items():
        assert registry.get_sample_value(name, labels) == expected
    metrics.breaker(False)
    assert registry.get_sample_value("complaints_breaker_open") == 0
