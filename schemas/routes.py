"""Records about a route: which team routing gave one contact to."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.record import Id, Instant, Part, Record, open_word
from schemas.scores import ContactScored
from schemas.stations import StationName
from schemas.tasks import TaskWanted
from schemas.vocabulary import WayPart

TeamId = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")]


OperatorId = Annotated[str, Field(min_length=1, max_length=80)]


class Partner(Part):
    """Another operator that has a part in the parcel's way."""

    operator: OperatorId
    part: Annotated[WayPart, open_word(WayPart)]


class PassedOver(Part):
    """A team that would have led, and why it does not."""

    team: TeamId
    reason: Annotated[str, Field(min_length=1, max_length=80)]
    """``off_duty``, ``level``, ``language``, ``region``, ``skill``, ``full`` or
    ``conflict_of_interest``."""


class Destination(Part):
    """Who works on a contact. There is always a team."""

    team: TeamId
    operator: Annotated[str, Field(max_length=80)] | None = None
    inform: tuple[TeamId, ...] = ()
    """Teams that are told of it but do not lead."""
    path: tuple[Annotated[str, Field(max_length=80)], ...]
    """Ids of the policy's nodes walked through; the last one decided."""
    policy: Annotated[str, Field(max_length=40)]
    partners: Annotated[tuple[Partner, ...], Field(max_length=8)] = ()
    """Other operators on the way; the team leads."""
    tasks: Annotated[tuple[TaskWanted, ...], Field(max_length=10)] | None = None
    """Who has a task of his own beside that team: those operators, and teams of other regions.
    Absent: nobody."""
    passed_over: Annotated[tuple[PassedOver, ...], Field(max_length=20)] = ()
    """Teams before this one that could not lead, the first choice first."""
    stations: Annotated[tuple[StationName, ...], Field(max_length=20)] | None = None
    """Stations with a team of their own that the contact names, in its form or in its text.
    Absent: none."""


class ContactRouted(Record):
    """A contact has its team. Topic ``complaints.routed.v1``, keyed by case."""

    v: Literal[1] = 1
    case_id: Id
    scored: ContactScored
    """What dedup and severity decided, carried along whole."""
    destination: Destination
    routed_at: Instant
