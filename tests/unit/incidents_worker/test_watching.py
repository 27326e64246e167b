"""Another policy of incidents is taken up between two batches; a bad one is refused."""

from pathlib import Path

from services.adapters.memory_incidents import MemoryContactTexts
from services.domain.incidents.policy import SHIPPED
from services.incidents.handler import IncidentsHandler
from services.incidents.watching import watched_policy
from tests.support.manual_clock import ManualClock
from tests.support.policy_in_use import PolicyInUse
from tests.unit.incidents_worker.test_handler import FIRE, TOPICS, Desk, crowd


def test_a_watch_goes_by_the_new_policy_and_still_knows_what_it_saw(tmp_path: Path) -> None:
    policy = PolicyInUse(tmp_path, SHIPPED)
    policy.write("v1", "least_cases: 4", "least_cases: 50")
    desk = Desk()
    desk.handler = IncidentsHandler(
        desk.store,
        MemoryContactTexts(desk.dedup),
        watched_policy(policy.file, policy.archive, policy.counts),
        ManualClock(),
        TOPICS,
    )
    desk.take(*crowd(desk))
    desk.take(*(desk.opened(n, text) for n, text in enumerate(FIRE[:-1])))
    assert desk.changes == []
    policy.write("v2", "least_cases: 4", "least_cases: none")
    desk.take(desk.opened(-5, "杯子碎了"))
    policy.write("v3")
    desk.take(desk.opened(len(FIRE) - 1, FIRE[-1]))
    assert [str(one.kind) for one in desk.changes] == ["opened"]
    assert [one.case_id for one in desk.asked] == [f"case-{n}" for n in range(6)]
    assert policy.counts.told == ["incidents refused", "incidents taken up"]
