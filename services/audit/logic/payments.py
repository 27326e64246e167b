"""Check P: money is paid once, and only what a second person or the policy let pass.

By the events alone: a payment id is requested at most once; what is requested was approved
just so; a payment beside another one says that it adds to it; a decision that names who approves
it was approved by a command of somebody else than its proposer; who approves it may approve the
sum that the case comes to with it, and what is paid again after a payment failed; and that one
failed is not its proposer's word. The rules of approval are read here with code of their own.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import Body, Event, History
from services.domain.approval import Approval
from services.domain.teams import Teams

_ON_ITS_WAY: Final = frozenset({"approved", "requested", "paid"})


@dataclass(slots=True)
class _Purse:
    """The money of one case, counted from its events."""

    level: int = 1
    newest: Body = field(default_factory=dict)
    """The decision that spoke last."""
    asked: dict[Any, tuple[int, bool]] = field(default_factory=dict)
    """By decision: the level at its proposal; and whether an older version, which did not name
    supplements, proposed it while the decision before was on its way: then it is one."""
    approved: dict[Any, Body] = field(default_factory=dict)
    marks: set[tuple[str, Any]] = field(default_factory=set)
    standing: dict[Any, int] = field(default_factory=dict)
    """What each payment is of, in the smallest unit; failed ones are taken out."""
    repeats: set[Any] = field(default_factory=set)
    """Decisions proposed after a payment had failed."""
    has_failed: bool = False


class PaymentsCheck:
    """Feed each case once."""

    def __init__(self, rules: Approval, teams: Teams) -> None:
        """Decisions under another version of ``rules`` are held to the sum they name instead."""
        self._found = Findings("P", "each compensation is approved and paid once")
        self._rules = rules
        self._teams = teams

    def case(self, history: History) -> None:
        """The log of one case."""
        purse = _Purse()
        for event in history.events:
            level, money = event.body.get("level"), event.body.get("compensation")
            if isinstance(level, int):
                purse.level = level
            if isinstance(money, dict):
                self._take(f"{history.case_key}#{event.seq}", event, money, purse)
                purse.newest = money

    def findings(self) -> Findings:
        """Say what is wrong."""
        return self._found

    def _take(self, offender: str, event: Event, money: Body, purse: _Purse) -> None:
        decision = money.get("decision")
        match event.body.get("kind"):
            case "compensation_proposed":
                is_unnamed = _is_older(money) and purse.newest.get("step") in _ON_ITS_WAY
                purse.asked[decision] = (purse.level, is_unnamed)
                if purse.has_failed:
                    purse.repeats.add(decision)
            case "compensation_approved":
                purse.approved[decision] = money
                self._approval(offender, event.body, money)
            case "payment_requested":
                self._found.examined += 1
                self._request(offender, money, purse)
            case "payment_settled":
                payment = event.body.get("payment")
                if isinstance(payment, dict) and payment.get("is_paid") is False:
                    purse.standing.pop(payment.get("payment_id"), None)
                    purse.has_failed = True
                    self._failure(offender, event.body, money)

    def _approval(self, offender: str, body: Body, money: Body) -> None:
        needs_another = money.get("approval") is not None
        if needs_another and body.get("actor") in (money.get("proposed_by"), "system"):
            self._found.found(Defect.ILLEGAL_MOVE, offender, "nobody else approved it")

    def _failure(self, offender: str, body: Body, money: Body) -> None:
        is_own = body.get("actor") == money.get("proposed_by")
        if is_own and money.get("policy") == self._rules.version:
            self._found.found(Defect.ILLEGAL_MOVE, offender, "its proposer says that it failed")

    def _request(self, offender: str, money: Body, purse: _Purse) -> None:
        before = purse.approved.get(money.get("decision"))
        if before is None or before.get("amount") != money.get("amount"):
            self._found.found(Defect.ILLEGAL_MOVE, offender, "not what was approved")
        for mark in ("payment_id", "decision"):
            name = (mark, money.get(mark))
            if name in purse.marks:
                self._found.found(Defect.DOUBLED, offender, f"{mark} for the second time")
            purse.marks.add(name)
        level, is_unnamed = purse.asked.get(money.get("decision"), (purse.level, False))
        if purse.standing and money.get("supplements") is None and not is_unnamed:
            self._found.found(Defect.DOUBLED, offender, "paid before, and it adds to no payment")
        purse.standing[money.get("payment_id")] = _minor(money.get("amount"))
        self._sum(offender, money, purse, level)

    def _sum(self, offender: str, money: Body, purse: _Purse, level: int) -> None:
        """Ask whether what the case comes to now was approved by who may."""
        total = sum(purse.standing.values())
        if not _is_older(money) and total > _minor(money.get("total")):
            self._found.found(Defect.ILLEGAL_MOVE, offender, "more than the sum that was approved")
        elif money.get("policy") == self._rules.version:
            approval, needed = money.get("approval"), self._needed(total, level)
            if self._rules.repeats is not None and money.get("decision") in purse.repeats:
                needed.add(self._rules.repeats)
            if any(not self._suffices(approval, team) for team in needed):
                self._found.found(Defect.ILLEGAL_MOVE, offender, "who approved it may not, by sum")

    def _needed(self, total: int, level: int) -> set[str]:
        lines = [one for one in self._rules.amounts if one.up_to is None or one.up_to >= total]
        ranks = [team for least, team in sorted(self._rules.levels.items()) if least <= level]
        return {team for team in (lines[0].team, *ranks[-1:]) if team is not None}

    def _suffices(self, approval: object, team: str) -> bool:
        """A team that is no more was judged when it was."""
        if not isinstance(approval, str):
            return False
        return approval not in self._teams.teams or self._teams.is_at_or_above(approval, team)


def _is_older(money: Body) -> bool:
    """Return whether a version decided that named neither sum nor supplement."""
    return "total" not in money


def _minor(amount: object) -> int:
    minor = amount.get("minor") if isinstance(amount, dict) else None
    return minor if isinstance(minor, int) else 0
