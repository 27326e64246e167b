"""Incidents form, grow and end while workers die: members and levels are exact in every seed."""

import pytest

from tests.simulation.checker import violations
from tests.simulation.evidence import Evidence
from tests.simulation.incident_checks import incident_problems
from tests.simulation.judge import judge
from tests.simulation.mutants import BY_NAME
from tests.simulation.run import Run, run_seed

CHUNK = 10
MOST = 80
"""Seeds until everything has happened."""
WHEREVER = {"before_store", "before append", "after append"}
KINDS = {"opened", "cases_joined", "level_raised", "customers_updated", "ended"}

POINTS = ("before_store", "after_decision", "before append", "after append", "before_commit")


def a_run(seed: int, trace: bool = False, **weather: object) -> Run:
    """Without defects of our own, see ``weather_of``."""
    return run_seed(seed, trace=trace, weather={"defect": 0.0, "incidents": True} | weather)


@pytest.mark.parametrize("first", range(0, 20, CHUNK))
def test_both_sides_agree_about_every_incident_in_every_seed(first: int) -> None:
    for seed in range(first, first + CHUNK):
        run = a_run(seed)
        found = violations(run)
        assert not found, f"seed {seed}: {found[:8]}"


def test_a_hunt_judges_incidents_in_every_fourth_seed() -> None:
    with BY_NAME["asked_taken_for_joined"].applied():
        found = {seed: judge(seed, is_whole=True) for seed in range(6)}
    assert [seed for seed, said in found.items() if "incident_problems" in str(said)] == [1, 5]


def test_incidents_form_grow_and_end_and_their_worker_dies_at_many_points() -> None:
    kinds: set[str] = set()
    deaths: set[str] = set()
    for seed in range(MOST):
        run = a_run(seed, trace=True, crash=0.08, focus=POINTS)
        assert not list(incident_problems(Evidence(run)))
        story = [line for line in run.world.faults.trace or () if " incidents-" in line]
        deaths |= {line.partition("crash ")[2] for line in story if "crash " in line}
        for rows in run.world.incidents.rows.values():
            kinds |= {
                word
                for row in rows.values()
                for change in row.changes
                for word in KINDS
                if f'"{word}"'.encode() in change
            }
        if kinds == KINDS and deaths >= WHEREVER and len(deaths) > 8:
            break
    assert (kinds, deaths & WHEREVER) == (KINDS, WHEREVER)
