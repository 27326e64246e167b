"""Rules of ADR 0033, broken: a person's judgement and what is kept of it."""

from typing import Any, Final

from services.cases import evolution
from services.cases import handler as cases_handler
from services.cases.planning import Basis
from tests.simulation.mutant import NOTHING_ELSE, Method, Mutant, collector

MUTANTS: Final[list[Mutant]] = []
mutant = collector(MUTANTS)


@mutant(
    "0033",
    cases_handler.CasesHandler,
    "_keep_labels",
    **NOTHING_ELSE | {"crash": 0.03, "focus": ("before keep", "after project"), "commands": 120},
)
def labels_of_new_entries_only(right: Method) -> Method:
    def keep(self: Any, won: Any, bases: Any) -> None:
        right(self, won, {key: Basis() for key in won})

    return keep


@mutant("0033", evolution, "_judged", **NOTHING_ELSE | {"commands": 60})
def a_person_is_overruled(right: Method) -> Method:
    def judged(state: Any, score: Any, contact: Any) -> Any:
        return right(state.model_copy(update={"reviewed": None}), score, contact)

    return judged
