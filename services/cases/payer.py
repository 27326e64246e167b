"""What the payer is asked, what he answers, and what is said when he does not. Pure.

Each payment is requested once, by an id that is the same for ever. One that he does not answer is
told once and stays as it is: who asks him again by another id may pay twice.
"""

import hashlib
from datetime import datetime
from typing import Any

from schemas.cases import CaseCommand, CaseState
from schemas.handling import Compensation
from schemas.handling_words import CompensationStep
from schemas.vocabulary import ChangeKind, Refusal
from services.cases.guards import Refused
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story
from services.domain.compensation.payments import next_answer


def payment_id_of(tenant: str, case_id: str, decision: int) -> str:
    """Return the id of the payment of a decision: the same for ever, so that a request seen
    twice is paid once."""
    digest = hashlib.sha256(f"payment|{tenant}|{case_id}|{decision}".encode()).hexdigest()
    return f"pay-{digest[:24]}"


def request_payment(
    story: Story, state: CaseState, approved: Compensation, policies: Policies
) -> None:
    """Ask the payer for what was approved, and note by when he should say what became of it."""
    payment_id = payment_id_of(state.tenant, state.case_id, approved.decision)
    requested = approved.model_copy(
        update={
            "step": CompensationStep.REQUESTED,
            "payment_id": payment_id,
            "answer_by": policies.payer_answers_by(state, story.now),
        }
    )
    follow(story, state, ChangeKind.PAYMENT_REQUESTED, requested)


def settle_payment(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies
) -> Refused | None:
    """Record what the payer did about any payment of the case."""
    result = command.payment
    assert result is not None
    known = (one for one in state.payments or () if one.payment_id == result.payment_id)
    current = next(known, None)
    if current is None:
        return Refused(Refusal.INVALID_FIELD, "payment.payment_id: no payment of this case")
    # His newest word counts: it may have been paid after all, or have come back from the bank.
    step = CompensationStep.PAID if result.is_paid else CompensationStep.PAYMENT_FAILED
    if current.step is step:
        return Refused(Refusal.ALREADY_DECIDED, f"payment {result.payment_id} is {current.step}")
    if not result.is_paid and command.actor == current.proposed_by:
        return Refused(
            Refusal.NOT_PERMITTED,
            "actor: that a payment failed is said by the payer or a second person",
        )
    newest = state.compensation.decision if state.compensation else current.decision
    after = None if result.is_paid else newest
    settled = current.model_copy(
        update={"step": step, "answer_by": None, "is_unanswered": None, "failed_after": after}
    )
    tell(story, state, command, ChangeKind.PAYMENT_SETTLED, settled, payment=result)
    return None


def is_answer_late(state: CaseState, now: datetime) -> bool:
    """Return whether the payer owes an answer, and nobody was told of it yet."""
    awaited = next_answer(state)
    return awaited is not None and awaited[0] <= now


def note_unanswered(story: Story, state: CaseState, command: CaseCommand) -> Refused | None:
    """Say that the payer has not answered about the payment whose answer is due longest."""
    awaited = next_answer(state)
    assert awaited is not None
    told = awaited[1].model_copy(update={"is_unanswered": True})
    tell(story, state, command, ChangeKind.PAYMENT_UNANSWERED, told)
    return None


def tell(
    story: Story,
    state: CaseState,
    command: CaseCommand,
    kind: ChangeKind,
    decided: Compensation,
    **more: Any,
) -> None:
    """Add what a command says of a decision about money."""
    story.tell(
        kind,
        command.actor,
        state.status,
        command_id=command.command_id,
        note=command.note,
        compensation=decided,
        **more,
    )


def follow(
    story: Story, state: CaseState, kind: ChangeKind, decided: Compensation, **more: Any
) -> None:
    """Add what follows from it by itself."""
    story.tell(kind, SYSTEM, state.status, compensation=decided, **more)
