"""The real workers as the simulation runs them: what each reads, and its handler in memory."""

from collections.abc import Sequence
from typing import Final

from schemas import topics
from schemas.scores import Score
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_labels import MemoryLabelStore
from services.cases.handler import CasesHandler, CaseTopics
from services.cases.policies import load_policies
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain.clock import Clock
from services.routing.handler import RoutingHandler
from services.routing.watching import load_router
from services.runtime.crashpoints import CrashPoints
from services.runtime.ports import Handler
from services.severity.handler import SeverityHandler
from services.severity.loading import load_judge
from services.severity.logic import Contact, Judge
from tests.support.builders import KEYS

POLICY: Final = load_policy()
POLICIES: Final = load_policies()


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


JUDGE: Final = RememberingJudge(load_judge())
ROUTES: Final = load_router()
READS: Final = {
    "dedup": (topics.RECEIVED.name,),
    "severity": (topics.DEDUPLICATED.name,),
    "routing": (topics.SCORED.name,),
    "cases": (topics.ROUTED.name, topics.COMMANDS.name, topics.FIRED.name),
}
STATELESS: Final = frozenset({"severity", "routing"})
"""Simulated with one process each and spared most strikes: nothing of theirs can be wrong
but their transactions, and the storm belongs to those who remember."""
WRITTEN: Final = (
    topics.CHANGED.name,
    topics.STATE.name,
    topics.SETTLED.name,
    topics.COUNTS.name,
    *(f"{name}.dead" for names in READS.values() for name in names),
)


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
        return DedupHandler(dedup, KEYS, POLICY, clock, topics.DEDUPLICATED.name, crash)
    if worker == "severity":
        return SeverityHandler(JUDGE, clock, topics.SCORED.name)
    if worker == "routing":
        return RoutingHandler(lambda: ROUTES, clock, topics.ROUTED.name)
    names = CaseTopics(
        contacts=topics.ROUTED.name,
        commands=topics.COMMANDS.name,
        clocks=topics.FIRED.name,
        changed=topics.CHANGED.name,
        state=topics.STATE.name,
        settled=topics.SETTLED.name,
        counts=topics.COUNTS.name,
    )
    return CasesHandler(cases, labels, POLICIES, clock, names, crash)
