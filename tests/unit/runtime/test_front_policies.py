"""API and console go by the files of today, and by the ones before where those are bad."""

from pathlib import Path

from services.domain import correcting, teams
from services.runtime.front_policies import watched_frequent, watched_ranks
from services.runtime.settings import Settings
from tests.support.policy_in_use import PolicyInUse
from tests.unit.incidents_worker.test_logic import word

FRONT = "clerk:clerk-101"


def test_who_may_end_an_incident_is_known_without_a_restart(tmp_path: Path) -> None:
    staff, rules = PolicyInUse(tmp_path, teams.SHIPPED), PolicyInUse(tmp_path, correcting.SHIPPED)
    ranks = watched_ranks(Settings(teams_policy=staff.file, correcting_policy=rules.file))

    def may() -> bool:
        return ranks().why_not(word("end", 1, actor=FRONT), 3) is None

    assert not may()
    staff.write("v2", "members: [clerk-801,", "members: [clerk-101, clerk-801,")
    assert may()
    rules.write("v2", "lowering: {3: senior-desk", "lowering: {3: nobody")
    assert may()
    rules.write("v3", "lowering: {3: senior-desk", "lowering: {3: task-force")
    assert not may()


def test_without_files_of_ones_own_the_shipped_ones_count() -> None:
    assert watched_ranks(Settings())().why_not(word("end", 1, actor=FRONT), 3) is not None
    assert watched_frequent(None)().cases == 5
