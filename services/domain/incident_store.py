"""What is known of the places where incidents happen, and how it is kept: insert-only.

One row per record that the writer of a place took; the newest row has the place as it stands. A
record that comes again finds its row, and what that produced is produced again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, NamedTuple, Protocol

from pydantic import Field

from schemas.handling import Actor, Note
from schemas.record import Id, Instant, Part, Whole
from schemas.scores import Level


class CaseThere(Part):
    """A case that was opened at a place, or found to be of an incident there."""

    case_id: Id
    who: Id
    at: Instant


class Seen(Part):
    """A contact that the watch looked at; its words are read from the contact itself."""

    contact_id: Id
    case_id: Id
    who: Id
    at: Instant
    category: Annotated[str, Field(max_length=40)]


class News(Part):
    """What a person told the customers of an incident last."""

    seq: Annotated[Whole, Field(ge=1)]
    """The change of the incident that it was."""
    at: Instant
    actor: Actor
    note: Note


class Incident(Part):
    """The incident of a place, while it lasts."""

    incident_id: Id
    seq: Annotated[Whole, Field(ge=0)] = 0
    level: Level
    policy: Annotated[str, Field(max_length=40)] | None = None
    """The version by which it has that level; none where a person set it."""
    cases: Annotated[Whole, Field(ge=0)] = 0
    """That say they are part of it."""
    who: tuple[Id, ...] = ()
    """The customers of its cases, the first ones first; no more than decide about the level."""
    opened_at: Instant
    quiet_until: Instant
    cause: Annotated[str, Field(max_length=40)] | None = None
    words: tuple[Annotated[str, Field(max_length=100)], ...] = ()
    by_person: bool = False
    """Opened by a person: every case that is opened there is of it."""
    is_level_set: bool = False
    """Its level was set by a person."""
    news: News | None = None


class PlaceState(Part):
    """A place: what was seen lately, and the incident that lasts there."""

    generation: Annotated[Whole, Field(ge=0)] = 0
    """How many incidents there were."""
    recent: tuple[CaseThere, ...] = ()
    """Cases opened there lately, for a person who opens an incident."""
    found: tuple[CaseThere, ...] = ()
    """Cases that the watch found, not yet enough for an incident."""
    incident: Incident | None = None
    seen: Seen | None = None
    """Of the watch: the contact of this row."""


class Member(NamedTuple):
    """A case says that it is part of an incident, or is no longer."""

    incident_id: str
    case_id: str
    is_in: bool
    who: str | None = None
    """On joining: the customer that it counts for. Rows from before this was kept have none."""


class ContactText(NamedTuple):
    """What a contact shows of incidents."""

    text: str
    hub: str | None


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """What one record did to a place. Unique: (place, n), (place, command)."""

    place: str
    n: int
    command_id: str
    source: str
    state: bytes
    changes: tuple[bytes, ...] = ()
    """Records of ``incidents.changed`` as produced."""
    joined: tuple[tuple[str, bytes], ...] = ()
    """Commands to cases as produced, each with the case's key."""
    passed: tuple[tuple[str, bytes], ...] = ()
    """Words to places as produced, each with the place's key."""
    about: str | None = None
    """The incident that the row changed, or whose member spoke."""
    member: Member | None = None


def place_of(row: PlaceRow) -> PlaceState:
    """Return the place as it stands after a row."""
    return PlaceState.model_validate_json(row.state)


class IncidentStore(Protocol):
    """Every method raises OutageError when the database cannot do its part."""

    def newest(self, places: Iterable[str]) -> dict[str, PlaceRow]:
        """Return the newest row of each place that has one."""
        ...

    def of_commands(self, commands: Iterable[tuple[str, str]]) -> dict[tuple[str, str], PlaceRow]:
        """Return the rows that hold these (place, command id), by them."""
        ...

    def lasting(self, tenant: str, now: datetime, limit: int) -> list[tuple[str, Incident]]:
        """Return places of a tenant with the incidents that last there, not quiet for too
        long; those heard of last first."""
        ...

    def tail(self, place: str, limit: int) -> list[PlaceRow]:
        """Return the newest rows of a place, in order of n."""
        ...

    def about(self, tenant: str, incident_id: str, limit: int) -> list[PlaceRow]:
        """Return the rows about an incident, the newest first; none when there is no such one."""
        ...

    def change_after(self, place: str, n: int) -> PlaceRow | None:
        """Return the first row after row ``n`` of a place that tells of a change."""
        ...

    def members(
        self, tenant: str, incident_id: str, after: int, limit: int
    ) -> list[tuple[int, Member]]:
        """Return what cases said about being part of an incident after row ``after`` of its
        place, in order, each with the number of its row."""
        ...

    def append(self, rows: Sequence[PlaceRow]) -> bool:
        """Insert rows; return False when another writer has any of their numbers or commands.
        Rows of one place are inserted in order of n, none after one that was refused."""
        ...


class ContactTexts(Protocol):
    """What contacts said, as long as it is kept."""

    def texts(self, contact_keys: Iterable[str]) -> dict[str, ContactText]:
        """Return texts by ``<tenant>|<contact id>``; what is gone or unknown is left out.

        Raises:
            OutageError: the database is away.
        """
        ...
