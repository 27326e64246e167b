"""The newest word of the payer counts: what he paid may come back from the bank."""

import pytest

from schemas.vocabulary import Refusal
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
)


@pytest.fixture
def desk() -> Desk:
    """A case that was paid."""
    desk = a_desk()
    pay(desk, 20_000)
    settle(desk, 1)
    return desk


def steps(desk: Desk) -> list[str]:
    return [str(one.step) for one in desk.case().payments or ()]


def test_a_payment_that_came_back_is_made_anew_by_two_people(desk: Desk) -> None:
    assert settle(desk, 1, is_paid=False).refusal is None
    assert steps(desk) == ["payment_failed"]
    pay(desk, 20_000)
    assert requested(desk) == [payment(1)]
    assert approve(desk, 2, OWN).refusal is Refusal.NOT_PERMITTED
    approve(desk, 2, SENIOR)
    settle(desk, 2)
    assert steps(desk) == ["payment_failed", "paid"]
    assert audited(desk) == []


def test_who_proposed_a_payment_does_not_say_that_it_came_back(desk: Desk) -> None:
    assert settle(desk, 1, is_paid=False, actor=OWN).refusal is Refusal.NOT_PERMITTED
    assert settle(desk, 1, is_paid=False, actor=FORCE).refusal is None


def test_what_is_said_twice_is_taken_in_once(desk: Desk) -> None:
    assert settle(desk, 1).refusal is Refusal.ALREADY_DECIDED
    settle(desk, 1, is_paid=False)
    assert settle(desk, 1, is_paid=False).refusal is Refusal.ALREADY_DECIDED


def test_a_payment_that_came_back_and_was_sent_again_is_no_second_one(desk: Desk) -> None:
    settle(desk, 1, is_paid=False)
    settle(desk, 1)
    assert steps(desk) == ["paid"]
    assert pay(desk, 20_000).refusal is Refusal.ALREADY_DECIDED
    assert audited(desk) == []


def test_the_audit_still_finds_what_was_paid_twice(desk: Desk) -> None:
    settle(desk, 1, is_paid=False)
    settle(desk, 1)
    last = desk.history()[-1]
    again = [*desk.history(), last.model_copy(update={"seq": last.seq + 1})]
    assert audited(desk, again) == ["paid for the second time"]
