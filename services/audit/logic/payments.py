"""Check P: money is paid once, and only what a second person or the policy let pass.

By the events alone: a payment id is requested at most once; what is requested was approved just
so, and that was proposed so; a payment beside another one of the case, or of a case merged into it,
says that it adds to one that there is; a decision that names who approves it was approved by a
command of somebody else than its proposer; who approves it may approve the sum that the matter
comes to with it, and what is paid again after a payment failed; that one failed is not its
proposer's word; and what the payer says is of a payment that was requested, of its amount, and
that it was paid is said once. The rules of approval are read here with code of their own.
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
    requested: dict[Any, Body] = field(default_factory=dict)
    """By payment: as it was requested."""
    paid: set[Any] = field(default_factory=set)
    """Payments of which the payer said that they were paid."""
    merged: dict[Any, dict[Any, int]] = field(default_factory=dict)
    """By case merged into this one: its standing payments."""
    of_others: set[Any] = field(default_factory=set)
    """Payments of cases that ever were."""
    repeats: set[Any] = field(default_factory=set)
    """Decisions proposed while a payment stood as failed."""
    failed: set[Any] = field(default_factory=set)
    """Payments of which the payer said that they failed, and not since that they were paid."""
    proposed: dict[Any, Any] = field(default_factory=dict)
    """By decision: the amount that was proposed."""

    def total(self) -> int:
        """What the matter comes to."""
        others = sum(sum(one.values()) for one in self.merged.values())
        return others + sum(self.standing.values())

    def follow_merge(self, kind: object, link: Body) -> None:
        """Take in what a case that is merged into this one was paid."""
        case = link.get("case")
        if kind == "unmerged":
            self.merged.pop(link.get("child"), None)
        elif isinstance(case, dict) and kind in ("merged", "merged_case_changed"):
            payments = case.get("payments") or ()
            paid = {one.get("payment_id"): one.get("minor", 0) for one in payments}
            self.merged[link.get("child")] = paid
            self.of_others.update(paid)


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
            if isinstance(link := event.body.get("merge"), dict):
                purse.follow_merge(event.body.get("kind"), link)
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
                purse.proposed[decision] = money.get("amount")
                if purse.failed:
                    purse.repeats.add(decision)
            case "compensation_approved":
                purse.approved[decision] = money
                self._approval(offender, event.body, money)
                if purse.proposed.get(decision, money.get("amount")) != money.get("amount"):
                    self._found.found(Defect.ILLEGAL_MOVE, offender, "not what was proposed")
            case "payment_requested":
                self._found.examined += 1
                self._request(offender, money, purse)
            case "payment_settled":
                payment = event.body.get("payment")
                if isinstance(payment, dict):
                    self._answer(offender, payment, money, purse)
                if isinstance(payment, dict) and payment.get("is_paid") is False:
                    purse.standing.pop(payment.get("payment_id"), None)
                    purse.failed.add(payment.get("payment_id"))
                    self._failure(offender, event.body, money)

    def _approval(self, offender: str, body: Body, money: Body) -> None:
        needs_another = money.get("approval") is not None
        if needs_another and body.get("actor") in (money.get("proposed_by"), "system"):
            self._found.found(Defect.ILLEGAL_MOVE, offender, "nobody else approved it")

    def _answer(self, offender: str, payment: Body, money: Body, purse: _Purse) -> None:
        """Compare what the payer says with what he was asked for."""
        payment_id = payment.get("payment_id")
        asked = purse.requested.get(payment_id)
        if asked is None or asked.get("amount") != money.get("amount"):
            self._found.found(Defect.ILLEGAL_MOVE, offender, "not what was requested")
        if payment.get("is_paid") is not True or asked is None:
            return
        if payment_id in purse.paid:
            self._found.found(Defect.DOUBLED, offender, "paid for the second time")
        purse.paid.add(payment_id)
        purse.failed.discard(payment_id)
        if payment_id not in purse.standing:
            made = {one: purse.requested[one].get("decision") for one in purse.standing}
            again = [one for one, decision in made.items() if decision in purse.repeats]
            if again:
                self._found.found(Defect.DOUBLED, offender, f"paid after all, and {again[0]} too")
            purse.standing[payment_id] = _minor(asked.get("amount"))

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
        added_to, is_first = money.get("supplements"), not purse.total()
        if not is_first and added_to is None and not is_unnamed:
            self._found.found(Defect.DOUBLED, offender, "paid before, and it adds to no payment")
        if added_to is not None and added_to not in (purse.requested.keys() | purse.of_others):
            self._found.found(Defect.ILLEGAL_MOVE, offender, "it adds to a payment that is none")
        purse.standing[money.get("payment_id")] = _minor(money.get("amount"))
        purse.requested[money.get("payment_id")] = money
        self._sum(offender, money, purse, level)

    def _sum(self, offender: str, money: Body, purse: _Purse, level: int) -> None:
        """Ask whether what the matter comes to now was approved by who may."""
        total = purse.total()
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
