"""Some of the scenarios over the running case path: one in each run, the others with --faults."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.scenarios.language import SHANGHAI, Player, Scenario, play, scenarios_of
from tests.scenarios.stack import StackWorld, next_monday
from tests.scenarios.terms import Written
from tests.support.namespaces import Namespace
from tests.support.processes import MOVABLE, WorkerProcess

FILE = Path(__file__).parent.parent / "scenarios" / "stack.scenario"
FIRST, *OTHERS = scenarios_of(FILE)
StartWorker = Callable[..., WorkerProcess]


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "scenario",
    [FIRST, *(pytest.param(one, marks=pytest.mark.long_fault) for one in OTHERS)],
    ids=lambda one: one.title,
)
def test_a_scenario_holds_on_the_engines(
    scenario: Scenario, namespace: Namespace, start_worker: StartWorker, tmp_path: Path
) -> None:
    def stage(written: Written) -> StackWorld:
        file = tmp_path / "policy.yaml"
        file.write_text(yaml.safe_dump(written.sla, allow_unicode=True), encoding="utf-8")
        world = StackWorld(namespace, file)
        alike: dict[str, Any] = {MOVABLE: "1", "COMPLAINTS_SLA_POLICY": str(file)}
        start_worker("cases", ready_within=None, **alike)
        start_worker("notification", ready_within=None, **alike)
        start_worker("dedup", **alike)
        return world

    play(scenario, Player(stage, next_monday(datetime.now(UTC).astimezone(SHANGHAI))))
