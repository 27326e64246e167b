"""That the payer does not answer is told to who works on the case, and to no customer."""

from typing import Any

from schemas.cases import CaseChanged
from schemas.codec import decode, encode
from schemas.vocabulary import ChangeKind
from services.domain.notice_store import Standing
from services.notification.logic import DECIDED_BY
from tests.unit.notification.test_logic import a_change, a_told, decided, told

WITH_CLERK = Standing(2, "claims", "clerk-201")


def unanswered(**fields: Any) -> CaseChanged:
    change = a_change(ChangeKind.PAYMENT_UNANSWERED, **fields)
    return decode(CaseChanged, encode(change), DECIDED_BY)


def test_the_team_must_hear_of_it_and_the_clerk_does_and_no_customer() -> None:
    found = decided(unanswered(), a_told("p1"), standing=WITH_CLERK)
    assert told(found) == [
        ("payment_unanswered", "team:claims", None),
        ("payment_unanswered", "clerk:clerk-201", None),
    ]
    assert [one.mandatory for one in found] == [True, False]


def test_of_a_merged_case_its_own_team_is_told() -> None:
    found = decided(unanswered(merged_into="CHEAD"), standing=WITH_CLERK)
    assert [withheld for _, _, withheld in told(found)] == [None, None]
