"""Each command is timed under its operation, whether it succeeds or not."""

from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import CollectorRegistry

from services.adapters.mongo_times import MongoTimes
from services.runtime.metrics import PrometheusMetrics


def told(command: str, micros: int) -> Any:
    return cast(Any, SimpleNamespace(command_name=command, duration_micros=micros))


def test_commands_are_timed_by_operation() -> None:
    registry = CollectorRegistry()
    times = MongoTimes(PrometheusMetrics(registry).mongo)
    for command, micros in (("find", 1000), ("getMore", 2000), ("insert", 4000), ("hello", 8000)):
        times.started(told(command, 0))
        times.succeeded(told(command, micros))
    times.failed(told("findAndModify", 7_000_000))
    found = {
        operation: registry.get_sample_value(
            "complaints_mongo_seconds_sum", {"operation": operation}
        )
        for operation in ("find", "insert", "update", "other")
    }
    assert found == {"find": 0.003, "insert": 0.004, "update": 7.0, "other": 0.008}
