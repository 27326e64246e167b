"""The scenarios over the running case path, with a moved clock: one in each run, the others with
--faults. Left out are those that lie in the past (this clock only goes forward), that change
today's policy files or look into the notices of the world in memory."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from tests.scenarios.language import SHANGHAI, Player, Scenario, play, scenarios_of
from tests.scenarios.stack import StackWorld, next_monday, texts_of
from tests.scenarios.terms import Written
from tests.support.namespaces import Namespace
from tests.support.processes import MOVABLE, WorkerProcess

FOLDER: Final = Path(__file__).parent.parent / "scenarios"
ELSEWHERE: Final = re.compile(r"\d{4}-\d\d-\d\d|comes into force|was told of")
StartWorker = Callable[..., WorkerProcess]


def on_the_engines() -> list[Scenario]:
    """Return the scenarios that can be acted out here, the short list first."""
    paths = sorted(FOLDER.glob("*.scenario"), key=lambda path: path.stem != "stack")
    every = [one for path in paths for one in scenarios_of(path)]
    return [one for one in every if not any(ELSEWHERE.search(said) for _, said in one.sentences)]


FIRST, *OTHERS = on_the_engines()


def test_most_scenarios_are_acted_out_on_the_engines_as_well() -> None:
    assert len(OTHERS) >= 65


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "scenario",
    [FIRST, *(pytest.param(one, marks=pytest.mark.long_fault) for one in OTHERS)],
    ids=lambda one: one.title,
)
def test_a_scenario_holds_on_the_engines(
    scenario: Scenario, namespace: Namespace, start_worker: StartWorker, tmp_path: Path
) -> None:
    def stage(written: Written, others: Iterable[Written]) -> StackWorld:
        files = [tmp_path / f"{kind}.yaml" for kind in ("sla", "calendars", "limits")]
        for file, text in zip(files, texts_of(written).values(), strict=True):
            file.write_text(text, encoding="utf-8")
        world = StackWorld(namespace, files, others)
        alike = {MOVABLE: "1"} | {
            f"COMPLAINTS_{file.stem.upper()}_POLICY": str(file) for file in files
        }
        world.timers = start_worker("sla", ready_within=None, **alike)
        start_worker("cases", ready_within=None, without=("sla",), **alike)
        start_worker("notification", ready_within=None, **alike)
        start_worker("dedup", **alike)
        return world

    play(scenario, Player(stage, next_monday(datetime.now(UTC).astimezone(SHANGHAI))))
