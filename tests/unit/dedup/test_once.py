"""A contact takes effect once, whatever comes again, breaks or dies."""

from datetime import timedelta

import pytest

from schemas.codec import encode
from services.adapters.memory_dedup import MemoryDedupStore
from services.domain.errors import OutageError
from services.runtime.records import DeadReason
from tests.support.builders import NOON, a_contact
from tests.support.dedup_desk import Desk, decided


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_replay_is_produced_again_byte_for_byte(desk: Desk) -> None:
    record = desk.record(a_contact("a"))
    first = desk.handler.handle([record], {})
    again = desk.handler.handle([record], {})
    assert again.outbound == first.outbound
    assert again.outcomes == {"replayed": 1}


def test_a_resubmission_is_absorbed_and_recorded(desk: Desk) -> None:
    contact = a_contact("a")
    desk.take(contact)
    later = contact.model_copy(update={"accepted_at": NOON + timedelta(seconds=9)})
    again = [desk.record(later), desk.record(later)]
    handled = desk.handler.handle(again, {})
    assert handled.outbound == []
    assert handled.outcomes == {"resubmission": 2}
    recorded = [(one.source, one.rule) for one in desk.store.absorbed.values()]
    assert recorded == [(str(one.source), "resubmission") for one in again]


def test_a_contact_sent_twice_in_one_batch_takes_effect_once(desk: Desk) -> None:
    contact = a_contact("a")
    handled = desk.handler.handle([desk.record(contact), desk.record(contact)], {})
    assert len(handled.outbound) == 1
    assert handled.outcomes == {"new": 1, "resubmission": 1}


def test_an_idempotency_key_used_for_other_contents_does_not_make_a_complaint_vanish(
    desk: Desk,
) -> None:
    desk.take(a_contact("a"))
    other = a_contact("a", text="another matter altogether")
    handled = desk.handler.handle([desk.record(other)], {})
    assert [letter.reason for letter in handled.dead] == [DeadReason.CONFLICTING]
    assert handled.dead[0].rule == "idempotency_key_reused"


def test_broken_records_die_alone_with_field_and_rule(desk: Desk) -> None:
    good = desk.record(a_contact("a"))
    broken = good._replace(offset=90, value=b"{not json")
    wrong = good._replace(
        offset=91, value=encode(a_contact("b")).replace(b'"phone"', b'"telepathy"')
    )
    handled = desk.handler.handle([broken, good, wrong], {})
    assert len(handled.outbound) == 1
    assert [(letter.field, letter.rule) for letter in handled.dead] == [
        ("", "json_invalid"),
        ("channel", "enum"),
    ]


def test_two_workers_that_claim_one_waybill_at_once_agree() -> None:
    store = MemoryDedupStore()
    slow, fast = Desk(store), Desk(store)
    raced = False

    def before(operation: str) -> None:
        nonlocal raced
        if operation == "insert_claims" and not raced:
            raced = True
            fast.take(a_contact("b", customer="other"))

    store.before = before
    mine = slow.take(a_contact("a"))[0]
    store.before = lambda operation: None
    theirs = fast.take(a_contact("c", customer="other"))[0]
    assert mine.case_id == theirs.case_id
    assert mine.relation == "second_complainant"


@pytest.mark.parametrize("operation", ["insert_claims", "insert_rows"])
def test_a_worker_that_dies_between_two_writes_decides_the_same_again(
    desk: Desk, operation: str
) -> None:
    batch = [desk.record(a_contact("a")), desk.record(a_contact("b", customer="x"))]
    undisturbed = decided(Desk().handler.handle(batch, {}))
    seen = 0

    def dies(now: str) -> None:
        nonlocal seen
        seen += now == operation
        if seen == 1 and now == operation:
            raise OutageError("mongodb", "gone")

    desk.store.before = dies
    with pytest.raises(OutageError):
        desk.handler.handle(batch, {})
    assert decided(desk.handler.handle(batch, {})) == undisturbed


def test_a_reply_to_our_notice_joins_the_case_of_the_notice(desk: Desk) -> None:
    first = desk.take(a_contact("a"))[0]
    (reply,) = desk.take(
        a_contact("b", waybill=None, text="谢谢，收到了", reply_to=first.case_id, customer="cust-9")
    )
    assert reply.case_id == first.case_id
    assert [reason.rule for reason in reply.reasons] == ["reply_to_notice"]
