"""A payment that failed is told to who works on the case, and to no customer."""

from typing import Any

import pytest

from schemas.cases import CaseChanged
from schemas.codec import decode, encode
from schemas.handling import PaymentResult
from schemas.vocabulary import ChangeKind
from services.domain.errors import SettingsError
from services.domain.notice_store import Standing
from services.notification.logic import DECIDED_BY
from services.notification.policy import SHIPPED, load_policy
from tests.unit.notification.test_logic import a_change, a_told, decided, told

WITH_CLERK = Standing(2, "claims", "clerk-201")


def settled(is_paid: bool, **fields: Any) -> CaseChanged:
    """Return what the payer said, as the worker reads it: what it does not look at is left out."""
    payment = PaymentResult(payment_id="pay-1", is_paid=is_paid)
    change = a_change(ChangeKind.PAYMENT_SETTLED, payment=payment, **fields)
    return decode(CaseChanged, encode(change), DECIDED_BY)


def test_the_team_must_hear_of_it_and_the_clerk_who_works_on_the_case_does_and_no_customer() -> (
    None
):
    found = decided(settled(is_paid=False), a_told("p1"), standing=WITH_CLERK)
    assert told(found) == [
        ("payment_failed", "team:claims", None),
        ("payment_failed", "clerk:clerk-201", None),
    ]
    assert [one.mandatory for one in found] == [True, False]


def test_that_a_payment_went_through_alarms_nobody() -> None:
    assert decided(settled(is_paid=True), a_told("p1"), standing=WITH_CLERK) == []


def test_of_a_merged_case_it_is_told_too_though_all_else_is_told_through_the_head() -> None:
    found = decided(settled(is_paid=False, merged_into="CHEAD"), standing=WITH_CLERK)
    assert [withheld for _, _, withheld in told(found)] == [None, None]


def test_only_what_the_payer_says_can_have_failed(tmp_path: Any) -> None:
    wrong = "noted: [{rule: noted_team, tell: assigned, whom: team, if_failed: true}]"
    (tmp_path / "policy.yaml").write_text(SHIPPED.read_text().replace("noted: []", wrong))
    with pytest.raises(SettingsError, match="noted is not what the payer says"):
        load_policy(tmp_path / "policy.yaml")
