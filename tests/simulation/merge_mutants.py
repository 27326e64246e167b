"""Rules of ADR 0079, broken: who pays while a head is merged itself."""

from typing import Any, Final

from services.cases import merging
from tests.simulation.mutant import NOTHING_ELSE, Method, Mutant, collector

MUTANTS: Final[list[Mutant]] = []
mutant = collector(MUTANTS)
_MERGING: Final = NOTHING_ELSE | {"commands": 160, "stall": 0.02, "partitions": 4}


@mutant("0079", merging, "_take_over", **_MERGING)
def cases_that_come_with_a_head_are_not_asked(right: Method) -> Method:
    """The new head pays as soon as it has the old one, and hears later what was paid before."""

    def take_over(*given: Any) -> None:
        return None

    return take_over


@mutant("0079", merging, "_left", **_MERGING)
def a_case_leaves_a_moved_head_alone(right: Method) -> Method:
    """A case stays with a head that moved until that lets it go, and then pays alone."""

    def left(story: Any, state: Any, link: Any) -> Any:
        return state

    return left
