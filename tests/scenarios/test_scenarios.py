"""What must hold of a case's clocks, in sentences (``*.scenario``), over the real handlers."""

from pathlib import Path

import pytest

from tests.scenarios.language import Scenario, play, scenarios_of

ALL = [
    one for path in sorted(Path(__file__).parent.glob("*.scenario")) for one in scenarios_of(path)
]


@pytest.mark.parametrize("scenario", ALL, ids=lambda one: one.title)
def test_a_scenario_holds(scenario: Scenario) -> None:
    play(scenario)


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    assert len({one.title for one in ALL}) == len(ALL) >= 60
