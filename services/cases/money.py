"""Compensation: proposed by one person, approved by rank, requested from the payer once. Pure.

Nothing here refuses a customer anything: that a compensation is not approved is a decision of
a person with a reason, and another one may be proposed.
"""

import hashlib
from typing import Any, Final

from schemas.cases import CaseCommand, CaseState
from schemas.handling import Compensation
from schemas.handling_words import CompensationStep
from schemas.vocabulary import ChangeKind, Refusal
from services.cases.guards import Refused
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story

_ON_ITS_WAY: Final = frozenset(
    {CompensationStep.APPROVED, CompensationStep.REQUESTED, CompensationStep.PAID}
)


def payment_id_of(tenant: str, case_id: str, decision: int) -> str:
    """Return the id of the payment of a decision: the same for ever, so that a request seen
    twice is paid once."""
    digest = hashlib.sha256(f"payment|{tenant}|{case_id}|{decision}".encode()).hexdigest()
    return f"pay-{digest[:24]}"


def compensate(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies
) -> Refused | None:
    """Propose a compensation; within the clerk's own limit it is approved with it."""
    order, before = command.compensation, state.compensation
    assert order is not None
    if order.amount.minor == 0 or order.amount.currency != policies.approval.currency:
        currency = policies.approval.currency
        return Refused(
            Refusal.INVALID_FIELD, f"compensation.amount: more than 0, and in {currency}"
        )
    open_payment = before.payment_id if before and before.step in _ON_ITS_WAY else None
    if before and before.step is CompensationStep.PROPOSED:
        return Refused(
            Refusal.ALREADY_DECIDED,
            f"decision {before.decision} waits for approval; approve or refuse it first",
        )
    if order.supplements != open_payment:
        return _paid_before(open_payment)
    approval = policies.approval.team_for(order.amount.minor, state.level, policies.teams)
    decided = Compensation(
        decision=before.decision + 1 if before else 1,
        amount=order.amount,
        branch=order.branch,
        guidance=order.guidance,
        step=CompensationStep.PROPOSED,
        proposed_by=command.actor,
        approval=approval,
        policy=policies.approval.version,
    )
    _tell(story, state, command, ChangeKind.COMPENSATION_PROPOSED, decided)
    if approval is None:
        approved = decided.model_copy(update={"step": CompensationStep.APPROVED})
        reason = "within_own_limit"
        _follow(story, state, ChangeKind.COMPENSATION_APPROVED, approved, reason=reason)
        _request_payment(story, state, approved)
    return None


def _paid_before(open_payment: str | None) -> Refused:
    if open_payment is None:
        return Refused(Refusal.INVALID_FIELD, "compensation.supplements: no such payment")
    return Refused(
        Refusal.ALREADY_DECIDED,
        f"payment {open_payment} was approved; one that adds to it names it in supplements",
    )


def approve(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies
) -> Refused | None:
    """Approve the proposed compensation and request its payment."""
    refused = _not_for_them(state, command, policies)
    if refused is not None:
        return refused
    proposed = state.compensation
    assert proposed is not None
    if command.actor == proposed.proposed_by:
        return Refused(Refusal.NOT_PERMITTED, "actor: a second person approves")
    approved = proposed.model_copy(update={"step": CompensationStep.APPROVED})
    _tell(story, state, command, ChangeKind.COMPENSATION_APPROVED, approved)
    _request_payment(story, state, approved)
    return None


def refuse(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies
) -> Refused | None:
    """Do not approve the proposed compensation; its proposer may take it back too."""
    refused = _not_for_them(state, command, policies)
    if refused is not None:
        return refused
    proposed = state.compensation
    assert proposed is not None
    decided = proposed.model_copy(update={"step": CompensationStep.REFUSED})
    _tell(story, state, command, ChangeKind.COMPENSATION_REFUSED, decided)
    return None


def settle_payment(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies
) -> Refused | None:
    """Record what the payer did."""
    result, current = command.payment, state.compensation
    assert result is not None
    if current is None or current.payment_id != result.payment_id:
        return Refused(
            Refusal.INVALID_FIELD, "payment.payment_id: not the newest payment of this case"
        )
    if current.step is not CompensationStep.REQUESTED:
        return Refused(Refusal.ALREADY_DECIDED, f"payment {result.payment_id} is {current.step}")
    step = CompensationStep.PAID if result.is_paid else CompensationStep.PAYMENT_FAILED
    settled = current.model_copy(update={"step": step})
    _tell(story, state, command, ChangeKind.PAYMENT_SETTLED, settled, payment=result)
    return None


def _not_for_them(state: CaseState, command: CaseCommand, policies: Policies) -> Refused | None:
    proposed = state.compensation
    if proposed is None or proposed.decision != command.decision:
        return Refused(Refusal.INVALID_FIELD, "decision: not the newest decision of this case")
    if proposed.step is not CompensationStep.PROPOSED:
        return Refused(Refusal.ALREADY_DECIDED, f"decision {proposed.decision} is {proposed.step}")
    is_own = command.kind == "refuse_compensation" and command.actor == proposed.proposed_by
    if is_own or policies.teams.has_rank(command.actor, proposed.approval or ""):
        return None
    return Refused(
        Refusal.NOT_PERMITTED, f"actor: this is for {proposed.approval} or a team above it"
    )


def _request_payment(story: Story, state: CaseState, approved: Compensation) -> None:
    payment_id = payment_id_of(state.tenant, state.case_id, approved.decision)
    requested = approved.model_copy(
        update={"step": CompensationStep.REQUESTED, "payment_id": payment_id}
    )
    _follow(story, state, ChangeKind.PAYMENT_REQUESTED, requested)


def _tell(
    story: Story,
    state: CaseState,
    command: CaseCommand,
    kind: ChangeKind,
    decided: Compensation,
    **more: Any,
) -> None:
    story.tell(
        kind,
        command.actor,
        state.status,
        command_id=command.command_id,
        note=command.note,
        compensation=decided,
        **more,
    )


def _follow(
    story: Story, state: CaseState, kind: ChangeKind, decided: Compensation, **more: Any
) -> None:
    story.tell(kind, SYSTEM, state.status, compensation=decided, **more)
