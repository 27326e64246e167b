"""Which payments failed and were not decided about since, in the case where somebody decides."""

import pytest

from services.domain.compensation.payments import left_unpaid
from tests.unit.cases import test_paid_in_appeals as paid_in_appeals
from tests.unit.cases.desk import Desk
from tests.unit.cases.district import District
from tests.unit.cases.test_paid_in_appeals import appealed
from tests.unit.cases.test_paid_in_merged_cases import paid_by, with_failed_child
from tests.unit.cases.till import OWN, a_desk, order, pay, payment, settle, take_back


@pytest.fixture
def desk() -> Desk:
    desk = a_desk()
    pay(desk, 10_000)
    return desk


def left(desk: Desk) -> list[str]:
    return [one.payment_id for one in left_unpaid(desk.case())]


def test_a_payment_that_failed_is_left_until_the_next_decision_or_until_it_went_through(
    desk: Desk,
) -> None:
    assert left(desk) == []
    settle(desk, 1, is_paid=False)
    assert left(desk) == [payment(1)]
    pay(desk, 10_000)
    assert left(desk) == []
    take_back(desk, 2)
    settle(desk, 1)
    assert left(desk) == []


def test_what_only_adds_to_it_is_no_decision_about_it(desk: Desk) -> None:
    pay(desk, 5_000, adds_to=1)
    settle(desk, 1, is_paid=False)
    assert left(desk) == [payment(1)]
    settle(desk, 2, is_paid=False)
    assert left(desk) == [payment(1), payment(2)]


def test_of_a_merged_case_it_is_left_in_the_head_which_decides() -> None:
    district = District()
    head, child = with_failed_child(district)
    assert left_unpaid(district.case(child)) == ()
    assert [one.payment_id for one in left_unpaid(district.case(head))] == [paid_by(child)]
    district.act(head, "compensate", actor=OWN, compensation=order(20_000))
    assert left_unpaid(district.case(head)) == ()


def test_of_a_case_that_is_appealed_against_it_is_left_in_the_appeal() -> None:
    district = District()
    case = district.open("first", 0, waybill="SF1")
    district.act(case, "acknowledge")
    district.act(case, "compensate", actor=OWN, compensation=order(10_000))
    appeal = appealed(district, case)
    paid_in_appeals.settle(district, case, is_paid=False)
    assert left_unpaid(district.case(case)) == ()
    assert [one.payment_id for one in left_unpaid(district.case(appeal))] == [paid_by(case)]


def test_a_failure_of_an_older_payment_is_left_though_later_ones_do_not_name_it(
    desk: Desk,
) -> None:
    pay(desk, 5_000, adds_to=1)
    pay(desk, 5_000, adds_to=2)
    settle(desk, 1, is_paid=False)
    assert left(desk) == [payment(1)]
    pay(desk, 5_000, adds_to=2)
    assert left(desk) == []
