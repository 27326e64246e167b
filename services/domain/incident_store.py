"""What is known of the places where incidents happen, and how it is kept: insert-only.

One row per record that the writer of a place took; the newest row has the place as it stands. A
record that comes again finds its row, and what that produced is produced again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

from pydantic import Field

from schemas.record import Id, Instant, Part, Whole
from schemas.scores import Level


class Sighting(Part):
    """A case that was opened at a place."""

    case_id: Id
    who: Id
    at: Instant


class Incident(Part):
    """The incident of a place, while it lasts."""

    incident_id: Id
    seq: Annotated[Whole, Field(ge=0)] = 0
    level: Level
    cases: Annotated[Whole, Field(ge=0)] = 0
    who: tuple[Id, ...] = ()
    """The first customers; no more than decide about the level."""
    opened_at: Instant
    quiet_until: Instant


class PlaceState(Part):
    """A place: what was seen lately, and the incident that lasts there."""

    generation: Annotated[Whole, Field(ge=0)] = 0
    """How many incidents there were."""
    recent: tuple[Sighting, ...] = ()
    incident: Incident | None = None


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

    def append(self, rows: Sequence[PlaceRow]) -> bool:
        """Insert rows; return False when another writer has any of their numbers or commands.
        Rows of one place are inserted in order of n, none after one that was refused."""
        ...
