"""The payments of a case: what its state keeps of them, and what they come to. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseState
from schemas.handling import Compensation
from schemas.handling_words import CompensationStep
from schemas.merging import StandingPayment

_Kept = Callable[[Compensation], bool]
MAX_PAYMENTS: Final = 20
"""Payments of one case, failed ones too: its state keeps each and must stay small."""


def standing(state: CaseState) -> tuple[Compensation, ...]:
    """Return the payments that were made or may still be: all but those that failed."""
    failed = CompensationStep.PAYMENT_FAILED
    return tuple(one for one in state.payments or () if one.step is not failed)


def _of_others(state: CaseState) -> tuple[StandingPayment, ...]:
    """Return the payments, failed ones too, of the case appealed against and of the cases merged
    into this one: it is the same matter."""
    merged = (payment for one in state.merged for payment in one.payments or ())
    return (*(state.paid_before or ()), *merged)


def elsewhere(state: CaseState) -> tuple[StandingPayment, ...]:
    """Return the standing payments of the matter that are of other cases than this one."""
    return tuple(one for one in _of_others(state) if not one.has_failed)


def to_head(state: CaseState) -> tuple[StandingPayment, ...] | None:
    """Return the payments of a case as its head is to know them; None: it has none."""
    return tuple(_as_told(state)) or None


def to_appeal(state: CaseState) -> tuple[StandingPayment, ...] | None:
    """Return the payments of the matter as an appeal against the case is to know them, those that
    the case knows of from others among them; None: there are none."""
    return (*_of_others(state), *_as_told(state)) or None


def _as_told(state: CaseState, kept: _Kept = lambda one: True) -> Iterator[StandingPayment]:
    for one in state.payments or ():
        if one.payment_id is not None and kept(one):
            yield StandingPayment(
                payment_id=one.payment_id,
                minor=one.amount.minor,
                currency=one.amount.currency,
                has_failed=one.step is CompensationStep.PAYMENT_FAILED or None,
            )


def standing_sum(state: CaseState) -> int:
    """Return what the standing payments of the matter come to, those of other cases counted, in
    the currency's smallest unit."""
    own = sum(one.amount.minor for one in standing(state))
    return own + sum(one.minor for one in elsewhere(state))


def has_failed(state: CaseState) -> bool:
    """Return whether a payment of the matter failed: the next one does again what was done."""
    failed = CompensationStep.PAYMENT_FAILED
    is_own = any(one.step is failed for one in state.payments or ())
    return is_own or any(one.has_failed for one in _of_others(state))


def left_unpaid(state: CaseState) -> tuple[StandingPayment, ...]:
    """Return the payments of the matter that failed and after which nothing was decided yet: a
    person has to, in this case. Of one whose money its head or its appeal decides there are none.
    Of other cases, and of those that failed under an older version, one is seen no more that is
    older than the newest decision and not named by it."""
    if state.merged_into is not None or state.appealed_by is not None:
        return ()
    newest = state.compensation
    looked_at = None if newest is None else (newest.payment_id, newest.supplements)

    def is_left(one: Compensation) -> bool:
        if one.failed_after is None or newest is None:
            return looked_at is None or one.payment_id in looked_at
        return newest.decision <= one.failed_after

    failed = (one for one in _as_told(state, is_left) if one.has_failed)
    others = (one for one in _of_others(state) if one.has_failed)
    named = (one for one in others if looked_at is None or one.payment_id in looked_at)
    return (*named, *failed)


def open_payments(state: CaseState) -> tuple[Compensation, ...]:
    """Return the payments that the payer has not answered yet."""
    requested = CompensationStep.REQUESTED
    return tuple(one for one in state.payments or () if one.step is requested)


def next_answer(state: CaseState) -> tuple[datetime, Compensation] | None:
    """Return the payment whose answer is, or was, due first, and when, of those whose missing
    answer was not told yet."""
    timed = [
        (one.answer_by, one.decision, one)
        for one in open_payments(state)
        if one.answer_by is not None and not one.is_unanswered
    ]
    if not timed:
        return None
    due, _, first = min(timed)
    return due, first


def unanswered(state: CaseState) -> tuple[Compensation, ...]:
    """Return the payments of this case, merged or not, that the payer should have answered; also
    those for whose answer no time was set: nobody would ever hear of them."""
    return tuple(one for one in open_payments(state) if one.is_unanswered or not one.answer_by)


def to_look_after(state: CaseState) -> bool:
    """Return whether somebody has to see to a payment: one that failed, or was never answered."""
    return bool(left_unpaid(state) or unanswered(state))


def money_after(state: CaseState, decided: Compensation) -> dict[str, Any]:
    """Return the fields of a state that a change of a decision changes. An older decision, whose
    payment the payer answers late, does not take the place of the newest one."""
    newest = state.compensation
    is_newest = newest is None or decided.decision >= newest.decision
    changes: dict[str, Any] = {"compensation": decided} if is_newest else {}
    if decided.payment_id is not None:
        changes["payments"] = _with(state.payments or (), decided)
    return changes


def paid_in(decisions: Iterable[Compensation]) -> tuple[Compensation, ...]:
    """Return the payments that the changes of a case add up to, from its beginning."""
    payments: tuple[Compensation, ...] = ()
    for decided in decisions:
        if decided.payment_id is not None:
            payments = _with(payments, decided)
    return payments


def promise(payments: Sequence[Compensation], newest: Compensation | None) -> Compensation | None:
    """Return what the customer may count on as if it were one payment, paid once all of it is; None
    where that is nothing. What failed is counted while it may still be decided anew: until a later
    payment takes its place, or the ``newest`` decision is that it is not paid again."""
    counted = [one for one in payments if _is_promised(one, payments, newest)]
    if not counted:
        return None
    total = sum(one.amount.minor for one in counted)
    unpaid = [one.step for one in counted if one.step is not CompensationStep.PAID]
    amount = counted[-1].amount.model_copy(update={"minor": total})
    step = unpaid[-1] if unpaid else CompensationStep.PAID
    return counted[-1].model_copy(update={"amount": amount, "step": step})


def _is_promised(
    one: Compensation, payments: Sequence[Compensation], newest: Compensation | None
) -> bool:
    failed = CompensationStep.PAYMENT_FAILED
    if one.step is not failed:
        return True
    decided = list(payments)
    if newest is not None and newest.step is CompensationStep.REFUSED:
        decided.append(newest)
    if any(
        other.decision > one.decision and other.supplements != one.payment_id for other in decided
    ):
        return False
    # One that adds to none was made when nothing stood: what stands before it went through after
    # all, and this was its repeat.
    return one.supplements is not None or not any(
        other.decision < one.decision and other.step is not failed for other in payments
    )


def _with(payments: tuple[Compensation, ...], decided: Compensation) -> tuple[Compensation, ...]:
    if all(one.payment_id != decided.payment_id for one in payments):
        return (*payments, decided)
    return tuple(decided if one.payment_id == decided.payment_id else one for one in payments)
