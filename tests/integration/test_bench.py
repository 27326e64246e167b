"""The bench of the case path comes to its end, with every figure it promises."""

import json
from pathlib import Path

from bench import pipeline
from infra.embedded import StackAddresses


def test_a_small_bench_measures_throughput_and_floor(stack: StackAddresses, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    engines = ["--kafka", stack.kafka, "--mongo", stack.mongo]
    small = ["--contacts", "600", "--warm", "200", "--no-latency"]
    assert pipeline.main([*engines, *small, "--json", str(result)]) == 0
    figures = json.loads(result.read_text())
    assert figures["contacts_per_second"] > 0
    assert figures["floor_per_second"] > 0
    assert figures["throughput"]["cases"] > 200
