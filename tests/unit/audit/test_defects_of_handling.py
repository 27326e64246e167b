"""Checks F and P name what was planted: a command between cases that was lost, money paid twice."""

import json
from dataclasses import replace
from typing import Any

import pytest

from services.audit.logic.findings import Defect
from services.audit.logic.history import Entry, Event, History, Sent, read_entry
from services.audit.logic.moves import MovesCheck
from services.audit.logic.payments import PaymentsCheck
from services.domain.approval import load_approval
from services.domain.teams import load_teams
from tests.unit.audit.histories import COMMANDS, World

MONEY = {"decision": 1, "amount": {"minor": 5, "currency": "CNY"}, "proposed_by": "clerk:1"}


def an_event(seq: int, kind: str, actor: str = "system", **money: Any) -> Event:
    body = {"kind": kind, "actor": actor, "compensation": MONEY | money}
    return Event(1, seq, "s", json.dumps(body).encode(), body)


def found(*events: Event) -> list[tuple[Defect, str]]:
    check = PaymentsCheck(load_approval(), load_teams())
    check.case(History("t|C1", [Entry(1, ("s",), events, ())], None))
    return [(one.defect, one.id) for one in check.findings().listed]


APPROVED = an_event(1, "compensation_approved")
REQUESTED = an_event(2, "payment_requested", payment_id="pay-1")


def test_money_that_was_approved_and_requested_once_is_in_order() -> None:
    assert found(APPROVED, REQUESTED) == []


def test_a_payment_requested_twice_is_doubled() -> None:
    assert (Defect.DOUBLED, "t|C1#3") in found(APPROVED, REQUESTED, replace(REQUESTED, seq=3))


def test_another_amount_than_was_approved_is_named() -> None:
    more = an_event(2, "payment_requested", amount={"minor": 6, "currency": "CNY"})
    assert found(APPROVED, more) == [(Defect.ILLEGAL_MOVE, "t|C1#2")]
    assert found(more) == [(Defect.ILLEGAL_MOVE, "t|C1#2")]


@pytest.mark.parametrize("actor", ["clerk:1", "system"])
def test_what_needs_a_second_person_was_approved_by_one(actor: str) -> None:
    alone = an_event(1, "compensation_approved", actor, approval="senior-desk")
    assert found(alone) == [(Defect.ILLEGAL_MOVE, "t|C1#1")]
    assert found(an_event(1, "compensation_approved", "clerk:2", approval="senior-desk")) == []


def a_payment(decision: int, seq: int, kind: str = "payment_requested", **money: Any) -> Event:
    """One of 200 yuan, the limit of one clerk, under the rules in force."""
    amount = {"minor": 20_000, "currency": "CNY"}
    policy = load_approval().version
    facts = {"decision": decision, "amount": amount, "policy": policy, **money}
    return an_event(seq, kind, **facts)


def paid(decision: int, seq: int, **money: Any) -> tuple[Event, Event, Event]:
    """A decision from its proposal to its payment; ``seq`` is its first number."""
    who = "clerk:2" if money.get("approval") else "system"
    steps = ("proposed", "approved", "requested")
    proposed, approved, requested = (
        {**money, "step": step, "payment_id": f"pay-{decision}" if step == "requested" else None}
        for step in steps
    )
    accepted = a_payment(decision, seq + 1, "compensation_approved", **approved)
    return (
        a_payment(decision, seq, "compensation_proposed", **proposed),
        replace(accepted, body={**accepted.body, "actor": who}),
        a_payment(decision, seq + 2, **requested),
    )


def yuan(amount: int) -> dict[str, Any]:
    return {"minor": amount * 100, "currency": "CNY"}


def failed(decision: int, seq: int) -> Event:
    event = a_payment(decision, seq, "payment_settled", step="payment_failed")
    answer = {"payment_id": f"pay-{decision}", "is_paid": False}
    return replace(event, body={**event.body, "payment": answer})


SECOND: dict[str, Any] = {"supplements": "pay-1", "approval": "senior-desk", "total": yuan(400)}


def test_a_supplement_that_was_approved_by_the_sum_is_in_order() -> None:
    assert found(*paid(1, 1, total=yuan(200)), *paid(2, 4, **SECOND)) == []


def test_two_plain_payments_of_one_case_are_doubled() -> None:
    plain = {**SECOND, "supplements": None}
    first = paid(1, 1, total=yuan(200))
    assert found(*first, *paid(2, 4, **plain)) == [(Defect.DOUBLED, "t|C1#6")]
    repeated = paid(2, 5, total=yuan(200), approval="senior-desk")
    assert found(*first, failed(1, 4), *repeated) == []
    alone = paid(2, 5, total=yuan(200))
    assert found(*first, failed(1, 4), *alone) == [(Defect.ILLEGAL_MOVE, "t|C1#7")]


@pytest.mark.parametrize("approval", [None, "front-desk"])
def test_a_sum_that_nobody_approved_who_may_is_named(approval: str | None) -> None:
    alone = {**SECOND, "approval": approval}
    both = (*paid(1, 1, total=yuan(200)), *paid(2, 4, **alone))
    assert found(*both) == [(Defect.ILLEGAL_MOVE, "t|C1#6")]


def test_more_than_the_sum_that_was_approved_is_named_whatever_the_rules_were() -> None:
    small = {**SECOND, "total": yuan(200), "policy": "approval-2020.1"}
    both = (*paid(1, 1, total=yuan(200)), *paid(2, 4, **small))
    assert found(*both) == [(Defect.ILLEGAL_MOVE, "t|C1#6")]


def test_the_level_of_the_case_at_the_proposal_counts() -> None:
    grave = replace(paid(1, 2)[0], seq=1, body={"kind": "level_raised", "level": 3})
    assert found(grave, *paid(1, 2, total=yuan(200))) == [(Defect.ILLEGAL_MOVE, "t|C1#4")]
    senior = paid(1, 2, total=yuan(200), approval="senior-desk")
    assert found(grave, *senior, replace(grave, seq=5, body={**grave.body, "level": 4})) == []


def test_the_log_of_an_older_version_says_by_its_order_what_was_a_supplement() -> None:
    """Only what came while the decision before was on its way could be one."""
    first, second = paid(1, 1), paid(2, 4, approval="senior-desk")
    assert found(*first, *second) == []
    refused = a_payment(2, 4, "compensation_refused", step="refused")
    third = paid(3, 5, approval="senior-desk")
    assert found(*first, refused, *third) == [(Defect.DOUBLED, "t|C1#7")]
    assert found(*first, *paid(2, 4)) == [(Defect.ILLEGAL_MOVE, "t|C1#6")]


def test_a_command_to_another_case_that_stands_in_the_log_only_is_named(
    world: World, case: str
) -> None:
    log = world.entries[case]
    log[1] = replace(log[1], sent=(Sent("default|A1", "open-A1"),))
    assert world.defects() == [("F", Defect.NOT_PRODUCED, "default|A1 command open-A1")]
    body = {"tenant": "default", "case_id": "A1", "command_id": "open-A1"}
    world.put(COMMANDS, "default|A1", json.dumps(body).encode())
    world.read_up_to(COMMANDS, 0)
    assert world.defects() == []


def test_an_entry_is_read_with_what_it_sent() -> None:
    sent = {"case_key": "t|A1", "value": b'{"command_id": "open-A1"}'}
    entry = read_entry({"n": 1, "marks": ["s"], "events": [], "settlements": [], "sent": [sent]})
    assert entry.sent == (Sent("t|A1", "open-A1"),)


def levels(*events: tuple[str, str, int]) -> list[tuple[Defect, str]]:
    """What check G says of levels; where else a case may move is not asked here."""
    check = MovesCheck()
    history = [
        Event(1, seq, "s", b"{}", {"kind": kind, "actor": actor, "level": level, "status": "x"})
        for seq, (kind, actor, level) in enumerate(events, 1)
    ]
    check.case(History("t|C1", [Entry(1, ("s",), tuple(history), ())], None))
    return [(one.defect, one.id) for one in check.findings().listed if one.defect is Defect.LOWERED]


def test_a_level_falls_by_a_persons_correction_and_by_nothing_else() -> None:
    opened = ("opened", "customer", 3)
    assert levels(opened, ("corrected", "clerk:clerk-801", 1), ("level_raised", "system", 2)) == []
    for fallen in (
        ("corrected", "system", 1),
        ("level_raised", "system", 2),
        ("noted", "clerk:1", 2),
    ):
        assert levels(opened, fallen) == [(Defect.LOWERED, "t|C1#2")]
