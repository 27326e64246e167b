"""The real workers as the simulation runs them: what each reads, and its handler in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from schemas import topics
from schemas.scores import Score
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_incidents import MemoryContactTexts, MemoryIncidentStore
from services.adapters.memory_labels import MemoryLabelStore
from services.cases.handler import CasesHandler
from services.cases.policies import load_policies
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain.calendars.policy import load_calendars
from services.domain.clock import Clock
from services.domain.incidents.policy import load_incident_policy
from services.domain.incidents.saying import IncidentRules, load_ranks
from services.incidents.handler import IncidentsHandler
from services.routing.handler import RoutingHandler
from services.routing.logic import Router
from services.routing.policy import load_policy as load_routing
from services.runtime.crashpoints import CrashPoints
from services.runtime.ports import Handler
from services.runtime.watching import always
from services.severity.handler import SeverityHandler
from services.severity.logic import Contact, Judge
from tests.support import judging
from tests.support.builders import KEYS
from tests.support.case_topics import CASE_TOPICS, INCIDENT_TOPICS
from tests.support.station_teams import station_teams

POLICY: Final = load_policy()
PLACES: Final = load_incident_policy().model_copy(
    update={"levels": {1: 3, 6: 4}, "least_surprise": 3.0}
)
"""Small enough for a run of some dozens of contacts: six customers make it grave."""
INCIDENT_RULES: Final = IncidentRules(PLACES, load_ranks())
TEAMS: Final = station_teams()
"""Nobody names their stations, unless the weather says so."""
POLICIES: Final = replace(load_policies(), teams=TEAMS)
ROUTING: Final = load_routing()


class RememberingJudge(Judge):
    """The judge of severity, asked once about each contact that says the same: a judgement
    depends on nothing else, and texts of the simulation are few."""

    def __init__(self, judge: Judge) -> None:  # instead of a policy and a model, another judge
        self._judge = judge
        self._known: dict[Contact, Score] = {}

    def judge_all(self, contacts: Sequence[Contact]) -> list[Score]:
        new = list(dict.fromkeys(one for one in contacts if one not in self._known))
        self._known.update(zip(new, self._judge.judge_all(new), strict=True))
        return [self._known[one] for one in contacts]


JUDGE: Final = RememberingJudge(judging.JUDGE)
ROUTES: Final = Router(ROUTING, TEAMS, load_calendars())
READS: Final = {
    "dedup": topics.lane_names(topics.RECEIVED),
    "severity": topics.lane_names(topics.DEDUPLICATED),
    "routing": topics.lane_names(topics.SCORED),
    "cases": (*topics.lane_names(topics.ROUTED), topics.COMMANDS.name, topics.FIRED.name),
}
INCIDENTS: Final = "incidents"
INCIDENTS_READ: Final = {INCIDENTS: (topics.CHANGED.name, topics.PLACES.name)}
STATELESS: Final = frozenset({"severity", "routing"})
"""Simulated with one process each and spared most strikes: nothing of theirs can be wrong
but their transactions, and the storm belongs to those who remember."""
WRITTEN: Final = (
    topics.CHANGED.name,
    topics.STATE.name,
    topics.SETTLED.name,
    topics.COUNTS.name,
    topics.INCIDENTS.name,
)


def written_with(reads: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return what the workers of a run write beside what one of them reads."""
    dead = (f"{name}.dead" for names in reads.values() for name in names)
    ends = (topics.NOTICES_SETTLED.name,) if "sender" in reads else ()
    return (*WRITTEN[: -1 if INCIDENTS not in reads else None], *ends, *dead)


def build_handler(
    worker: str,
    dedup: MemoryDedupStore,
    cases: MemoryCaseStore,
    labels: MemoryLabelStore,
    clock: Clock,
    crash: CrashPoints,
) -> Handler:
    """Return the handler of ``worker`` over the stores of a run."""
    if worker == "dedup":
        return DedupHandler(
            dedup,
            KEYS,
            always(POLICY),
            clock,
            topics.onward(topics.RECEIVED, topics.DEDUPLICATED),
            crash,
        )
    if worker == "severity":
        return SeverityHandler(
            always(JUDGE), clock, topics.onward(topics.DEDUPLICATED, topics.SCORED)
        )
    if worker == "routing":
        return RoutingHandler(lambda: ROUTES, clock, topics.onward(topics.SCORED, topics.ROUTED))
    return CasesHandler(cases, labels, always(POLICIES), clock, CASE_TOPICS, crash)


def build_incidents(
    store: MemoryIncidentStore, dedup: MemoryDedupStore, clock: Clock, crash: CrashPoints
) -> Handler:
    """Return the handler of ``incidents`` over the stores of a run."""
    return IncidentsHandler(
        store, MemoryContactTexts(dedup), always(INCIDENT_RULES), clock, INCIDENT_TOPICS, crash
    )
