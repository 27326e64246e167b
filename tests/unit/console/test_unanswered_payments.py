"""A clerk finds the cases whose payer owes an answer, and reads what to do about one."""

from datetime import timedelta

from tests.support.console_desk import Console
from tests.unit.console.test_failed_payments import LISTED, do, with_payment


def unanswered(console: Console) -> tuple[str, str]:
    """Return a case whose payer has not answered for a month, and the payment."""
    case_id, payment = with_payment(console)
    assert case_id not in console.page(LISTED)
    console.api.clock.advance(timedelta(days=30).total_seconds())
    assert console.api.act(case_id, "follow_up", actor="system").status_code == 200
    return case_id, payment


def test_it_is_in_the_list_until_the_payer_answers(console: Console) -> None:
    case_id, payment = unanswered(console)
    console.sign_in("clerk-101")
    listed = console.page(LISTED)
    assert case_id in listed
    assert 'class="to-check">Payment not answered' in listed
    assert "付款未答复" in console.page(LISTED, "zh")
    do(console, case_id, "settle_payment", payment=payment, paid="paid")
    assert case_id not in console.page(LISTED)


def test_the_page_says_what_to_do_and_the_timeline_when_the_answer_was_due(
    console: Console,
) -> None:
    case_id, payment = unanswered(console)
    page = console.page(f"/cases/{case_id}")
    notice = page.partition('id="unanswered"')[2].partition("</p>")[0]
    assert f"100.00 CNY · {payment} · answer due" in notice
    assert "Ask the payer" in notice
    assert "请向付款方查询" in console.page(f"/cases/{case_id}", "zh")
    entries = page.partition('id="timeline-title"')[2]
    entry = entries.partition("kind-payment_unanswered")[2].partition("</li>")[0]
    assert "The payer has not answered" in entry
    assert "answer due" in entry
