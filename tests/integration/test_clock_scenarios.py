"""The scenarios over the running case path, under a clock that stands until it is moved: one in
each run, all of them with --faults."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from infra.embedded import StackAddresses
from services.adapters.mongo import connect
from tests.scenarios.language import Player, Scenario, play, scenarios_of
from tests.scenarios.stack import StackWorld
from tests.scenarios.terms import Written
from tests.support.namespaces import Namespace
from tests.support.processes import MOVABLE, WorkerProcess

FOLDER: Final = Path(__file__).parent.parent / "scenarios"
PATHS: Final = sorted(FOLDER.glob("*.scenario"), key=lambda path: path.stem != "stack")
FIRST, *OTHERS = [one for path in PATHS for one in scenarios_of(path)]


@pytest.fixture
def nothing_expires(stack: StackAddresses) -> Iterator[None]:
    """The scenarios lie in the past of MongoDB, which removes what is over by its own time."""
    client = connect(stack.mongo)
    try:
        client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        yield
        client.admin.command("setParameter", 1, ttlMonitorEnabled=True)
    finally:
        client.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("nothing_expires")
@pytest.mark.parametrize(
    "scenario",
    [FIRST, *(pytest.param(one, marks=pytest.mark.long_fault) for one in OTHERS)],
    ids=lambda one: one.title,
)
def test_a_scenario_holds_on_the_engines(
    scenario: Scenario, make_namespace: Callable[..., Namespace], tmp_path: Path
) -> None:
    namespace = make_namespace(partitions=1)
    with ExitStack() as running:

        def start(name: str, **policies: str) -> WorkerProcess:
            alike = {MOVABLE: "1"} | policies
            worker = WorkerProcess(name, namespace.settings, tmp_path, **alike)
            running.push(worker)
            return worker.start(ready_within=None)

        def stage(written: Written, others: Iterable[Written]) -> StackWorld:
            return StackWorld(namespace, tmp_path, written, others, start)

        play(scenario, Player(stage))
