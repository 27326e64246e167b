"""Changed teams choose the person of the next case; teams that break a rule are refused."""

from functools import partial
from pathlib import Path

import pytest

from services.cases.handler import CasesHandler
from services.cases.policies import load_policies, with_teams
from services.domain import teams
from services.domain.clocks.book import open_book
from services.domain.errors import SettingsError
from services.runtime.watching import PolicyFile, Watched
from tests.support.builders import a_contact, a_deduplicated, a_routed
from tests.support.policy_in_use import PolicyInUse
from tests.unit.cases.desk import POLICIES, TOPICS, Desk


def test_the_person_of_a_new_case_is_one_of_the_teams_of_today(tmp_path: Path) -> None:
    policy = PolicyInUse(tmp_path, teams.SHIPPED)
    desk = Desk()
    watched = Watched(
        [PolicyFile(teams.KIND, policy.file)],
        partial(with_teams, POLICIES, policy.file),
        policy.archive,
        policy.counts,
    )
    desk.handler = CasesHandler(desk.store, desk.labels, watched, desk.clock, TOPICS)

    def person(case: str) -> str | None:
        decided = a_deduplicated(a_contact(case, waybill=None), case_id=case)
        desk.take(a_routed(decided, team="privacy"))
        return desk.case(case).assignee

    assert person("a") == "clerk-601"
    policy.write("v2", "members: [clerk-601]", "members: [clerk-999]")
    assert person("b") == "clerk-999"
    policy.write("v3", "\n  senior-desk:", "\n  senior-dusk:")
    assert person("c") == "clerk-999"
    assert policy.counts.told == ["teams taken up", "teams refused"]


def test_hours_that_differ_from_those_of_the_clocks_are_refused_with_both_named(
    tmp_path: Path,
) -> None:
    policy = PolicyInUse(tmp_path, teams.SHIPPED)
    policy.write("v2", "calendar: cn-hotline", "calendar: cn-office")
    with pytest.raises(SettingsError, match=r"front-desk\.calendar: 'cn-office'.*'cn-hotline'"):
        open_book(teams_file=policy.file)
    with pytest.raises(SettingsError, match=r"front-desk\.calendar: 'cn-office'.*'cn-hotline'"):
        with_teams(load_policies(), policy.file)
