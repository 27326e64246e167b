"""Another dedup policy is taken up between two batches; a bad one is refused."""

from pathlib import Path

from services.dedup.handler import DedupHandler
from services.dedup.policy import SHIPPED
from services.dedup.watching import watched_policy
from tests.support.builders import KEYS, a_contact, at
from tests.support.dedup_desk import TOPIC, AClock, Desk
from tests.support.policy_in_use import PolicyInUse


def test_each_decision_names_the_policy_of_its_batch_and_a_bad_file_changes_nothing(
    tmp_path: Path,
) -> None:
    policy = PolicyInUse(tmp_path, SHIPPED)
    desk = Desk()
    watched = watched_policy(policy.file, policy.archive, policy.counts)
    desk.handler = DedupHandler(desk.store, KEYS, watched, AClock(), {TOPIC: "out"})

    (first,) = desk.take(a_contact("a"))
    policy.write("v2", "waybill_window_days: 180", "waybill_window_days: 1")
    (second,) = desk.take(a_contact("b", received_at=at(days=3)))
    policy.write("v3", "waybill_window_days: 180", "waybill_window_days: never")
    (third,) = desk.take(a_contact("c", received_at=at(days=3)))
    assert [one.policy for one in (first, second, third)] == ["v1", "v2", "v2"]
    assert (second.relation, second.case_id != first.case_id) == ("new", True)
    assert third.case_id == second.case_id
    assert policy.counts.told == ["dedup taken up", "dedup refused"]
