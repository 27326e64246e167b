"""Compensation: proposed by one person, approved by rank, requested from the payer once. Pure.

A case is paid once, whatever the order of decisions, and so are cases that are merged, and an
appeal with the case it is about: what comes after a payment names it, and who may approve follows
from the sum, so that many small payments need whom one large one needs. Where a payment failed, its
repeat needs a second person, and so does the word that it failed.

Nothing here refuses a customer anything: that a compensation is not approved is a decision of
a person with a reason, and another one may be proposed.
"""

from collections.abc import Sequence
from typing import Final

from schemas.cases import CaseCommand, CaseState
from schemas.handling import MOST_MINOR, Compensation, CompensationOrder
from schemas.handling_words import CompensationStep
from schemas.vocabulary import ChangeKind, CommandKind, Refusal
from services.cases.guards import Refused
from services.cases.payer import follow, request_payment, tell
from services.cases.policies import Policies
from services.cases.story import Story
from services.domain.compensation.deciding import Deciding, needed
from services.domain.compensation.payments import MAX_PAYMENTS, elsewhere, standing, standing_sum

_ENDED: Final = frozenset(
    {
        CompensationStep.REFUSED,
        CompensationStep.REQUESTED,
        CompensationStep.PAID,
        CompensationStep.PAYMENT_FAILED,
    }
)
"""Of a decision about which nothing is left to decide."""


def compensate(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies
) -> Refused | None:
    """Propose a compensation; where the whole sum is within the clerk's own limit it is approved
    with it."""
    order, before = command.compensation, state.compensation
    assert order is not None
    refused = _not_to_be_proposed(state, order, policies.approval_of(state).currency)
    if refused is not None:
        return refused
    decided = _by_sum(
        Compensation(
            decision=before.decision + 1 if before else 1,
            amount=order.amount,
            branch=order.branch,
            guidance=order.guidance,
            step=CompensationStep.PROPOSED,
            proposed_by=command.actor,
            policy=policies.approval_of(state).version,
            supplements=order.supplements,
        ),
        state,
        policies,
    )
    tell(story, state, command, ChangeKind.COMPENSATION_PROPOSED, decided)
    if decided.approval is None:
        approved = decided.model_copy(update={"step": CompensationStep.APPROVED})
        reason = "within_own_limit"
        follow(story, state, ChangeKind.COMPENSATION_APPROVED, approved, reason=reason)
        request_payment(story, state, approved, policies)
    return None


def _not_to_be_proposed(
    state: CaseState, order: CompensationOrder, currency: str
) -> Refused | None:
    before, not_here = state.compensation, _not_here(state)
    if not_here is not None:
        return not_here
    if order.amount.minor == 0 or order.amount.currency != currency:
        return Refused(
            Refusal.INVALID_FIELD, f"compensation.amount: more than 0, and in {currency}"
        )
    if before is not None and before.step not in _ENDED:
        return Refused(
            Refusal.ALREADY_DECIDED,
            f"decision {before.decision} waits for approval; approve or refuse it first",
        )
    if standing_sum(state) + order.amount.minor > MOST_MINOR:
        return Refused(
            Refusal.INVALID_FIELD, "compensation.amount: a matter does not come to that much"
        )
    paid = [one.payment_id for one in elsewhere(state)]
    refused = _paid_before(order, [*paid, *(str(one.payment_id) for one in standing(state))])
    if refused is None and len(state.payments or ()) >= MAX_PAYMENTS:
        return Refused(
            Refusal.NOT_ALLOWED_NOW,
            f"compensation: a case has at most {MAX_PAYMENTS} payments; decide about more in an "
            "appeal",
        )
    return refused


def _not_here(state: CaseState) -> Refused | None:
    """The money of a matter is decided in one case, which knows of every payment: in the appeal,
    once there is one; and while cases agree to be merged, in none of them that may not know."""
    if state.appealed_by is not None:
        return Refused(
            Refusal.NOT_ALLOWED_NOW,
            f"compensation: the money of this matter is decided in its appeal, {state.appealed_by}",
        )
    if state.offers:
        return Refused(
            Refusal.NOT_ALLOWED_NOW,
            f"compensation: {state.offers[0].case_id} was asked to be merged into this case, and "
            "may have been paid; wait for its answer, or unmerge it",
        )
    return None


def _paid_before(order: CompensationOrder, payments: Sequence[str]) -> Refused | None:
    """A case is paid once: what comes after a payment names a payment that it adds to."""
    if order.supplements is None and payments:
        return Refused(
            Refusal.ALREADY_DECIDED,
            f"payment {payments[-1]} was approved; one that adds to it names it in supplements",
        )
    if order.supplements is not None and order.supplements not in payments:
        return Refused(
            Refusal.INVALID_FIELD,
            "compensation.supplements: no such payment in this matter, or it failed",
        )
    return None


def _by_sum(decided: Compensation, state: CaseState, policies: Policies) -> Compensation:
    """Return the decision with what the matter comes to, and who may approve that."""
    minor = decided.amount.minor
    total = standing_sum(state) + minor
    approval = needed(state, minor, policies.approval_of(state), policies.ladder_of(state))
    return decided.model_copy(
        update={
            "approval": approval,
            "total": decided.amount.model_copy(update={"minor": total}),
        }
    )


def approve(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies
) -> Refused | None:
    """Approve the proposed compensation and request its payment."""
    proposed, who = state.compensation, policies.deciding(state)
    refused = _not_for_them(proposed, command, who)
    if refused is not None:
        return refused
    assert proposed is not None
    assert who is not None
    if command.actor == proposed.proposed_by:
        return Refused(Refusal.NOT_PERMITTED, "actor: a second person approves")
    not_here = _not_here(state)
    if not_here is not None:
        return not_here
    if proposed.total and standing_sum(state) + proposed.amount.minor > proposed.total.minor:
        # A case that was paid was merged into this one, or a payment did not fail after all.
        return Refused(
            Refusal.NOT_ALLOWED_NOW,
            f"decision {proposed.decision}: more of the matter is paid than when it was proposed; "
            "refuse it, and propose what still is to be paid",
        )
    approved = proposed.model_copy(update={"step": CompensationStep.APPROVED, "approval": who.team})
    tell(story, state, command, ChangeKind.COMPENSATION_APPROVED, approved)
    request_payment(story, state, approved, policies)
    return None


def refuse(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies
) -> Refused | None:
    """Do not approve the proposed compensation; its proposer may take it back too."""
    proposed = state.compensation
    refused = _not_for_them(proposed, command, policies.deciding(state))
    if refused is not None:
        return refused
    assert proposed is not None
    decided = proposed.model_copy(update={"step": CompensationStep.REFUSED})
    tell(story, state, command, ChangeKind.COMPENSATION_REFUSED, decided)
    return None


def _not_for_them(
    proposed: Compensation | None, command: CaseCommand, who: Deciding | None
) -> Refused | None:
    if proposed is None or proposed.decision != command.decision:
        return Refused(Refusal.INVALID_FIELD, "decision: not the newest decision of this case")
    if who is None:
        return Refused(Refusal.ALREADY_DECIDED, f"decision {proposed.decision} is {proposed.step}")
    is_refusing = command.kind is CommandKind.REFUSE_COMPENSATION
    if (who.may_refuse if is_refusing else who.has_rank)(command.actor):
        return None
    return Refused(Refusal.NOT_PERMITTED, f"actor: this is for {who.team} or a team above it")
