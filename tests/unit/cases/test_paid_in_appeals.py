"""An appeal is about the damage of the first case: what that was paid is not paid again."""

from typing import Any

import pytest
from pydantic_core import from_json

from schemas.added import ContactAdded
from schemas.cases import CaseChanged, CommandSettled
from schemas.codec import encode
from schemas.vocabulary import ChangeKind, Channel, Refusal
from services.audit.logic.history import Entry, Event, History
from services.audit.logic.payments import PaymentsCheck
from services.cases import appeals
from services.cases.payer import payment_id_of
from services.console.record_view import adds_to
from services.domain.approval import load_approval
from services.domain.compensation.payments import standing_sum
from services.domain.teams import load_teams
from tests.support.builders import NOON, TENANT
from tests.unit.cases.district import District
from tests.unit.cases.till import FORCE, OWN, SENIOR, order


@pytest.fixture
def district() -> District:
    return District()


@pytest.fixture
def case(district: District) -> str:
    """A case in which a clerk is at work."""
    name = district.open("first", 0, waybill="SF1")
    district.act(name, "acknowledge")
    return name


def appealed(district: District, case: str, actor: str = "customer") -> str:
    """Answer, let somebody not accept the answer, and take the appeal up; return its id."""
    district.act(case, "resolve", note="It was found.")
    contact = district.history(case)[0].contact
    assert isinstance(contact, ContactAdded)
    district.act(case, "appeal", actor=actor, note="It is too little.", contact=contact)
    district.deliver()
    appeal = district.case(case).appealed_by
    assert appeal is not None
    district.act(appeal, "acknowledge")
    return appeal


def pay(district: District, case: str, minor: int, **more: Any) -> CommandSettled:
    return district.act(case, "compensate", actor=OWN, compensation=order(minor, **more))


def approve(district: District, case: str, who: str = SENIOR) -> CommandSettled:
    money = district.case(case).compensation
    assert money is not None
    return district.act(case, "approve_compensation", actor=who, decision=money.decision)


def settle(district: District, case: str, is_paid: bool) -> None:
    result = {"payment_id": paid_by(case), "is_paid": is_paid}
    assert district.act(case, "settle_payment", actor="system", payment=result).refusal is None
    district.deliver()


def forwarded(district: District, case: str) -> None:
    """The regulator forwards the matter, which takes the first case up again."""
    district.contact(case, "forwarded", NOON, channel=Channel.REGULATOR)
    district.deliver()


def paid_by(case: str, decision: int = 1) -> str:
    return payment_id_of(TENANT, case, decision)


def audited(*logs: tuple[str, list[CaseChanged]]) -> list[str]:
    """Return what check P finds in the logs of some cases."""
    check = PaymentsCheck(load_approval(), load_teams())
    for case, changes in logs:
        values = [(one.seq, encode(one)) for one in changes]
        events = [Event(1, seq, "s", value, from_json(value)) for seq, value in values]
        check.case(History(f"{TENANT}|{case}", [Entry(1, ("s",), tuple(events), ())], None))
    return [one.detail for one in check.findings().listed]


def found(district: District, *cases: str) -> list[str]:
    return audited(*((case, district.history(case)) for case in cases))


def test_what_the_first_case_was_paid_is_not_paid_again_by_its_appeal(
    district: District, case: str
) -> None:
    pay(district, case, 20_000)
    appeal = appealed(district, case)
    again = pay(district, appeal, 20_000)
    assert (again.refusal, again.explanation) == (
        Refusal.ALREADY_DECIDED,
        f"payment {paid_by(case)} was approved; one that adds to it names it in supplements",
    )
    assert adds_to(district.case(appeal)) == paid_by(case)
    assert found(district, case, appeal) == []


def test_what_an_appeal_adds_is_approved_by_the_sum_of_both(district: District, case: str) -> None:
    pay(district, case, 20_000)
    appeal = appealed(district, case)
    assert pay(district, appeal, 90_000, supplements=paid_by(case)).refusal is None
    money = district.case(appeal).compensation
    assert money is not None
    assert money.total is not None
    assert (money.approval, money.total.minor) == ("task-force", 110_000)
    assert approve(district, appeal).refusal is Refusal.NOT_PERMITTED
    assert approve(district, appeal, FORCE).refusal is None
    assert found(district, case, appeal) == []


def test_a_payment_that_failed_meanwhile_is_made_by_the_appeal(
    district: District, case: str
) -> None:
    pay(district, case, 20_000)
    appeal = appealed(district, case)
    settle(district, case, is_paid=False)
    assert standing_sum(district.case(appeal)) == 0
    assert pay(district, appeal, 20_000).refusal is None
    assert approve(district, appeal).refusal is None
    assert found(district, case, appeal) == []
    settle(district, case, is_paid=True)
    assert found(district, case, appeal) == [f"paid after all, and {paid_by(appeal)} too"]


def test_a_proposal_of_the_appeal_waits_in_vain_once_the_first_payment_went_through(
    district: District, case: str
) -> None:
    pay(district, case, 20_000)
    appeal = appealed(district, case)
    settle(district, case, is_paid=False)
    pay(district, appeal, 20_000)
    settle(district, case, is_paid=True)
    assert approve(district, appeal).refusal is Refusal.NOT_ALLOWED_NOW
    assert district.case(appeal).payments is None


def test_once_there_is_an_appeal_the_first_case_pays_nothing_more(
    district: District, case: str
) -> None:
    pay(district, case, 50_000)
    appeal = appealed(district, case)
    forwarded(district, case)
    assert district.case(case).status == "reopened"
    for refused in (approve(district, case), pay(district, case, 1)):
        assert refused.refusal is Refusal.NOT_ALLOWED_NOW
        assert appeal in (refused.explanation or "")
    no = district.act(case, "refuse_compensation", actor=SENIOR, decision=1, note="in the appeal")
    assert no.refusal is None
    assert pay(district, appeal, 50_000).refusal is None


def test_a_matter_has_one_appeal_with_us(district: District, case: str) -> None:
    appeal = appealed(district, case)
    forwarded(district, case)
    district.act(case, "resolve", note="It stays so.")
    contact = district.history(case)[0].contact
    second = district.act(case, "appeal", actor="customer", note="no", contact=contact)
    assert second.refusal is Refusal.NOT_ALLOWED_NOW
    assert appeal in (second.explanation or "")


def test_a_case_that_an_appeal_is_about_is_merged_with_none(district: District, case: str) -> None:
    other = district.open("second", 5, waybill="SF2")
    appealed(district, case)
    forwarded(district, case)
    assert district.merge(case, other).refusal is Refusal.NOT_ALLOWED_NOW
    earlier = district.open("before", -5, waybill="SF3")
    district.merge(earlier, case)
    assert district.case(case).merged_into is None


def test_who_appeals_against_an_appeal_knows_of_the_payments_of_both(
    district: District, case: str
) -> None:
    pay(district, case, 20_000)
    first = appealed(district, case)
    pay(district, first, 500, supplements=paid_by(case))
    approve(district, first)
    second = appealed(district, first, actor="authority:12305")
    assert standing_sum(district.case(second)) == 20_500
    settle(district, case, is_paid=False)
    assert standing_sum(district.case(second)) == 500
    assert found(district, case, first, second) == []


def test_what_merged_cases_were_paid_the_appeal_against_their_head_knows(
    district: District, case: str
) -> None:
    child = district.open("second", 5, waybill="SF2")
    district.act(child, "acknowledge")
    pay(district, child, 300)
    district.merge(case, child)
    appeal = appealed(district, case)
    assert standing_sum(district.case(appeal)) == 300
    settle(district, child, is_paid=False)
    assert standing_sum(district.case(appeal)) == 0


def test_only_the_first_case_itself_says_what_it_was_paid(district: District, case: str) -> None:
    pay(district, case, 20_000)
    appeal = appealed(district, case)
    about = district.history(appeal)[0].appeal
    assert about is not None
    nothing = about.model_copy(update={"payments": None})
    for said in ({"actor": OWN, "appeal": nothing}, {"actor": "system"}):
        district.act(appeal, "note", note="Nothing was paid.", **said)
        assert standing_sum(district.case(appeal)) == 20_000


def test_the_audit_finds_an_appeal_that_paid_without_knowing(
    district: District, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appeals, "to_appeal", lambda state: None)
    pay(district, case, 20_000)
    appeal = appealed(district, case)
    pay(district, appeal, 20_000)
    approve(district, appeal)
    doubled = [f"the case appealed against paid {paid_by(case)}"]
    assert found(district, case, appeal) == found(district, appeal, case) == doubled


def test_the_audit_finds_an_appeal_that_paid_again_though_it_knew(
    district: District, case: str
) -> None:
    pay(district, case, 20_000)
    appeal = appealed(district, case)
    pay(district, appeal, 500, supplements=paid_by(case))
    approve(district, appeal)
    plain = [without_supplements(one) for one in district.history(appeal)]
    assert audited((appeal, plain)) == ["paid before, and it adds to no payment"]


def test_the_audit_finds_what_a_case_paid_that_an_appeal_is_about(
    district: District, case: str
) -> None:
    pay(district, case, 500)
    appeal = appealed(district, case)
    log = district.history(case)
    early = sorted(log, key=lambda one: one.kind is not ChangeKind.APPEALED)
    assert audited((case, early)) == [f"{appeal} decides about money"]


def without_supplements(change: CaseChanged) -> CaseChanged:
    money = change.compensation
    if money is None:
        return change
    plain = money.model_copy(update={"supplements": None})
    return change.model_copy(update={"compensation": plain})
