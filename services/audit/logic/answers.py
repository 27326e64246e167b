"""Which payments of one case the payer owes an answer about, and whether that was told: part of
check P."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from services.audit.logic.findings import Defect
from services.audit.logic.fold import instant
from services.audit.logic.history import Body

GRACE: Final = timedelta(hours=1)
"""So much later than an answer was due a pass that looks for it has found and told it."""


@dataclass(slots=True)
class Answers:
    """Counted from the events of the case, in order."""

    due: dict[Any, tuple[str, datetime | None]] = field(default_factory=dict)
    """By payment that the payer has not answered: where it was requested, and until when he may."""
    told: set[Any] = field(default_factory=set)

    def follow(self, offender: str, body: Body, money: Body) -> tuple[Defect, str] | None:
        """Take in a change of a payment; return what is wrong with it."""
        payment = (body.get("payment") or money).get("payment_id")
        match body.get("kind"):
            case "payment_requested":
                self.due[payment] = offender, instant(money.get("answer_by"))
            case "payment_settled":
                self.due.pop(payment, None)
            case "payment_unanswered":
                return self._told(payment, instant(body.get("at")))
        return None

    def _told(self, payment: Any, at: datetime | None) -> tuple[Defect, str] | None:
        if payment not in self.due:
            return Defect.ILLEGAL_MOVE, "no answer is owed"
        if payment in self.told:
            return Defect.DOUBLED, "told for the second time that the payer does not answer"
        self.told.add(payment)
        due = self.due[payment][1]
        if due is None or at is None or at < due:
            return Defect.EARLY, "the payer has time to answer"
        return None

    def missed(self, looked: datetime | None) -> Iterator[str]:
        """Yield where payments were requested that should have been told of, as cases were last
        ``looked`` at."""
        for payment, (offender, due) in self.due.items():
            if due and looked and due + GRACE < looked and payment not in self.told:
                yield offender
