"""Check P: money is paid once, and only what a second person or the policy let pass.

By the events alone: a payment id is requested at most once; what is requested was approved
just so; and a decision that names who approves it was approved by a command of somebody else
than its proposer.
"""

from typing import Any

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import Body, History


class PaymentsCheck:
    """Feed each case once."""

    def __init__(self) -> None:
        self._found = Findings("P", "each compensation is approved and paid once")

    def case(self, history: History) -> None:
        """The log of one case."""
        approved: dict[Any, Body] = {}
        requested: set[Any] = set()
        for event in history.events:
            kind, money = event.body.get("kind"), event.body.get("compensation")
            if not isinstance(money, dict):
                continue
            offender = f"{history.case_key}#{event.seq}"
            if kind == "compensation_approved":
                approved[money.get("decision")] = money
                self._approval(offender, event.body, money)
            elif kind == "payment_requested":
                self._found.examined += 1
                self._request(offender, money, approved)
                for mark in ("payment_id", "decision"):
                    name = (mark, money.get(mark))
                    if name in requested:
                        self._found.found(Defect.DOUBLED, offender, f"{mark} for the second time")
                    requested.add(name)

    def findings(self) -> Findings:
        """Say what is wrong."""
        return self._found

    def _approval(self, offender: str, body: Body, money: Body) -> None:
        needs_another = money.get("approval") is not None
        if needs_another and body.get("actor") in (money.get("proposed_by"), "system"):
            self._found.found(Defect.ILLEGAL_MOVE, offender, "nobody else approved it")

    def _request(self, offender: str, money: Body, approved: dict[Any, Body]) -> None:
        before = approved.get(money.get("decision"))
        if before is None or before.get("amount") != money.get("amount"):
            self._found.found(Defect.ILLEGAL_MOVE, offender, "not what was approved")
