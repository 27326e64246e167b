"""What comes after an answer, as data (``aftercare.yaml``), and when. Pure."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from schemas.cases import CaseState
from schemas.handling import Aftercare
from schemas.scores import Level
from schemas.vocabulary import CaseStatus
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("aftercare.yaml")
Hours = Annotated[float, Field(gt=0, le=24 * 366)]
Days = Annotated[float, Field(gt=0, le=3660)]


class Survey(PolicyPart):
    """How often and when a customer is asked how content he is."""

    attempts: Annotated[int, Field(ge=0, le=5)]
    first_after_hours: Hours
    retry_after_hours: Hours
    give_up_after_hours: Hours


class Rating(PolicyPart):
    """What follows from a rating."""

    good_from: Annotated[int, Field(ge=1, le=5)]
    poor_to: Annotated[int, Field(ge=0, le=4)]
    reviews: Annotated[int, Field(ge=0)]


class AftercarePolicy(PolicyPart):
    """See ``aftercare.yaml``, where each value is explained."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    reopen_days: dict[CaseStatus, Days]
    appeal_days: Days
    survey: Survey
    rating: Rating
    close_after_days: Days
    archive_after_days: Days
    retention_days: Annotated[float, Field(ge=1095, le=36600)]
    appeal_level: Level

    def after_answer(self, status: CaseStatus, now: datetime, redress: str) -> Aftercare:
        """Return what holds after an answer that led to ``status``."""
        first = self.survey.first_after_hours
        return Aftercare(
            follow_up_at=now + timedelta(hours=first)
            if self.survey.attempts
            else now + timedelta(days=self.close_after_days),
            reopen_until=self._reopen_until(status, now),
            appeal_until=now + timedelta(days=self.appeal_days),
            redress=redress,
            policy=self.version,
        )

    def after_survey(self, care: Aftercare, now: datetime) -> Aftercare:
        """Return what holds after the customer was asked once more."""
        surveys = care.surveys + 1
        is_last = surveys >= self.survey.attempts
        hours = self.survey.give_up_after_hours if is_last else self.survey.retry_after_hours
        return care.model_copy(
            update={"surveys": surveys, "follow_up_at": now + timedelta(hours=hours)}
        )

    def after_rating(self, state: CaseState, care: Aftercare, now: datetime) -> Aftercare:
        """Return what holds after the customer said how content he is."""
        if state.status is CaseStatus.CLOSED:
            return care.model_copy(update={"follow_up_at": self._archive_at(care, state.closed_at)})
        due = None
        if state.status is not CaseStatus.ARCHIVED:
            due = now + timedelta(days=self.close_after_days)
        return care.model_copy(update={"follow_up_at": due})

    def after_closing(self, state: CaseState, care: Aftercare, now: datetime) -> Aftercare:
        """Return what holds after the case was closed: the customer may be asked still."""
        is_asking = state.rating is None and not care.is_unreachable and self.survey.attempts > 0
        due = care.follow_up_at if is_asking else None
        return care.model_copy(
            update={
                "follow_up_at": due or self._archive_at(care, now),
                "reopen_until": self._reopen_until(CaseStatus.CLOSED, now) or care.reopen_until,
            }
        )

    def after_silence(self, state: CaseState, care: Aftercare) -> Aftercare:
        """Return what holds after the customer was asked often enough and never answered."""
        due = self._archive_at(care, state.closed_at)
        return care.model_copy(update={"is_unreachable": True, "follow_up_at": due})

    def retained_until(self, state: CaseState) -> datetime | None:
        """Return until when personal data are kept; None while the case has no answer."""
        ended = state.closed_at or state.resolved_at
        return None if ended is None else ended + timedelta(days=self.retention_days)

    def _reopen_until(self, status: CaseStatus, now: datetime) -> datetime | None:
        days = self.reopen_days.get(status)
        return None if days is None else now + timedelta(days=days)

    def _archive_at(self, care: Aftercare, closed_at: datetime | None) -> datetime | None:
        if closed_at is None:
            return care.follow_up_at
        due = closed_at + timedelta(days=self.archive_after_days)
        return max(due, care.reopen_until or due)


def load_aftercare(path: Path | None = None) -> AftercarePolicy:
    """Read and check the policy; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(AftercarePolicy, "aftercare policy", path or SHIPPED)
