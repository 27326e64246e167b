"""A till at the desk: who pays how much, what the payer answers, and what the audit says of it."""

from collections.abc import Sequence
from typing import Any, Final

from schemas.cases import CaseChanged, CommandSettled
from schemas.codec import encode
from schemas.vocabulary import CommandKind
from services.audit.logic.history import Entry, Event, History, opened
from services.audit.logic.payments import PaymentsCheck
from services.cases.payer import payment_id_of
from services.domain.approval import load_approval
from services.domain.teams import load_teams
from tests.unit.cases.desk import CASE, FIRST, KEY, Desk

OWN: Final = "clerk:clerk-101"
SENIOR: Final = "clerk:clerk-801"
FORCE: Final = "clerk:clerk-901"


def a_desk() -> Desk:
    """Return a desk with one acknowledged case."""
    desk = Desk()
    desk.take(FIRST)
    desk.act(CommandKind.ACKNOWLEDGE)
    return desk


def order(minor: int, **more: Any) -> dict[str, Any]:
    money = {"minor": minor, "currency": more.pop("currency", "CNY")}
    return {"amount": money, "branch": "uninsured", "guidance": "g-1", **more}


def payment(decision: int) -> str:
    """Return the payment's id of a decision."""
    return payment_id_of("default", CASE, decision)


def pay(desk: Desk, minor: int, adds_to: int | None = None, actor: str = OWN) -> CommandSettled:
    """Order a compensation; ``adds_to`` is the decision whose payment it supplements."""
    more = {} if adds_to is None else {"supplements": payment(adds_to)}
    return desk.act(CommandKind.COMPENSATE, actor=actor, compensation=order(minor, **more))


def approve(desk: Desk, decision: int, actor: str) -> CommandSettled:
    return desk.act(CommandKind.APPROVE_COMPENSATION, actor=actor, decision=decision)


def take_back(desk: Desk, decision: int, actor: str = OWN) -> CommandSettled:
    kind = CommandKind.REFUSE_COMPENSATION
    return desk.act(kind, actor=actor, decision=decision, note="a slip")


def settle(
    desk: Desk, decision: int, is_paid: bool = True, actor: str = "system"
) -> CommandSettled:
    """Let the payer answer, or ``actor`` say what came of it."""
    result = {"payment_id": payment(decision), "is_paid": is_paid}
    return desk.act(CommandKind.SETTLE_PAYMENT, actor=actor, payment=result)


def requested(desk: Desk) -> list[str | None]:
    """Return the payments that were requested, in order."""
    return [
        change.compensation.payment_id
        for change in desk.history()
        if change.kind == "payment_requested" and change.compensation
    ]


def audited(desk: Desk, changes: Sequence[CaseChanged] | None = None) -> list[str]:
    """Return what check P finds in the case's log, or in ``changes`` in its place."""
    values = [(one.seq, encode(one)) for one in changes or desk.history()]
    events = tuple(Event(1, seq, "s", value, opened(value) or {}) for seq, value in values)
    check = PaymentsCheck(load_approval(), load_teams())
    check.case(History(KEY, [Entry(1, ("s",), events, ())], None))
    return [one.detail for one in check.findings().listed]
