"""Cases that are merged are one matter, which is paid once, in whichever of them."""

from typing import Any

import pytest
from pydantic_core import from_json

from schemas.cases import CommandSettled
from schemas.codec import encode
from schemas.vocabulary import ChangeKind, Refusal
from services.audit.logic.history import Entry, Event, History
from services.audit.logic.payments import PaymentsCheck
from services.cases.payer import payment_id_of
from services.console.record_view import adds_to
from services.domain.approval import load_approval
from services.domain.teams import load_teams
from tests.support.builders import TENANT
from tests.unit.cases.district import District
from tests.unit.cases.till import OWN, SENIOR, order


@pytest.fixture
def district() -> District:
    return District()


def two(district: District, level: int = 1) -> tuple[str, str]:
    head = district.open("first", 0, waybill="SF1")
    child = district.open("second", 5, level, waybill="SF2")
    for case in (head, child):
        district.act(case, "acknowledge")
    return head, child


def pay(district: District, case: str, minor: int, **more: Any) -> CommandSettled:
    return district.act(case, "compensate", actor=OWN, compensation=order(minor, **more))


def settle(district: District, case: str, is_paid: bool, actor: str = "system") -> CommandSettled:
    result = {"payment_id": paid_by(case), "is_paid": is_paid}
    settled = district.act(case, "settle_payment", actor=actor, payment=result)
    district.deliver()
    return settled


def with_failed_child(district: District) -> tuple[str, str]:
    """Return a head and its child, whose payment failed after the merge."""
    head, child = two(district)
    pay(district, child, 20_000)
    district.merge(head, child)
    assert settle(district, child, is_paid=False, actor=SENIOR).refusal is None
    return head, child


def paid_by(case: str, decision: int = 1) -> str:
    return payment_id_of(TENANT, case, decision)


def audited(district: District, case: str, *left_out: ChangeKind) -> list[str]:
    """Return what check P finds in a case's log, some changes of which are left out."""
    events = [
        Event(1, one.seq, "s", encode(one), from_json(encode(one)))
        for one in district.history(case)
        if one.kind not in left_out
    ]
    check = PaymentsCheck(load_approval(), load_teams())
    check.case(History(case, [Entry(1, ("s",), tuple(events), ())], None))
    return [one.detail for one in check.findings().listed]


def test_what_a_merged_case_was_paid_is_not_paid_again_by_its_head(district: District) -> None:
    head, child = two(district)
    pay(district, child, 20_000)
    district.merge(head, child)
    again = pay(district, head, 20_000)
    assert (again.refusal, again.explanation) == (
        Refusal.ALREADY_DECIDED,
        f"payment {paid_by(child)} was approved; one that adds to it names it in supplements",
    )
    assert adds_to(district.case(head)) == paid_by(child)


def test_what_adds_to_it_is_approved_by_the_sum_of_both(district: District) -> None:
    head, child = two(district)
    pay(district, child, 20_000)
    district.merge(head, child)
    assert pay(district, head, 20_000, supplements=paid_by(child)).refusal is None
    money = district.case(head).compensation
    assert money is not None
    assert money.total is not None
    assert (money.step, money.approval, money.total.minor) == ("proposed", "senior-desk", 40_000)
    district.act(head, "approve_compensation", actor=SENIOR, decision=1)
    assert len(district.case(head).payments or ()) == 1
    assert audited(district, head) == audited(district, child) == []


def test_the_gravest_of_the_merged_cases_says_who_approves(district: District) -> None:
    head, child = two(district, level=4)
    district.merge(head, child)
    pay(district, head, 1)
    money = district.case(head).compensation
    assert money is not None
    assert (money.step, money.approval) == ("proposed", "task-force")


def test_a_payment_of_a_merged_case_that_failed_may_be_decided_anew_by_its_head(
    district: District,
) -> None:
    head, _ = with_failed_child(district)
    assert pay(district, head, 20_000).refusal is None
    assert audited(district, head) == []


def test_a_proposal_that_a_merge_overtook_is_not_approved(district: District) -> None:
    head, child = two(district)
    pay(district, head, 50_000)
    pay(district, child, 20_000)
    district.merge(head, child)
    late = district.act(head, "approve_compensation", actor=SENIOR, decision=1)
    assert late.refusal is Refusal.NOT_ALLOWED_NOW
    assert district.case(head).payments is None
    district.act(head, "refuse_compensation", actor=SENIOR, decision=1, note="paid in part")
    assert pay(district, head, 30_000, supplements=paid_by(child)).refusal is None


def test_after_an_unmerge_each_case_is_paid_by_itself(district: District) -> None:
    head, child = two(district)
    pay(district, child, 20_000)
    district.merge(head, child)
    district.unmerge(head, child)
    assert pay(district, head, 20_000).refusal is None
    assert audited(district, head) == []


def test_the_audit_finds_a_head_that_paid_again(district: District) -> None:
    head, child = two(district)
    pay(district, child, 500)
    district.merge(head, child)
    district.unmerge(head, child)
    pay(district, head, 500)
    assert audited(district, head, ChangeKind.UNMERGED) == [
        "paid before, and it adds to no payment",
        "more than the sum that was approved",
    ]


def test_a_payment_that_went_through_after_all_counts_again(district: District) -> None:
    case, _ = two(district)
    pay(district, case, 20_000)
    settle(district, case, is_paid=False)
    assert settle(district, case, is_paid=True).refusal is None
    assert [one.step for one in district.case(case).payments or ()] == ["paid"]
    assert pay(district, case, 20_000).refusal is Refusal.ALREADY_DECIDED
    assert settle(district, case, is_paid=True).refusal is Refusal.ALREADY_DECIDED
    assert audited(district, case) == []


def test_a_repeat_that_waits_is_not_approved_once_the_first_went_through(
    district: District,
) -> None:
    case, _ = two(district)
    pay(district, case, 20_000)
    settle(district, case, is_paid=False)
    pay(district, case, 20_000)
    settle(district, case, is_paid=True)
    late = district.act(case, "approve_compensation", actor=SENIOR, decision=2)
    assert late.refusal is Refusal.NOT_ALLOWED_NOW
    assert len(district.case(case).payments or ()) == 1


def test_the_audit_says_so_when_a_payment_and_its_repeat_both_went_through(
    district: District,
) -> None:
    case, _ = two(district)
    pay(district, case, 20_000)
    settle(district, case, is_paid=False)
    pay(district, case, 20_000)
    district.act(case, "approve_compensation", actor=SENIOR, decision=2)
    settle(district, case, is_paid=True)
    assert audited(district, case) == [f"paid after all, and {paid_by(case, 2)} too"]


def test_while_a_merge_is_being_agreed_on_the_head_pays_nothing(district: District) -> None:
    head, child = two(district)
    district.act(head, "merge", other=child)
    early = pay(district, head, 20_000)
    assert early.refusal is Refusal.NOT_ALLOWED_NOW
    assert child in (early.explanation or "")
    assert pay(district, child, 20_000).refusal is None
    district.deliver()
    assert pay(district, head, 20_000).refusal is Refusal.ALREADY_DECIDED
    assert district.case(head).payments is None


def test_nor_does_it_approve_what_was_proposed_before(district: District) -> None:
    head, child = two(district)
    pay(district, head, 50_000)
    district.act(head, "merge", other=child)
    approval = {"actor": SENIOR, "decision": 1}
    early = district.act(head, "approve_compensation", **approval)
    assert early.refusal is Refusal.NOT_ALLOWED_NOW
    district.deliver()
    assert district.act(head, "approve_compensation", **approval).refusal is None


def test_an_offer_that_is_taken_back_holds_up_no_payment(district: District) -> None:
    head, child = two(district)
    district.act(head, "merge", other=child)
    district.act(head, "unmerge", other=child)
    assert pay(district, head, 20_000).refusal is None


def test_what_failed_in_a_merged_case_is_paid_by_its_head_with_a_second_person(
    district: District,
) -> None:
    head, _ = with_failed_child(district)
    pay(district, head, 20_000)
    money = district.case(head).compensation
    assert money is not None
    assert (money.step, money.approval) == ("proposed", "senior-desk")


def test_the_audit_says_so_when_what_failed_went_through_and_the_head_paid_too(
    district: District,
) -> None:
    head, child = with_failed_child(district)
    pay(district, head, 20_000)
    district.act(head, "approve_compensation", actor=SENIOR, decision=1)
    assert audited(district, head) == []
    settle(district, child, is_paid=True)
    assert audited(district, head) == [f"paid after all, and {paid_by(head)} too"]
