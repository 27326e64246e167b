"""Incidents: many cases of one kind at one place in little time (ADR 0027).

An incident is kept by one writer, that of its place: cases point at it, and what concerns all of
them (level, number of customers) stands in the incident alone.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.handling import Actor, Note
from schemas.record import Id, Instant, Record, Whole, open_word
from schemas.scores import Level
from schemas.vocabulary import Category

Hub = Annotated[str, Field(min_length=1, max_length=80)]


class IncidentAsk(StrEnum):
    """What is asked of the writer of a place. Closed."""

    SIGHT = "sight"
    """A case was opened there."""
    OPEN = "open"
    END = "end"


class IncidentChange(StrEnum):
    """What happened to an incident, in the past tense. Open."""

    OPENED = "opened"
    CASES_JOINED = "cases_joined"
    LEVEL_RAISED = "level_raised"
    ENDED = "ended"
    UNKNOWN = "unknown"


class IncidentCommand(Record):
    """A case was opened at a place, or a person opens or ends an incident there. Topic
    ``incidents.commands.v1``, keyed by place."""

    v: Literal[1] = 1
    hub: Hub
    category: Annotated[Category, open_word(Category)]
    command_id: Id
    """The same id takes effect once, however often it is sent."""
    kind: IncidentAsk
    actor: Actor
    at: Instant
    case_id: Id | None = None
    """On ``sight``: the case."""
    who: Id | None = None
    """On ``sight``: the complainant; of an anonymous one the contact."""
    note: Note | None = None


class IncidentChanged(Record):
    """One thing happened to one incident. Topic ``incidents.changed.v1``, keyed by place.

    ``(incident_id, seq)`` has no gap; the same pair may be seen again with identical bytes.
    """

    v: Literal[1] = 1
    incident_id: Id
    seq: Annotated[Whole, Field(ge=1)]
    at: Instant
    kind: Annotated[IncidentChange, open_word(IncidentChange)]
    actor: Actor
    hub: Hub
    category: Annotated[Category, open_word(Category)]
    level: Level
    """Of the incident after this change: members have at least this, looked up here."""
    cases: Annotated[Whole, Field(ge=0)]
    customers: Annotated[Whole, Field(ge=0)]
    """Counted up to where the highest level begins."""
    opened_at: Instant
    quiet_until: Instant
    """Without a further case until then the incident is over."""
    joined: tuple[Id, ...] = ()
    """The cases that this change made members."""
    reason: Annotated[str, Field(max_length=80)] | None = None
    note: Note | None = None
