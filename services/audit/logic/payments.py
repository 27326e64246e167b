"""Check P: money is paid once, and only what a second person or the policy let pass.

By the events alone: a payment id is requested at most once; what is requested was approved just so,
and that was proposed so; a payment beside another one of the case, of a case merged into it or of
the case that it is an appeal against, says that it adds to one that there is; a case pays nothing
once there is an appeal against it, nor before the cases that came with a merged one said what they
were paid; a decision that names who approves it was approved by a command of somebody else than its
proposer; who approves it may approve the sum that the matter comes to with it, and what is paid
again after a payment failed; that one failed is not its proposer's word; what the payer says is of
a payment that was requested, of its amount, and that it was paid is said once, unless it came back;
and that he does not answer in time is told, once. The rules of approval are read here with code of
their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from services.audit.logic.answers import Answers
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
    """By decision: the level at its proposal, which may have risen since; and whether an older
    version, which did not name supplements, proposed it while the decision before was on its way:
    then it is one."""
    approved: dict[Any, Body] = field(default_factory=dict)
    marks: set[tuple[str, Any]] = field(default_factory=set)
    standing: dict[Any, int] = field(default_factory=dict)
    """What each payment is of, in the smallest unit; failed ones are taken out."""
    requested: dict[Any, Body] = field(default_factory=dict)
    """By payment: as it was requested."""
    paid: set[Any] = field(default_factory=set)
    """Payments of which the payer said that they were paid, and not since that they failed."""
    others: dict[Any, dict[Any, int]] = field(default_factory=dict)
    """By case merged into this one, or appealed against by it: its standing payments."""
    of_others: set[Any] = field(default_factory=set)
    """Payments of such cases that this one ever heard of."""
    failed_there: dict[Any, set[Any]] = field(default_factory=dict)
    """By such a case: its payments that failed."""
    awaited: set[Any] = field(default_factory=set)
    """Cases that came with a merged one and have not said yet what they were paid."""
    appeal: Any = None
    """The appeal against this case, once there is one."""
    about: Any = None
    """The case that this one is an appeal against."""
    plain: tuple[str, Any] | None = None
    """The newest payment that adds to none: where it was requested, and which it is."""
    repeats: set[Any] = field(default_factory=set)
    """Decisions proposed while a payment stood as failed."""
    failed: set[Any] = field(default_factory=set)
    """Payments of which the payer said that they failed, and not since that they were paid."""
    proposed: dict[Any, Any] = field(default_factory=dict)
    """By decision: the amount that was proposed."""
    answers: Answers = field(default_factory=Answers)

    def total(self) -> int:
        """What the matter comes to."""
        return sum(self.all_standing().values())

    def all_standing(self) -> dict[Any, int]:
        """The standing payments of the matter, as far as this case knows."""
        found = dict(self.standing)
        for one in self.others.values():
            found |= one
        return found

    def has_failed(self) -> bool:
        """Whether a payment of the matter stands as failed."""
        return bool(self.failed) or any(self.failed_there.values())

    def repeated(self) -> list[Any]:
        """The standing payments of this case that do again what had failed."""
        made = {one: self.requested[one].get("decision") for one in self.standing}
        return [one for one, decision in made.items() if decision in self.repeats]

    def follow_merge(self, kind: object, link: Body) -> set[Any]:
        """Take in what a case that is merged into this one was paid; return what went through
        after all."""
        case = link.get("case")
        if kind == "merged":
            brought = {one.get("case_id") for one in link.get("handed_on") or ()}
            self.awaited |= brought - self.others.keys() - {link.get("head")}
        if kind in ("merged", "merge_refused", "unmerged"):
            self.awaited.discard(link.get("child"))
        if kind == "unmerged":
            self.others.pop(link.get("child"), None)
            self.failed_there.pop(link.get("child"), None)
        elif isinstance(case, dict) and kind in ("merged", "merged_case_changed"):
            return self.hear(link.get("child"), case.get("payments") or ())
        return set()

    def hear(self, case: object, payments: Iterable[Body]) -> set[Any]:
        """Take in the payments of another case; return those that went through after all."""
        told = list(payments)
        failed = {one.get("payment_id") for one in told if one.get("has_failed")}
        stand = {one.get("payment_id"): one.get("minor", 0) for one in told}
        self.others[case] = {name: sum_ for name, sum_ in stand.items() if name not in failed}
        self.of_others.update(stand)
        before, self.failed_there[case] = self.failed_there.get(case, set()), failed
        return before & self.others[case].keys()


class PaymentsCheck:
    """Feed each case once."""

    def __init__(self, rules: Approval, teams: Teams, looked: datetime | None = None) -> None:
        """Decisions under another version of ``rules`` are held to the sum they name instead;
        ``looked``: when all cases were last asked whether something is due of them."""
        self._found = Findings("P", "each compensation is approved and paid once")
        self._rules = rules
        self._teams = teams
        self._looked = looked
        self._appealed: dict[str, _Purse] = {}
        self._appeals: dict[str, _Purse] = {}

    def case(self, history: History) -> None:
        """The log of one case."""
        purse = _Purse()
        for event in history.events:
            level, money = event.body.get("level"), event.body.get("compensation")
            if isinstance(level, int):
                purse.level = level
            offender = f"{history.case_key}#{event.seq}"
            self._hear(offender, event.body, purse)
            if isinstance(money, dict):
                self._take(offender, event, money, purse)
                purse.newest = money
                if wrong := purse.answers.follow(offender, event.body, money):
                    self._found.found(wrong[0], offender, wrong[1])
        for offender in purse.answers.missed(self._looked):
            self._found.found(Defect.UNESCALATED, offender, "the payer never answered")
        if purse.appeal is not None:
            self._appealed[history.case_key] = purse
        if purse.about is not None:
            self._appeals[history.case_key] = purse

    def findings(self) -> Findings:
        """Say what is wrong, after the last case."""
        for key, purse in self._appeals.items():
            about = self._appealed.get(f"{key.partition('|')[0]}|{purse.about}")
            if about is not None and purse.plain is not None:
                self._twice(purse, purse.plain, about)
        return self._found

    def _twice(self, purse: _Purse, plain: tuple[str, Any], about: _Purse) -> None:
        """Look for what an appeal paid as if the case that it is about had not been paid, of which
        it never heard. What that case paid stands in its log before the appeal does."""
        unheard = about.all_standing().keys() - purse.of_others
        if unheard and plain[1] in purse.standing:
            paid = min(map(str, unheard))
            self._found.found(Defect.DOUBLED, plain[0], f"the case appealed against paid {paid}")

    def _hear(self, offender: str, body: Body, purse: _Purse) -> None:
        """Take in what other cases of the matter were paid."""
        kind, after_all = body.get("kind"), set[Any]()
        if kind == "appealed":
            purse.appeal = body.get("appealed_by")
        if isinstance(link := body.get("merge"), dict):
            after_all = purse.follow_merge(kind, link)
        if isinstance(about := body.get("appeal"), dict):
            purse.about = about.get("case_id")
            after_all = purse.hear(purse.about, about.get("payments") or ())
        if after_all and (again := purse.repeated()):
            self._found.found(Defect.DOUBLED, offender, f"paid after all, and {again[0]} too")

    def _take(self, offender: str, event: Event, money: Body, purse: _Purse) -> None:
        decision = money.get("decision")
        match event.body.get("kind"):
            case "compensation_proposed":
                is_unnamed = _is_older(money) and purse.newest.get("step") in _ON_ITS_WAY
                purse.asked[decision] = (purse.level, is_unnamed)
                purse.proposed[decision] = money.get("amount")
                if purse.has_failed():
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
                    purse.paid.discard(payment.get("payment_id"))
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
            if again := purse.repeated():
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
        if purse.appeal is not None:
            self._found.found(Defect.ILLEGAL_MOVE, offender, f"{purse.appeal} decides about money")
        if purse.awaited:
            unheard = min(map(str, purse.awaited))
            self._found.found(Defect.ILLEGAL_MOVE, offender, f"{unheard} may have been paid")
        level, is_unnamed = purse.asked.get(money.get("decision"), (purse.level, False))
        added_to, is_first = money.get("supplements"), not purse.total()
        if not is_first and added_to is None and not is_unnamed:
            self._found.found(Defect.DOUBLED, offender, "paid before, and it adds to no payment")
        if added_to is not None and added_to not in (purse.requested.keys() | purse.of_others):
            self._found.found(Defect.ILLEGAL_MOVE, offender, "it adds to a payment that is none")
        if added_to is None:
            purse.plain = (offender, money.get("payment_id"))
        purse.standing[money.get("payment_id")] = _minor(money.get("amount"))
        purse.requested[money.get("payment_id")] = money
        self._sum(offender, money, purse, max(level, purse.level))

    def _sum(self, offender: str, money: Body, purse: _Purse, level: int) -> None:
        """Ask whether what the matter comes to now was approved by who may."""
        total = purse.total()
        if not _is_older(money) and total > _minor(money.get("total")):
            self._found.found(Defect.ILLEGAL_MOVE, offender, "more than the sum that was approved")
        elif money.get("policy") == self._rules.version:
            approval, needed = money.get("approval"), self._needed(total, level)
            is_repeat = money.get("decision") in purse.repeats or purse.has_failed()
            if self._rules.repeats is not None and is_repeat:
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
