"""A clerk finds the cases whose payment failed, and reads what to do about one."""

import re

from tests.support.console_desk import Console

ORDER = {"amount": "100", "branch": "uninsured", "guidance": "compensation-2026.2"}
LISTED = "/cases?unpaid=1"


def do(console: Console, case_id: str, kind: str, **fields: str) -> None:
    """Fill in a form of the case's page as it is now."""
    seq = re.search(r'name="expected_seq" value="(\d+)"', console.page(f"/cases/{case_id}"))
    assert seq is not None
    done = console.act(case_id, kind, key=f"k{seq[1]}", expected_seq=seq[1], **fields)
    assert done.status_code == 303, done.text


def with_payment(console: Console) -> tuple[str, str]:
    """Return a case that is answered and to be paid, and the payment."""
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="包裹丢了,要求赔偿", declared_value_cny=300)
    do(console, case_id, "acknowledge")
    do(console, case_id, "compensate", **ORDER)
    do(console, case_id, "resolve", note="We pay for it.")
    payment = re.search(r"pay-[0-9a-f]{24}", console.page(f"/cases/{case_id}"))
    assert payment is not None
    return case_id, payment[0]


def failed(console: Console) -> tuple[str, str]:
    """Return such a case whose payment failed by the word of a second person."""
    case_id, payment = with_payment(console)
    console.sign_in("clerk-801")
    said = {"payment": payment, "paid": "payment_failed", "reference": "account closed"}
    do(console, case_id, "settle_payment", **said)
    return case_id, payment


def test_a_case_whose_payment_failed_is_in_the_list_until_somebody_decided_about_it(
    console: Console,
) -> None:
    case_id, payment = with_payment(console)
    assert case_id not in console.page(LISTED)
    console.sign_in("clerk-801")
    do(console, case_id, "settle_payment", payment=payment, paid="payment_failed")
    listed = console.page(LISTED)
    assert case_id in listed
    assert 'class="to-check">Payment failed' in listed
    assert "付款失败" in console.page(LISTED, "zh")
    do(console, case_id, "compensate", **ORDER)
    assert case_id not in console.page(LISTED)


def test_the_page_says_what_failed_and_what_to_do(console: Console) -> None:
    case_id, payment = failed(console)
    page = console.page(f"/cases/{case_id}")
    notice = page.partition('id="left-unpaid"')[2].partition("</p>")[0]
    assert f"100.00 CNY · {payment}" in notice
    assert "propose the compensation again" in notice
    assert "重新提出赔偿" in console.page(f"/cases/{case_id}", "zh")
    do(console, case_id, "compensate", **ORDER)
    page = console.page(f"/cases/{case_id}")
    assert 'id="left-unpaid"' not in page
    record = page.partition('id="record-title"')[2].partition("</section>")[0]
    assert f"Failed payment</dt><dd>100.00 CNY · {payment}" in record


def test_the_timeline_says_whether_the_payer_paid_and_what_he_said(console: Console) -> None:
    case_id, _ = failed(console)
    entries = console.page(f"/cases/{case_id}").partition('id="timeline-title"')[2]
    entry = entries.partition("kind-payment_settled")[2].partition("</li>")[0]
    assert "Payment failed" in entry
    assert "account closed" in entry
