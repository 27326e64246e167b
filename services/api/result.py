"""What a customer may know of the outcome, and do about it. Pure.

Measures, apologies and money are shown while the case has one complainant, as the answer
itself is: they may speak about the other one, who may have come with a merged case. The ways to
turn to are everybody's.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

from schemas.cases import CaseChanged, CaseState
from schemas.handling import Compensation
from schemas.handling_words import CompensationStep
from schemas.vocabulary import ANSWERED, CaseStatus
from services.api.forms import Paid, Result
from services.domain.compensation.payments import promise
from services.domain.merging import entries_to_tell
from services.domain.redress import Redress

_PROMISED: Final = {
    CompensationStep.APPROVED: "approved",
    CompensationStep.REQUESTED: "approved",
    CompensationStep.PAID: "paid",
    CompensationStep.PAYMENT_FAILED: "approved",
}
"""What is not approved yet is no promise, and is not shown."""


def result_of(
    state: CaseState | None,
    history: Iterable[CaseChanged],
    redress: Redress,
    language: Literal["zh", "en"],
    now: datetime,
    is_shared: bool = False,
) -> Result:
    """Return the outcome as it stands; nothing while the case has none. ``is_shared`` says that
    cases of others are merged into it."""
    if state is None:
        return Result()
    measures: list[str] = []
    apologies: list[str] = []
    money = promise(state.payments or (), state.compensation)
    if state.complainants == 1 and not is_shared:
        for entry in entries_to_tell(list(history)):
            if entry.measure is not None:
                measures.append(entry.measure.text)
            if entry.apology is not None:
                apologies.append(entry.apology.text)
    else:
        money = None
    routes = redress.routes(state.aftercare.redress if state.aftercare else None)
    is_answered = state.status in ANSWERED
    return Result(
        measures=tuple(measures),
        apologies=tuple(apologies),
        compensation=_paid(money),
        redress=tuple(getattr(route, language) for route in routes) if is_answered else (),
        may=_open_ways(state, now),
        rating=state.rating,
        seq=state.seq,
    )


def _paid(money: Compensation | None) -> Paid | None:
    if money is None or money.step not in _PROMISED:
        return None
    amount = f"{money.amount.minor / 100:,.2f}"
    return Paid(amount=amount, currency=money.amount.currency, state=_PROMISED[money.step])


def _open_ways(state: CaseState, now: datetime) -> tuple[str, ...]:
    if state.status not in ANSWERED or state.status is CaseStatus.APPEALED:
        return ()
    care = state.aftercare
    reopen_until = care.reopen_until if care else None
    appeal_until = care.appeal_until if care else None
    ways = {
        "rate": state.rating is None,
        "reopen": reopen_until is None or now <= reopen_until,
        "appeal": not (state.appeal_of or state.appealed_by)
        and (appeal_until is None or now <= appeal_until),
    }
    return tuple(name for name, is_open in ways.items() if is_open)
