"""Changed teams, levels, rules of merging and of correction count from the next batch on; those
that break a rule are refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.cases import levels, merging_policy
from services.cases.handler import CasesHandler
from services.cases.policies import Files, load_policies, read_again
from services.cases.watching import watched_policies
from services.domain import correcting, teams
from services.domain.clocks.book import MemoryPolicyArchive, open_book
from services.domain.errors import SettingsError
from tests.support.builders import ELAPSED, a_contact, a_deduplicated, a_routed, at
from tests.support.policy_in_use import PolicyInUse
from tests.unit.cases.desk import TOPICS, Desk, another, changes


def a_desk(policy: PolicyInUse, files: Files) -> Desk:
    """Return a desk that goes by what ``files`` say at each batch."""
    desk = Desk()
    book = open_book(MemoryPolicyArchive(), sla_file=ELAPSED)
    watched = watched_policies(book, files, policy.archive, policy.counts)
    desk.handler = CasesHandler(desk.store, desk.labels, watched, desk.clock, TOPICS)
    return desk


def test_the_person_of_a_new_case_is_one_of_the_teams_of_today(tmp_path: Path) -> None:
    policy = PolicyInUse(tmp_path, teams.SHIPPED)
    desk = a_desk(policy, Files(teams=policy.file))

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


def test_asking_again_reaches_the_level_of_today(tmp_path: Path) -> None:
    policy = PolicyInUse(tmp_path, levels.SHIPPED)
    desk = a_desk(policy, Files(levels=policy.file))
    days = iter(range(1, 9))

    def ask() -> tuple[int, int]:
        """Ask once more, a day later."""
        day = next(days)
        desk.take(another(f"again-{day}", received_at=at(days=day)))
        return desk.case().askings, desk.case().level

    desk.take(a_routed())
    policy.write("v2", "{2: 2, 3: 3}", "{3: 2, 5: 3}")
    assert [ask(), ask()] == [(2, 1), (3, 2)]
    (raised,) = (one for one in desk.history() if one.kind == "level_raised")
    assert (raised.reason, raised.level_policy) == ("asked_again", "v2")
    policy.write("v3", "{2: 2, 3: 3}", "{2: 9}")
    assert [ask(), ask()] == [(4, 2), (5, 3)]
    assert policy.counts.told == ["levels taken up", "levels refused"]


def test_as_many_cases_are_merged_as_the_rules_of_today_allow(tmp_path: Path) -> None:
    policy = PolicyInUse(tmp_path, merging_policy.SHIPPED)
    desk = a_desk(policy, Files(merging=policy.file))
    desk.take(a_routed())

    def merge(other: str) -> list[str]:
        desk.act("merge", other=other)  # type: ignore[arg-type]
        return [str(one.kind) for one in changes(desk.last)]

    assert merge("other-1") == ["merge_offered"]
    policy.write("v2", "most: 20", "most: 1")
    assert merge("other-2") == []
    policy.write("v3", "most: 20", "most: 0")
    assert merge("other-3") == []
    policy.write("v4")
    assert merge("other-4") == ["merge_offered"]
    told = ["merging taken up", "merging refused", "merging taken up"]
    assert policy.counts.told == told


def test_who_may_lower_a_case_is_said_by_the_rules_of_today(tmp_path: Path) -> None:
    policy = PolicyInUse(tmp_path, correcting.SHIPPED)
    desk = a_desk(policy, Files(correcting=policy.file))
    desk.take(a_routed(level=3))

    def lower() -> int:
        said = {"correction": {"level": 2}, "note": "so it is", "actor": "clerk:clerk-801"}
        desk.act("correct", **said)  # type: ignore[arg-type]
        return desk.case().level

    policy.write("v2", "lowering: {3: senior-desk", "lowering: {3: task-force")
    assert lower() == 3
    policy.write("v3", "lowering: {3: senior-desk", "lowering: {3: nobody")
    assert lower() == 3
    policy.write("v4")
    assert lower() == 2
    told = ["correcting taken up", "correcting refused", "correcting taken up"]
    assert policy.counts.told == told


@pytest.mark.parametrize(
    ("shipped", "named", "rule"),
    [
        (levels.SHIPPED, lambda file: Files(levels=file), "same_asking_minutes: 6"),
        (merging_policy.SHIPPED, lambda file: Files(merging=file), "most: 2"),
    ],
)
def test_other_rules_under_a_version_that_was_in_use_are_refused(
    tmp_path: Path, shipped: Path, named: Callable[[Path], Files], rule: str
) -> None:
    policy = PolicyInUse(tmp_path, shipped)
    book = open_book()
    watched_policies(book, named(policy.file), policy.archive, policy.counts)
    policy.write("v1", rule, f"{rule[:-1]}1")
    with pytest.raises(SettingsError, match="v1"):
        watched_policies(book, named(policy.file), policy.archive, policy.counts)


def test_hours_that_differ_from_those_of_the_clocks_are_refused_with_both_named(
    tmp_path: Path,
) -> None:
    policy = PolicyInUse(tmp_path, teams.SHIPPED)
    policy.write("v2", "calendar: cn-hotline", "calendar: cn-office")
    with pytest.raises(SettingsError, match=r"front-desk\.calendar: 'cn-office'.*'cn-hotline'"):
        open_book(teams_file=policy.file)
    with pytest.raises(SettingsError, match=r"front-desk\.calendar: 'cn-office'.*'cn-hotline'"):
        read_again(load_policies(), Files(teams=policy.file))
