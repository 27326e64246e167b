"""Records about clocks: running time limits of a case, and what fires from them."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.record import Id, Instant, Record, Whole, open_word
from schemas.scores import Level
from schemas.vocabulary import ClockName, ClockStage


class ClockFired(Record):
    """A clock reached a stage: a proposal. Topic ``sla.fired.v1``, keyed by case.

    ``cases`` decides from its own log whether it still holds: the clock may have been
    stopped in time by a command that the timer had not seen.
    """

    v: Literal[1] = 1
    case_id: Id
    clock: Annotated[ClockName, open_word(ClockName)]
    stage: Annotated[ClockStage, open_word(ClockStage)]
    due_at: Instant
    fired_at: Instant
    late: bool = False
    """Fired more than the policy's tolerance after it was due (after an outage)."""
    level: Level
    """The case's level that the time limit was taken from."""
    step: Annotated[Whole, Field(ge=1)] | None = None
    """On an escalation: which rung of the ladder, from 1."""
    run: Annotated[Whole, Field(ge=0)] = 0
    """Which run of the clock: it starts anew when a case is reopened."""
    case_seq: Annotated[Whole, Field(ge=1)]
    """The state of the case that the timer was armed from."""
    policy: Annotated[str, Field(max_length=40)]
