"""Rules of ADR 0059, broken: what a clerk may ask of others."""

from typing import Any, Final

from services.cases import tasks
from tests.simulation.mutant import NOTHING_ELSE, Method, Mutant, collector

MUTANTS: Final[list[Mutant]] = []
mutant = collector(MUTANTS)


@mutant("0059", tasks, "_no_room", **NOTHING_ELSE | {"commands": 120})
def a_holder_is_asked_twice(right: Method) -> Method:
    def no_room(state: Any, holder: str) -> None:
        return None

    return no_room


@mutant("0059", tasks, "_no_holder", **NOTHING_ELSE | {"commands": 60})
def the_team_that_leads_is_given_a_task(right: Method) -> Method:
    def no_holder(state: Any, holder: str, policies: Any) -> Any:
        return right(state.model_copy(update={"team": None}), holder, policies)

    return no_holder
