"""Another policy of incidents is taken up between two batches; a bad one is refused."""

from itertools import count
from pathlib import Path

from schemas.codec import encode
from services.adapters.memory_incidents import MemoryContactTexts
from services.domain import correcting, teams
from services.domain.incidents.policy import SHIPPED
from services.domain.team_rules import load_team_rules
from services.incidents.handler import IncidentsHandler
from services.incidents.messages import key_of
from services.incidents.watching import Files, watched_rules
from tests.support.manual_clock import ManualClock
from tests.support.policy_in_use import PolicyInUse
from tests.unit.incidents_worker.test_handler import FIRE, TOPICS, Desk, crowd
from tests.unit.incidents_worker.test_logic import word


def test_a_watch_goes_by_the_new_policy_and_still_knows_what_it_saw(tmp_path: Path) -> None:
    policy = PolicyInUse(tmp_path, SHIPPED)
    policy.write("v1", "least_cases: 4", "least_cases: 50")
    desk = Desk()
    desk.handler = IncidentsHandler(
        desk.store,
        MemoryContactTexts(desk.dedup),
        watched_rules(Files(policy.file), load_team_rules(), policy.archive, policy.counts),
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


def test_who_may_end_an_incident_is_said_by_the_files_of_today(tmp_path: Path) -> None:
    staff = PolicyInUse(tmp_path, teams.SHIPPED)
    rules = PolicyInUse(tmp_path, correcting.SHIPPED)
    desk = Desk()
    watched = watched_rules(
        Files(teams=staff.file, correcting=rules.file),
        load_team_rules(),
        staff.archive,
        staff.counts,
    )
    texts = MemoryContactTexts(desk.dedup)
    desk.handler = IncidentsHandler(desk.store, texts, watched, ManualClock(), TOPICS)
    numbers = count()

    def end(actor: str) -> str:
        said = word("end", next(numbers), actor=actor)
        desk.take(desk.inbound("places", encode(said), key_of(said).encode()))
        return desk.outcomes[-1]

    opened = word("open", 1)
    desk.take(desk.inbound("places", encode(opened), key_of(opened).encode()))
    assert end("clerk:clerk-101") == "not_permitted"
    rules.write("v2", "lowering: {3: senior-desk", "lowering: {3: task-force")
    assert end("clerk:clerk-801") == "not_permitted"
    staff.write("v2", "members: [clerk-901, clerk-902]", "members: [clerk-901, clerk-101]")
    assert end("clerk:clerk-101") == "ended"
    assert staff.counts.told == ["correcting taken up", "teams taken up"]
