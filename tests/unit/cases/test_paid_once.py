"""A case is paid once, whatever the order of decisions, and who approves follows from the sum."""

import pytest

from schemas.cases import CaseChanged, CaseState
from schemas.codec import decode, encode
from schemas.handling import MOST_MINOR, Compensation
from schemas.vocabulary import Refusal
from services.cases.evolution import evolve
from services.domain.approval import load_approval
from services.domain.compensation.payments import MAX_PAYMENTS
from tests.unit.cases.desk import Desk
from tests.unit.cases.till import (
    FORCE,
    OWN,
    SENIOR,
    a_desk,
    approve,
    audited,
    pay,
    payment,
    requested,
    settle,
    take_back,
)


@pytest.fixture
def desk() -> Desk:
    return a_desk()


def newest(desk: Desk) -> Compensation:
    money = desk.case().compensation
    assert money is not None
    return money


def as_alone(change: CaseChanged) -> CaseChanged:
    """Return a change as it would be had the clerk done everything alone."""
    money = change.compensation
    if money is None or money.policy != load_approval().version:
        return change
    changed = {"compensation": money.model_copy(update={"approval": None})}
    actor = OWN if change.kind == "payment_settled" else change.actor
    return change.model_copy(update=changed | {"actor": actor})


def test_a_supplement_that_was_taken_back_leaves_the_case_paid(desk: Desk) -> None:
    pay(desk, 20_000)
    settle(desk, 1)
    pay(desk, 50_000, adds_to=1)
    take_back(desk, 2)
    plain = pay(desk, 20_000)
    assert (plain.refusal, plain.explanation) == (
        Refusal.ALREADY_DECIDED,
        f"payment {payment(1)} was approved; one that adds to it names it in supplements",
    )
    assert requested(desk) == [payment(1)]
    assert pay(desk, 300_000, adds_to=1).refusal is None
    assert audited(desk) == []


def test_a_supplement_that_failed_leaves_the_case_paid(desk: Desk) -> None:
    pay(desk, 500)
    pay(desk, 300, adds_to=1)
    settle(desk, 2, is_paid=False)
    assert pay(desk, 300).refusal is Refusal.ALREADY_DECIDED
    assert pay(desk, 300, adds_to=2).refusal is Refusal.INVALID_FIELD
    assert pay(desk, 300, adds_to=1).refusal is None
    assert audited(desk) == []


def test_many_small_payments_need_whom_one_large_one_needs(desk: Desk) -> None:
    pay(desk, 20_000)
    ranks = [("senior-desk", SENIOR)] * 4 + [("task-force", FORCE)]
    for decision, (team, who) in enumerate(ranks, 2):
        pay(desk, 20_000, adds_to=1)
        assert (newest(desk).step, newest(desk).approval) == ("proposed", team)
        approve(desk, decision, who)
    assert len(requested(desk)) == 6
    total = newest(desk).total
    assert total is not None
    assert total.minor == 120_000
    assert audited(desk) == []


def test_what_failed_counts_in_no_sum_and_may_be_decided_anew(desk: Desk) -> None:
    pay(desk, 20_000)
    settle(desk, 1, is_paid=False)
    assert pay(desk, 20_000).refusal is None
    total = newest(desk).total
    assert total is not None
    assert total.minor == 20_000
    assert audited(desk) == []


def test_a_payment_that_failed_is_repeated_only_by_a_second_person(desk: Desk) -> None:
    pay(desk, 20_000)
    settle(desk, 1, is_paid=False)
    pay(desk, 20_000)
    assert (newest(desk).step, newest(desk).approval) == ("proposed", "senior-desk")
    assert requested(desk) == [payment(1)]
    assert approve(desk, 2, OWN).refusal is Refusal.NOT_PERMITTED
    assert approve(desk, 2, SENIOR).refusal is None
    assert requested(desk) == [payment(1), payment(2)]
    assert audited(desk) == []


def test_who_may_approve_a_repeat_does_not_approve_the_own_one(desk: Desk) -> None:
    pay(desk, 20_000, actor=SENIOR)
    settle(desk, 1, is_paid=False)
    pay(desk, 20_000, actor=SENIOR)
    assert approve(desk, 2, SENIOR).refusal is Refusal.NOT_PERMITTED
    assert approve(desk, 2, FORCE).refusal is None


def test_who_proposed_a_payment_does_not_say_that_it_failed(desk: Desk) -> None:
    pay(desk, 20_000)
    no = settle(desk, 1, is_paid=False, actor=OWN)
    assert (no.refusal, no.explanation) == (
        Refusal.NOT_PERMITTED,
        "actor: that a payment failed is said by the payer or a second person",
    )
    assert settle(desk, 1, is_paid=False, actor=SENIOR).refusal is None


def test_the_audit_finds_a_repeat_that_one_clerk_let_pass_alone(desk: Desk) -> None:
    pay(desk, 20_000)
    settle(desk, 1, is_paid=False, actor=SENIOR)
    pay(desk, 20_000)
    approve(desk, 2, SENIOR)
    alone = [as_alone(change) for change in desk.history()]
    assert set(audited(desk, alone)) == {
        "who approved it may not, by sum",
        "its proposer says that it failed",
    }


def test_the_payer_settles_a_payment_while_a_supplement_waits(desk: Desk) -> None:
    pay(desk, 20_000)
    pay(desk, 20_000, adds_to=1)
    assert settle(desk, 1).refusal is None
    assert (newest(desk).decision, newest(desk).step) == (2, "proposed")
    assert [one.step for one in desk.case().payments or ()] == ["paid"]
    assert settle(desk, 1).refusal is Refusal.ALREADY_DECIDED
    approve(desk, 2, SENIOR)
    assert settle(desk, 2).refusal is None
    assert [one.step for one in desk.case().payments or ()] == ["paid", "paid"]


def test_a_case_has_no_more_payments_than_its_state_may_keep(desk: Desk) -> None:
    for _ in range(MAX_PAYMENTS):
        pay(desk, 1, adds_to=1 if requested(desk) else None)
    answer = pay(desk, 1, adds_to=1)
    assert answer.refusal is Refusal.NOT_ALLOWED_NOW
    assert len(encode(desk.case())) < 10_000


def test_the_payments_are_the_sum_of_the_events(desk: Desk) -> None:
    pay(desk, 20_000)
    pay(desk, 20_000, adds_to=1)
    settle(desk, 1)
    approve(desk, 2, SENIOR)
    state = None
    for change in desk.history():
        state = evolve(state, change)
    assert state == desk.case()
    assert state is not None
    assert [one.step for one in state.payments or ()] == ["paid", "requested"]


def test_a_matter_does_not_come_to_more_than_a_record_can_hold(desk: Desk) -> None:
    """Else a typed amount makes a case that nobody can read again."""
    pay(desk, 1)
    assert pay(desk, MOST_MINOR, adds_to=1).refusal is Refusal.INVALID_FIELD
    assert pay(desk, MOST_MINOR - 1, adds_to=1).refusal is None
    assert decode(CaseState, encode(desk.case())) == desk.case()
