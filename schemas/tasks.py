"""What another operator, or the team of another of our regions, has to do in a case.

One team leads a case; each of the others has a task with an answer to give and a limit of its own.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.record import Instant, Part, Whole, open_word
from schemas.vocabulary import WayPart

TaskHolder = Annotated[str, Field(max_length=100, pattern=r"^(team|partner):\S")]
"""Who has it: ``partner:<id>``, or ``team:<id>`` of ours."""
TaskNumber = Annotated[Whole, Field(ge=1, le=100_000)]
"""Tells the tasks of a case apart, in the order in which they were given; none is used again."""


class TaskEnd(StrEnum):
    """Why a task is over. Open."""

    DONE = "done"
    """Its holder answered."""
    WITHDRAWN = "withdrawn"
    """The answer is not needed any more."""
    CASE_ENDED = "case_ended"
    """The customer has an answer: nothing more is asked for."""
    UNKNOWN = "unknown"


class TaskWanted(Part):
    """A part in a case that routing found for somebody beside the team that leads, or that a clerk
    asks for."""

    holder: TaskHolder
    part: Annotated[WayPart, open_word(WayPart)]


class TaskOf(TaskWanted):
    """Which task of a case a change is about."""

    number: TaskNumber


class Task(TaskOf):
    """A task as a case has it."""

    since: Instant
    ended_at: Instant | None = None
    end: Annotated[TaskEnd, open_word(TaskEnd)] | None = None
    """Absent while it is open."""
