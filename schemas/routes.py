"""Records about a route: which team routing gave one contact to."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.record import Id, Instant, Part, Record
from schemas.scores import ContactScored

TeamId = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")]


class Destination(Part):
    """Who works on a contact. There is always a team."""

    team: TeamId
    operator: Annotated[str, Field(max_length=80)] | None = None
    inform: tuple[TeamId, ...] = ()
    """Teams that are told of it but do not lead."""
    path: tuple[Annotated[str, Field(max_length=80)], ...]
    """Ids of the policy's nodes walked through; the last one decided."""
    policy: Annotated[str, Field(max_length=40)]


class ContactRouted(Record):
    """A contact has its team. Topic ``complaints.routed.v1``, keyed by case."""

    v: Literal[1] = 1
    case_id: Id
    scored: ContactScored
    """What dedup and severity decided, carried along whole."""
    destination: Destination
    routed_at: Instant
