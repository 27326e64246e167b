"""Another table of notices, and other teams, are taken up between two batches."""

from pathlib import Path

from schemas.vocabulary import ChangeKind
from services.adapters.memory_notices import MemoryContactDirectory
from services.domain import teams
from services.domain.team_rules import load_team_rules
from services.notification.handler import NoticeTopics, NotificationHandler, Stores
from services.notification.policy import SHIPPED
from services.notification.watching import watched_rules
from tests.support.policy_in_use import PolicyInUse
from tests.unit.notification.test_handler import Desk, requested
from tests.unit.notification.test_logic import a_change


def test_each_notice_names_the_table_of_its_batch_and_a_bad_file_changes_nothing(
    tmp_path: Path,
) -> None:
    policy, people = PolicyInUse(tmp_path, SHIPPED), PolicyInUse(tmp_path, teams.SHIPPED)
    desk = Desk()
    desk.handler = NotificationHandler(
        Stores(desk.store, MemoryContactDirectory(desk.dedup, desk.cases), desk.preferences),
        watched_rules(policy.file, people.file, load_team_rules(), policy.archive, policy.counts),
        desk.clock,
        NoticeTopics("requested", "settled", "receipts", "changed"),
    )

    def told(case: str) -> set[str | None]:
        contact = desk.contact(case)
        handled = desk.take(a_change(ChangeKind.OPENED, 1, case_id=case, contact=contact))
        return {notice.policy for notice in requested(handled)}

    assert told("a") == {"v1"}
    policy.write("v2")
    assert told("b") == {"v2"}
    policy.write("v3", "rule: ", "rule_: ")
    people.write("w2")
    assert told("c") == {"v2"}
    policy.write("v4")
    assert told("d") == {"v4"}
    assert policy.counts.told == [
        "notices taken up", "notices refused", "teams refused", "notices taken up",
        "teams taken up",
    ]  # fmt: skip
