"""Rules of ADR 0021, broken: the express lane."""

from collections.abc import Iterable
from typing import Any, Final

from schemas import topics
from services.adapters.memory_log import MemoryLog
from services.routing.handler import RoutingHandler
from services.runtime.records import Handled, Spot
from tests.simulation import world
from tests.simulation.mutant import Method, Mutant, collector
from tests.support.case_topics import ALONE

MUTANTS: Final[list[Mutant]] = []
mutant = collector(MUTANTS)


@mutant("0021", MemoryLog, "_wanted")
def express_lane_not_read(right: Method) -> Method:
    def wanted(self: Any) -> dict[Spot, int]:
        found: dict[Spot, int] = right(self)
        return {spot: at for spot, at in found.items() if not topics.is_express(spot.topic)}

    return wanted


@mutant("0021", RoutingHandler, "handle")
def lane_lost_at_a_hop(right: Method) -> Method:
    def handle(self: Any, batch: Any, positions: Any) -> Handled:
        handled: Handled = right(self, batch, positions)
        handled.outbound = [one._replace(topic=topics.ROUTED.name) for one in handled.outbound]
        return handled

    return handle


def _anybody_serves_it() -> Iterable[tuple[Any, str, Any]]:
    """A case is written by whoever holds its common partition, and by whoever holds the lane."""
    yield world, "ALONE", ALONE | {topics.ROUTED_EXPRESS.name}


MUTANTS.append(Mutant("express_cases_served_by_anybody", "0021", _anybody_serves_it))
