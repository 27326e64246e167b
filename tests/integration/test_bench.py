"""The bench of the case path comes to its end, with every figure it promises."""

import json
from pathlib import Path

import pytest

from bench import latency, pipeline
from bench.measuring import percentiles
from infra.embedded import StackAddresses


@pytest.mark.timeout(400)
def test_a_small_bench_measures_throughput_floor_and_latency(
    stack: StackAddresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "RATES", (50.0,))
    monkeypatch.setattr(latency, "SECONDS", 2.0)
    result = tmp_path / "result.json"
    engines = ["--kafka", stack.kafka, "--mongo", stack.mongo]
    small = ["--contacts", "400", "--warm", "100"]
    assert pipeline.main([*engines, *small, "--json", str(result)]) == 0
    figures = json.loads(result.read_text())
    assert figures["contacts_per_second"] > 0
    assert figures["floor_per_second"] > 0
    assert figures["floor_share"] > 0
    assert figures["audit"] == []
    assert figures["throughput"]["cases"] > 100
    assert set(figures["throughput"]["cpu_us_per_contact"]) >= {*pipeline.PATH, "mongod"}
    half = f"{figures['half_maximum_per_second']:g}"
    assert figures["latency_ms"].keys() == {"50", half}
    for one in figures["latency_ms"].values():
        assert one["seen"] > one["unseen"]
        assert one["p50"] <= one["p99"] <= one["p999"]


def test_percentiles_are_of_the_nearest_rank_and_nothing_has_none() -> None:
    assert percentiles([float(n) for n in range(1000)]) == {"p50": 500, "p99": 990, "p999": 999}
    assert percentiles([]) == {"p50": None, "p99": None, "p999": None}
