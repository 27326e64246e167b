"""The answer, and what comes after it: survey, review, closing, archive, removal. Pure."""

from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseCommand, CaseState
from schemas.handling import Aftercare
from schemas.vocabulary import CaseStatus, ChangeKind, Refusal
from services.cases.choosing import handover
from services.cases.guards import Refused
from services.cases.policies import Policies
from services.cases.story import SYSTEM, Story
from services.domain.clocks.stages import clocks_of

_TO_BE_CLOSED: Final = frozenset({CaseStatus.RESOLVED, CaseStatus.REJECTED})


def care_of(state: CaseState, policies: Policies, now: datetime) -> Aftercare:
    """Return what holds after the case's answer; as of now where nothing was noted then."""
    if state.aftercare is not None:
        return state.aftercare
    reference = _ways(state, policies)
    return policies.aftercare.after_answer(state.status, now, reference)


def after_command(
    state: CaseState, status: CaseStatus, policies: Policies, now: datetime
) -> Aftercare | None:
    """Return what holds after a command that leads to ``status``; None: nothing new."""
    if status in _TO_BE_CLOSED and status is not state.status:
        return policies.aftercare.after_answer(status, now, _ways(state, policies))
    if status is CaseStatus.CLOSED and status is not state.status:
        return policies.aftercare.after_closing(state, care_of(state, policies, now), now)
    if status is CaseStatus.ARCHIVED and status is not state.status:
        return _at_rest(care_of(state, policies, now))
    return None


def rate(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Take in how satisfied the customer is: closed when satisfied, reviewed when not."""
    rating, rules = command.rating, policies.aftercare.rating
    assert rating is not None
    if state.rating is not None:
        return Refused(Refusal.ALREADY_DECIDED, f"this answer was rated before: {state.rating}")
    care = care_of(state, policies, now)
    after = story.tell(
        ChangeKind.RATED,
        command.actor,
        state.status,
        command_id=command.command_id,
        note=command.note,
        rating=rating,
        aftercare=policies.aftercare.after_rating(state, care, now),
    )
    if rating >= rules.good_from and after.status in _TO_BE_CLOSED:
        _close(story, after, policies, now, "customer_content")
    elif rating <= rules.poor_to:
        is_open = care.reopen_until is None or command.issued_at <= care.reopen_until
        if is_open and state.reopened < rules.reviews:
            story.tell(
                ChangeKind.REOPENED,
                SYSTEM,
                CaseStatus.REOPENED,
                reason="poor_rating",
                **handover(story, after, policies.next_up(after), policies),
            )
        else:
            story.tell(ChangeKind.APPEAL_OFFERED, SYSTEM, after.status, reason="poor_rating")
    return None


def follow_up(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Do what is due: ask the customer, note that he is out of reach, close, archive."""
    care = state.aftercare
    if care is None or care.follow_up_at is None or now < care.follow_up_at:
        due = care.follow_up_at.isoformat() if care and care.follow_up_at else "never"
        return Refused(Refusal.NOTHING_DUE, f"nothing is due; next: {due}")
    mark: dict[str, Any] = {"command_id": command.command_id}
    is_asking = state.rating is None and not care.is_unreachable
    if is_asking and care.surveys < policies.aftercare.survey.attempts:
        asked = policies.aftercare.after_survey(care, now)
        story.tell(
            ChangeKind.SURVEY_REQUESTED, command.actor, state.status, aftercare=asked, **mark
        )
    elif is_asking and care.surveys:
        silent = policies.aftercare.after_silence(state, care)
        after = story.tell(
            ChangeKind.SURVEY_UNREACHABLE, command.actor, state.status, aftercare=silent, **mark
        )
        if after.status in _TO_BE_CLOSED:
            _close(story, after, policies, now, "unreachable")
    elif state.status in _TO_BE_CLOSED:
        _close(story, state, policies, now, "nothing_further", **mark)
    elif state.status is CaseStatus.CLOSED:
        story.tell(
            ChangeKind.ARCHIVED,
            command.actor,
            CaseStatus.ARCHIVED,
            aftercare=_at_rest(care),
            **mark,
        )
    else:
        return Refused(Refusal.NOTHING_DUE, f"nothing is due of a case that is {state.status}")
    return None


def anonymise(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Record that the personal data of the case's contacts were removed."""
    until = policies.aftercare.retained_until(state)
    if state.legal_hold or any(one.legal_hold for one in state.merged):
        return Refused(Refusal.ON_HOLD, "the case is on legal hold; nothing may be removed")
    if state.anonymised_at is not None:
        return Refused(Refusal.ALREADY_DECIDED, "its personal data were removed before")
    if until is None or now < until:
        return Refused(Refusal.NOTHING_DUE, f"kept until {until.isoformat() if until else 'then'}")
    story.tell(
        ChangeKind.ANONYMISED,
        command.actor,
        state.status,
        command_id=command.command_id,
        reason=policies.aftercare.version,
    )
    return None


def set_hold(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Put the case on legal hold, or lift it."""
    move = policies.lifecycle.commands[command.kind]
    if state.legal_hold == (move.event is ChangeKind.LEGAL_HOLD_SET):
        word = "is" if state.legal_hold else "is not"
        return Refused(Refusal.ALREADY_DECIDED, f"the case {word} on legal hold")
    story.tell(
        move.event,
        command.actor,
        state.status,
        command_id=command.command_id,
        note=command.note,
    )
    return None


def _close(
    story: Story,
    state: CaseState,
    policies: Policies,
    now: datetime,
    reason: str,
    **mark: Any,
) -> None:
    care = policies.aftercare.after_closing(state, care_of(state, policies, now), now)
    story.tell(ChangeKind.CLOSED, SYSTEM, CaseStatus.CLOSED, reason=reason, aftercare=care, **mark)


def _ways(state: CaseState, policies: Policies) -> str:
    """Return where the customer may turn to, by where the case belongs."""
    place = clocks_of(state).place
    return policies.redress.reference(place.jurisdiction if place else None)


def _at_rest(care: Aftercare) -> Aftercare:
    return care.model_copy(update={"follow_up_at": None})
