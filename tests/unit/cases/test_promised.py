"""What the customer reads of his money, in the answer and on his page, when a payment failed."""

import pytest

from services.api.result import result_of
from services.domain.redress import load_redress
from services.sender.outcome import outcome_of
from tests.support.builders import NOON
from tests.unit.cases.desk import Desk
from tests.unit.cases.till import SENIOR, a_desk, approve, pay, settle, take_back


@pytest.fixture
def desk() -> Desk:
    """A case that is to be paid 100 yuan."""
    desk = a_desk()
    pay(desk, 10_000)
    return desk


def told(desk: Desk) -> list[str]:
    """Return what an answer would say now in both languages, and what the page says."""
    routes, history = load_redress(), desk.history()
    paid = result_of(desk.case(), history, routes, "en", NOON).compensation
    page = f"{paid.currency} {paid.amount} ({paid.state})" if paid else ""
    answers = [outcome_of(history, routes, language)["compensation"] for language in ("zh", "en")]
    return [*answers, page]


def test_money_that_did_not_go_is_not_said_to_be_on_its_way(desk: Desk) -> None:
    assert told(desk)[:2] == ["100.00 元（支付中）", "CNY 100.00 (being paid)"]
    settle(desk, 1, is_paid=False)
    promised = ["100.00 元（已批准）", "CNY 100.00 (approved)", "CNY 100.00 (approved)"]
    assert told(desk) == promised
    pay(desk, 10_000)  # waits for a second person
    assert told(desk) == promised
    approve(desk, 2, SENIOR)
    assert told(desk)[1] == "CNY 100.00 (being paid)"


def test_money_that_is_not_to_be_paid_again_is_promised_no_more(desk: Desk) -> None:
    settle(desk, 1, is_paid=False)
    pay(desk, 10_000)
    take_back(desk, 2, SENIOR)
    assert told(desk) == ["", "", ""]


def test_what_was_added_counts_also_when_it_failed(desk: Desk) -> None:
    pay(desk, 5_000, adds_to=1)
    settle(desk, 1)
    settle(desk, 2, is_paid=False)
    assert told(desk)[1] == "CNY 150.00 (approved)"
    settle(desk, 1, is_paid=False)
    assert told(desk)[1] == "CNY 150.00 (approved)"


def test_a_payment_and_its_repeat_are_promised_once_though_both_failed(desk: Desk) -> None:
    settle(desk, 1, is_paid=False)
    pay(desk, 8_000)
    approve(desk, 2, SENIOR)
    settle(desk, 2, is_paid=False)
    assert told(desk)[1] == "CNY 80.00 (approved)"
    settle(desk, 1)
    assert told(desk)[1] == "CNY 100.00 (paid)"
