"""Check P: an amount that changed on its way, and a payer's answer to nothing."""

from dataclasses import replace
from typing import Any

from services.audit.logic.findings import Defect
from services.audit.logic.history import Event
from tests.unit.audit.test_defects_of_handling import (
    SECOND,
    a_payment,
    found,
    paid,
    yuan,
)

FIRST = paid(1, 1, total=yuan(200))


def answered(decision: int, seq: int, is_paid: bool = True, **money: Any) -> Event:
    event = a_payment(decision, seq, "payment_settled", step="paid", **money)
    answer = {"payment_id": f"pay-{decision}", "is_paid": is_paid}
    return replace(event, body={**event.body, "payment": answer, "actor": "system"})


def test_a_payment_that_the_payer_answers_is_in_order() -> None:
    assert found(*FIRST, answered(1, 4)) == []


def test_another_amount_than_was_proposed_is_named_though_it_was_approved_and_requested() -> None:
    little = {**FIRST[0].body["compensation"], "amount": yuan(2)}
    proposed = replace(FIRST[0], body={**FIRST[0].body, "compensation": little})
    assert found(proposed, *FIRST[1:]) == [(Defect.ILLEGAL_MOVE, "t|C1#2")]


def test_an_answer_of_another_amount_than_was_requested_is_named() -> None:
    assert found(*FIRST, answered(1, 4, amount=yuan(2000))) == [(Defect.ILLEGAL_MOVE, "t|C1#4")]


def test_an_answer_to_a_payment_that_nobody_requested_is_named() -> None:
    assert found(*FIRST, answered(7, 4)) == [(Defect.ILLEGAL_MOVE, "t|C1#4")]


def test_a_payment_that_was_paid_twice_is_doubled() -> None:
    assert found(*FIRST, answered(1, 4), answered(1, 5)) == [(Defect.DOUBLED, "t|C1#5")]


def test_what_adds_to_a_payment_that_is_none_is_named() -> None:
    nothing = {**SECOND, "supplements": "pay-9"}
    assert found(*FIRST, *paid(2, 4, **nothing)) == [(Defect.ILLEGAL_MOVE, "t|C1#6")]
