"""What occurred in a run, counted: storms and what was done in them."""

from collections import Counter
from typing import Final

from schemas import topics
from services.domain.send_store import Outcome
from services.runtime.loop import Step
from tests.simulation.run import Run

_KINDS: Final = {
    "clock_warned": "warnings",
    "clock_breached": "breaches",
    "breach_retracted": "breaches retracted",
    "escalated": "escalations",
    "reopened": "reopenings",
    "appeal_opened": "appeals",
    "merged": "merges",
    "unmerged": "unmerges",
}


def occurred(run: Run) -> Counter[str]:
    """Return what is worth counting of a run: of each part, and of each kind of fault."""
    world = run.world
    told = Counter(world.seen.occurred)
    told["transactions"] = world.seen.steps.get(Step.COMMITTED, 0)
    told["transactions lost"] = world.seen.steps.get(Step.LOST, 0)
    told["offsets deleted"] = world.seen.forgotten
    told["defects"] = world.seen.defects
    told["cases"] = len(world.cases.cases)
    for record in world.broker.committed_records(topics.CHANGED.name):
        kind = (record.value or b"").partition(b'"kind":"')[2].partition(b'"')[0].decode()
        if kind in _KINDS:
            told[_KINDS[kind]] += 1
    if topics.INCIDENTS.name in world.topics:
        for record in world.broker.committed_records(topics.INCIDENTS.name):
            kind = (record.value or b"").partition(b'"kind":"')[2].partition(b'"')[0].decode()
            told[f"incidents: {kind}"] += 1
    if topics.NOTICES.name in world.topics:
        told["timers fired"] = len(world.broker.committed_records(topics.FIRED.name))
        told.update(_of_notices(run))
    return told


def _of_notices(run: Run) -> Counter[str]:
    behind = run.world.behind
    results = Counter(one.outcome for one in behind.sends.results.values())
    arrived = Counter(call.notice_id for call in behind.provider.calls if call.arrived)
    return Counter(
        {
            "notices": sum(row.told.is_requested for row in behind.notices.notices.values()),
            "notices suppressed": sum(
                not row.told.is_requested for row in behind.notices.notices.values()
            ),
            "notices held": sum(row.due is not None for row in behind.notices.notices.values())
            + len(behind.sends.releases),
            "sendings": len(behind.provider.calls),
            "sendings in doubt": results[Outcome.UNKNOWN],
            "notices doubled": sum(times > 1 for times in arrived.values()),
        }
    )
