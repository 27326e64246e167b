"""Check P: that the payer does not answer is told once, in time, and of what he owes an answer."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.audit.logic.findings import Defect
from services.audit.logic.history import Entry, Event, History
from services.audit.logic.payments import PaymentsCheck
from services.domain.approval import load_approval
from services.domain.teams import load_teams
from tests.support.builders import at
from tests.unit.audit.test_defects_of_handling import a_payment, paid, yuan
from tests.unit.audit.test_wrong_money import answered

DUE = at(hours=70)
FIRST = paid(1, 1, total=yuan(200), answer_by=DUE.isoformat())
LATER = DUE + timedelta(days=1)


def unanswered(seq: int, hours: float = 70) -> Event:
    event = a_payment(1, seq, "payment_unanswered", step="requested", payment_id="pay-1")
    return replace(event, body={**event.body, "at": at(hours=hours).isoformat()})


def found(*events: Event, **looked: Any) -> list[tuple[Defect, str]]:
    check = PaymentsCheck(load_approval(), load_teams(), **looked)
    check.case(History("t|C1", [Entry(1, ("s",), events, ())], None))
    return [(one.defect, one.id) for one in check.findings().listed]


def test_what_was_told_once_and_answered_then_is_in_order() -> None:
    assert found(*FIRST, unanswered(4), answered(1, 5), looked=LATER) == []


def test_told_again_it_is_doubled() -> None:
    assert found(*FIRST, unanswered(4), unanswered(5)) == [(Defect.DOUBLED, "t|C1#5")]


def test_told_of_what_is_not_owed_or_before_its_time_it_is_named() -> None:
    assert found(*FIRST, answered(1, 4), unanswered(5)) == [(Defect.ILLEGAL_MOVE, "t|C1#5")]
    assert found(*FIRST, unanswered(4, hours=69)) == [(Defect.EARLY, "t|C1#4")]


def test_what_a_look_should_have_told_and_did_not_is_named() -> None:
    silent = [(Defect.UNESCALATED, "t|C1#3")]
    assert found(*FIRST, looked=LATER) == silent
    assert found(*FIRST, looked=DUE) == []
    assert found(*FIRST) == []
    assert found(*FIRST, answered(1, 4), looked=LATER) == []
