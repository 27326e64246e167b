"""An incident as people look at it: its newest standing, its course, its members. Pure.

The newest change carries the standing, whether the incident lasts or is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.codec import decode
from schemas.incidents import IncidentChange, IncidentChanged
from services.domain.incident_store import IncidentStore, PlaceRow, place_of

NEWEST: Final = 300
"""As much of a long course as is looked at."""
MOST_MEMBERS: Final = 1000
_PAGE: Final = 2000
GROWTH: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class WholeIncident:
    """``changes`` are the newest ones, the newest first."""

    newest: IncidentChanged
    changes: tuple[IncidentChanged, ...]
    quiet_until: datetime
    """Which may be later than the newest change says: a case was asked meanwhile."""

    def is_over(self, now: datetime) -> bool:
        """Return whether it was ended, or was quiet for too long."""
        return self.newest.kind is IncidentChange.ENDED or self.quiet_until < now

    def growth(self, now: datetime) -> int:
        """Return how many cases joined within the last hour, as far as ``changes`` go."""
        return sum(len(one.joined) for one in self.changes if one.at > now - GROWTH)


def whole_incident(
    store: IncidentStore, tenant: str, incident_id: str, limit: int = NEWEST
) -> WholeIncident | None:
    """Return an incident by its id, lasting or over; None when there is none.

    Raises:
        OutageError: the database is away.
    """
    rows = store.about(tenant, incident_id, limit)
    told = [(row, one) for row in rows for one in reversed(_changes(row, incident_id))]
    if not told:
        return None
    changes, place = [one for _, one in told], rows[0].place
    newest = store.newest([place]).get(place)
    incident = place_of(newest).incident if newest else None
    is_this = incident is not None and incident.incident_id == incident_id
    if not is_this and changes[0].kind is not IncidentChange.ENDED:
        # It ended in a row that is about another one, which was opened by the same word, or whose
        # case spoke late: so by the next change at its place, whatever that is.
        after = store.change_after(place, told[0][0].n)
        changes[:0] = [] if after is None else reversed(_changes(after, incident_id))
    until = incident.quiet_until if incident and is_this else changes[0].quiet_until
    return WholeIncident(changes[0], tuple(changes), until)


def _changes(row: PlaceRow, incident_id: str) -> list[IncidentChanged]:
    """Return what a row told of this incident: one that ended may be told of beside the next."""
    told = [decode(IncidentChanged, value) for value in row.changes]
    return [one for one in told if one.incident_id == incident_id]


def members_of(store: IncidentStore, tenant: str, incident_id: str) -> Sequence[str]:
    """Return the cases that are part of an incident, those that joined last first; of a great
    many the last ones.

    Raises:
        OutageError: the database is away.
    """
    found: dict[str, None] = {}
    after = 0
    while page := store.members(tenant, incident_id, after, _PAGE):
        for n, member in page:
            found.pop(member.case_id, None)
            if member.is_in:
                found[member.case_id] = None
            after = n
        while len(found) > MOST_MEMBERS:
            del found[next(iter(found))]
    return tuple(reversed(found))
