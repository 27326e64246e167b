"""Merging on a case's page."""

import re

import pytest

from tests.support.console_desk import Console


@pytest.mark.parametrize(
    ("language", "words"), [("en", "it is worked on in case"), ("zh", "由主案办理")]
)
def test_two_cases_are_merged_and_parted_from_the_page(
    console: Console, language: str, words: str
) -> None:
    console.sign_in("clerk-101")
    head = console.case(id="a1", at="2026-03-01T00:00:00Z", text="箱子碎了", customer="c")
    child = console.case(id="a2", at="2026-03-01T01:00:00Z", text="盒子破了", customer="d")
    assert "action-unmerge" not in console.page(f"/cases/{head}")
    done = console.act(child, "merge", expected_seq="1", other=head.lower())
    assert done.status_code == 303, done.text
    page = console.page(f"/cases/{child}", language)
    assert words in page
    assert f'<a href="/cases/{head}">' in page
    assert "action-resolve" not in page
    page = console.page(f"/cases/{head}", language)
    assert "盒子破了" in page
    assert ("2 contacts" if language == "en" else "2 次联系") in page
    assert child in page.partition('id="action-unmerge"')[2].partition("</form>")[0]
    assert child not in console.page("/cases")
    stale = console.act(head, "unmerge", key="k2", expected_seq="9", other=child)
    assert stale.status_code == 409
    assert console.act(child, "unmerge", key="k3", expected_seq="1").status_code == 303
    assert words not in console.page(f"/cases/{child}", language)


def test_what_came_of_a_payment_of_a_merged_case_is_entered_on_its_own_page(
    console: Console,
) -> None:
    """Its head has no such payment, and the case takes the word of a clerk itself."""
    console.sign_in("clerk-101")
    head = console.case(id="a1", at="2026-03-01T00:00:00Z", text="箱子碎了", customer="c")
    child = console.case(id="a2", at="2026-03-01T01:00:00Z", text="盒子破了", customer="d")
    console.api.act(child, "acknowledge")
    order = {"amount": {"minor": 500, "currency": "CNY"}, "branch": "goodwill", "guidance": "g"}
    console.api.act(child, "compensate", compensation=order)
    console.api.act(head, "merge", other=child)
    form = console.page(f"/cases/{child}").partition('id="action-settle_payment"')[2]
    seq = re.search(r'name="expected_seq" value="(\d+)"', form)
    payment = re.search(r'name="payment" value="([^"]+)"', form)
    assert seq is not None
    assert payment is not None
    said = {"payment": payment[1], "paid": "paid", "expected_seq": seq[1], "key": "k2"}
    assert console.act(child, "settle_payment", **said).status_code == 303
    assert f"5.00 CNY · Paid · {payment[1]}" in console.page(f"/cases/{child}")
