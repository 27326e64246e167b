"""A simulation that cannot find planted faults proves nothing: each broken rule is noticed."""

from collections.abc import Iterator
from itertools import takewhile

import pytest

from tests.faults.forms import FULL
from tests.simulation.checker import violations
from tests.simulation.found_by import FOUND_BY, SHOWN_BY
from tests.simulation.mutant import Mutant
from tests.simulation.mutants import BY_NAME, MUTANTS
from tests.simulation.run import run_seed

SEEDS = 500


@pytest.mark.parametrize("name", BY_NAME)
def test_each_broken_rule_is_noticed(name: str) -> None:
    mutant, wanted = BY_NAME[name], FOUND_BY[name]

    def is_missed(found: list[str]) -> bool:
        return not any(one.startswith(wanted) for one in found)

    with mutant.applied():
        is_found = not FULL and not is_missed(_verdict(mutant, SHOWN_BY[name]))
        survived = 0 if is_found else sum(1 for _ in takewhile(is_missed, _verdicts(mutant)))
    assert survived < SEEDS, f"ADR {mutant.adr}: {wanted} did not notice {name} in {SEEDS} seeds"
    if not is_found:
        print(f"{name} is shown by seed {survived}")


def _verdict(mutant: Mutant, seed: int) -> list[str]:
    return violations(run_seed(seed, weather=mutant.weather, is_whole=mutant.is_whole))


def _verdicts(mutant: Mutant) -> Iterator[list[str]]:
    return (_verdict(mutant, seed) for seed in range(SEEDS))


def test_each_mutant_names_the_check_that_finds_it() -> None:
    assert FOUND_BY.keys() == SHOWN_BY.keys() == BY_NAME.keys()


def test_a_mutant_is_gone_when_its_context_is() -> None:
    before = [getattr(owner, name) for mutant in MUTANTS for owner, name, _ in mutant.patches()]
    for mutant in MUTANTS:
        with mutant.applied():
            pass
    after = [getattr(owner, name) for mutant in MUTANTS for owner, name, _ in mutant.patches()]
    assert before == after


@pytest.mark.parametrize("name", [name for name in BY_NAME if BY_NAME[name].weather])
def test_the_storm_of_a_mutant_finds_nothing_without_it(name: str) -> None:
    """Least of all in the seed that shows the mutant; the long form looks at more."""
    mutant = BY_NAME[name]
    many, few = (4, 1) if mutant.is_whole else (20, 5)
    for seed in {SHOWN_BY[name], *range(many if FULL else few)}:
        assert _verdict(mutant, seed) == [], seed
