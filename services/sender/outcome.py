"""What an answer tells beside its own words: findings, measures, money, where to turn. Pure.

Measures, apologies and money are told while the case has one complainant, and no merged one of
somebody else: they may speak about the other one. Of findings the customer hears what was found,
not the clerk's own words about it, which may name people.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from schemas.cases import CaseChanged
from schemas.handling import Compensation
from schemas.handling_words import CompensationStep, FindingOutcome
from schemas.vocabulary import Relation
from services.domain.compensation.payments import paid_in, promise
from services.domain.compensation.words import currency_words
from services.domain.merging import entries_to_tell
from services.domain.redress import Redress

_FOUND: Final = {
    FindingOutcome.VALID: (
        "您反映的情况属实。",
        "What you told us is right.",
    ),
    FindingOutcome.PARTLY_VALID: (
        "您反映的情况部分属实。",
        "What you told us is right in part.",
    ),
    FindingOutcome.INVALID: (
        "我们未能证实您反映的情况。",
        "We looked into it carefully and could not confirm what you told us.",
    ),
}
_PROMISED: Final = {
    CompensationStep.APPROVED: ("已批准", "approved"),
    CompensationStep.REQUESTED: ("支付中", "being paid"),
    CompensationStep.PAYMENT_FAILED: ("已批准", "approved"),
    CompensationStep.PAID: ("已支付", "paid"),
}
"""What is not approved yet is no promise, and is not told."""


def outcome_of(
    history: Sequence[CaseChanged],
    redress: Redress,
    language: Literal["zh", "en"],
    is_shared: bool = False,
) -> Mapping[str, Any]:
    """Return the fields of an answer that come from the case's record; ``is_shared`` says that
    cases of others are merged into it."""
    is_english = language == "en"
    entries = entries_to_tell(history)
    record = (change.entry for change in history if change.entry is not None)
    findings = [one.finding.outcome for one in record if one.finding is not None]
    newest = _FOUND.get(findings[-1]) if findings else None
    cares = [change.aftercare for change in history if change.aftercare is not None]
    routes = redress.routes(cares[-1].redress if cares else None)
    is_alone = not is_shared and not any(
        change.contact is not None and change.contact.relation is Relation.SECOND_COMPLAINANT
        for change in history
    )
    decisions = [change.compensation for change in history if change.compensation is not None]
    decided = max(reversed(decisions), key=lambda one: one.decision, default=None)
    money = promise(paid_in(decisions), decided)
    return {
        "findings": newest[is_english] if newest else "",
        "measures": _texts([one.measure for one in entries]) if is_alone else (),
        "apologies": _texts([one.apology for one in entries]) if is_alone else (),
        "compensation": _money(money, is_english) if money and is_alone else "",
        "redress": tuple(getattr(route, language) for route in routes),
    }


def _texts(pieces: Sequence[Any]) -> tuple[str, ...]:
    return tuple(piece.text.strip() for piece in pieces if piece is not None)


def _money(money: Compensation, is_english: bool) -> str:
    state = _PROMISED.get(money.step)
    if state is None:
        return ""
    amount, currency = f"{money.amount.minor / 100:,.2f}", money.amount.currency
    if is_english:
        return f"{currency} {amount} ({state[1]})"
    return f"{amount} {currency_words(currency, 'zh')}（{state[0]}）"
