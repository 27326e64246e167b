"""Rules of ADR 0063, broken: who must not decide about a case alone."""

from typing import Any, Final

from services.cases import choosing, guards, logic, planning
from services.domain.conflicts import NOBODY
from tests.simulation.mutant import NOTHING_ELSE, Method, Mutant, collector

MUTANTS: Final[list[Mutant]] = []
mutant = collector(MUTANTS)
_AT_STATIONS: Final = NOTHING_ELSE | {"stations": True, "commands": 60}


@mutant("0063", planning, "leave_to_others", **_AT_STATIONS)
def stations_named_later_not_looked_at(right: Method) -> Method:
    def leave(story: Any, policies: Any) -> None:
        return None

    return leave


@mutant("0063", choosing, "barred_from", **_AT_STATIONS)
def conflicts_looked_at_by_routing_alone(right: Method) -> Method:
    def barred_from(matter: Any, teams: Any) -> Any:
        return NOBODY

    return barred_from


@mutant("0063", guards, "why_barred", **_AT_STATIONS)
def clerks_may_give_a_case_to_its_station(right: Method) -> Method:
    def why_barred(state: Any, command: Any, policies: Any) -> None:
        return None

    return why_barred


@mutant("0063", logic, "named_by", **_AT_STATIONS)
def stations_in_the_text_overlooked(right: Method) -> Method:
    def named_by(routed: Any, policies: Any) -> Any:
        alone = routed.destination.model_copy(update={"stations": None})
        return right(routed.model_copy(update={"destination": alone}), policies)

    return named_by
