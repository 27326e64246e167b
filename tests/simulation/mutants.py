"""All mutants: the rules of the decision records that a simulation can show, each broken."""

from typing import Final

from tests.simulation import (
    behind_mutants,
    conflict_mutants,
    incident_mutants,
    judgement_mutants,
    lane_mutants,
    log_mutants,
    merge_mutants,
    store_mutants,
    task_mutants,
)
from tests.simulation.mutant import Mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    *store_mutants.MUTANTS,
    *log_mutants.MUTANTS,
    *judgement_mutants.MUTANTS,
    *lane_mutants.MUTANTS,
    *behind_mutants.MUTANTS,
    *conflict_mutants.MUTANTS,
    *incident_mutants.MUTANTS,
    *task_mutants.MUTANTS,
    *merge_mutants.MUTANTS,
)
BY_NAME: Final = {one.name: one for one in MUTANTS}
