"""The one timer of a case: its next stage, or the watch at the end of its ladders. Pure."""

from typing import Final

from schemas.cases import CaseState
from schemas.vocabulary import ClockName
from services.domain.clocks.stages import Timer, is_settled, next_stage
from services.domain.clocks.terms import Terms

TIMED_BY: Final = (
    "tenant",
    "case_id",
    "seq",
    "status",
    "opened_at",
    "updated_at",
    "acknowledged_at",
    "resolved_at",
    "closed_at",
    "reopened",
    "reopened_at",
    "level",
    "team",
    "fired",
    "waiting_for",
    "appeal_of",
    "clocks",
)
"""All of a state that its timer follows from."""


def next_timer(state: CaseState, terms: Terms) -> Timer | None:
    """Return the one timer of an open case; None for one whose clocks stand still.

    At the end of its ladders, and while all its clocks are held by a wait, an open case is
    watched, so that none is without a timer.
    """
    if is_settled(state):
        return None
    return next_stage(state, terms) or _watch(state, terms)


def _watch(state: CaseState, terms: Terms) -> Timer:
    due = state.updated_at + terms.sla.watch_every.span
    return Timer(due, ClockName.RESOLUTION, None, None, state.reopened, state.level)
