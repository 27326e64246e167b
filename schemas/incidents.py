"""Incidents: many cases of one cause at one place in little time (ADR 0027, 0035).

An incident is kept by one writer, that of its place. Which incident a case is part of, its own
writer decides: a member is who says so.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from schemas.handling import Actor, Note
from schemas.incident_links import Hub
from schemas.record import Id, Instant, Record, Whole, open_word
from schemas.scores import Level
from schemas.vocabulary import Category

WATCH: Final = "*"
"""The hub of the place that sees every contact of a tenant, to find incidents. No hub's name."""

Shared = Annotated[str, Field(min_length=1, max_length=100)]
"""A word that the cases of an incident share: a pair of characters, a Latin word, a hub."""


class IncidentAsk(StrEnum):
    """What is asked of the writer of a place. Closed."""

    SEE = "see"
    """To the watch: a contact came."""
    SIGHT = "sight"
    """A case was opened there."""
    FOUND = "found"
    """The watch found that a case is of an incident there."""
    OPEN = "open"
    END = "end"
    ADD = "add"
    """A person says that a case is part of it."""
    REMOVE = "remove"
    """A person says that a case is not part of it."""
    SET_LEVEL = "set_level"
    """A person sets its level; from then on the rule does not."""
    UPDATE = "update"
    """A person tells the customers of all its open cases how it stands."""
    JOINED = "joined"
    """A case says that it is part of it."""
    LEFT = "left"
    """A case says that it is not any more."""
    TELL = "tell"
    """Its writer goes on telling its cases of its level, or what a person has for customers."""


class IncidentChange(StrEnum):
    """What happened to an incident, in the past tense. Open."""

    OPENED = "opened"
    CASES_JOINED = "cases_joined"
    CASES_LEFT = "cases_left"
    LEVEL_RAISED = "level_raised"
    LEVEL_SET = "level_set"
    """By a person."""
    CUSTOMERS_UPDATED = "customers_updated"
    """By a person, whose words to the customers are the note."""
    ENDED = "ended"
    UNKNOWN = "unknown"


class IncidentCommand(Record):
    """A word to the writer of a place: from the watch, a case or a person. Topic
    ``incidents.commands.v1``, keyed by place."""

    v: Literal[1] = 1
    hub: Hub
    category: Annotated[Category, open_word(Category)]
    command_id: Id
    """The same id takes effect once, however often it is sent."""
    kind: IncidentAsk
    actor: Actor
    on_behalf_of: Actor | None = None
    """For whom, as the client said without proof."""
    at: Instant
    case_id: Id | None = None
    """The case that it is about."""
    who: Id | None = None
    """The complainant; of an anonymous one the contact."""
    note: Note | None = None
    contact_id: Id | None = None
    """On ``see``: the contact."""
    found_in: Annotated[Category, open_word(Category)] | None = None
    """On ``see``: the category of the contact."""
    is_new: bool = False
    """On ``see``: the contact opened its case."""
    incident_id: Id | None = None
    """Where it is about one incident of the place, and no later one."""
    cause: Annotated[str, Field(max_length=40)] | None = None
    """On ``found``: the cause that the cases name."""
    words: Annotated[tuple[Shared, ...], Field(max_length=20)] = ()
    """On ``found``: the words that they share."""
    level: Level | None = None
    """On ``set_level`` and ``joined``: the level; as the case was told it."""
    after: Annotated[Whole, Field(ge=0)] | None = None
    """On ``tell``: cases that joined by this row of the place have been told."""
    news: Annotated[Whole, Field(ge=1)] | None = None
    """On ``tell``: the change whose note is passed on to customers; without it, the level is."""


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
    """Of the incident after this change: its open cases have at least this."""
    cases: Annotated[Whole, Field(ge=0)]
    customers: Annotated[Whole, Field(ge=0)]
    """Counted up to where the highest level begins."""
    opened_at: Instant
    quiet_until: Instant
    """Without a further case until then the incident is over."""
    joined: tuple[Id, ...] = ()
    """The cases that this change made members."""
    left: tuple[Id, ...] = ()
    """The cases that are none any more since this change."""
    cause: Annotated[str, Field(max_length=40)] | None = None
    """What its cases say happened, a word of the policy; none where a person opened it."""
    words: Annotated[tuple[Shared, ...], Field(max_length=20)] = ()
    """What its cases have in common, by which it was found."""
    reason: Annotated[str, Field(max_length=80)] | None = None
    note: Note | None = None
