"""Incidents as they go on: how many last, how large they are, and whether their cases agree.

Looked at again is only what changed since the last look: of it the members by the rows of its
place must be the cases whose documents name it.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pymongo import ASCENDING
from pymongo.database import Database

from schemas.codec import decode
from schemas.errors import MalformedRecordError
from schemas.incidents import IncidentChange, IncidentChanged
from services.adapters.mongo_incidents import MongoIncidentStore
from services.audit.database import Document
from services.audit.follow_kept import WaitingIncidents
from services.audit.logic.history import opened

SETTLE: Final = timedelta(minutes=2)
"""So long two workers may differ about a case: one waits for the other."""
_AT_A_TIME: Final = 50
"""Incidents that are compared in one look."""
_AT_ONCE: Final = 5000
"""Rows of members that are read at a time; of a larger incident the first cases are compared."""
_MOST_OPEN: Final = 2000
"""As many places as are looked at for them."""


class Standing(NamedTuple):
    """What lasts now."""

    incidents: int
    members: int
    oldest: datetime | None


class IncidentWatch:
    """Compares incidents that changed with their cases, until they agree: over breaks as well,
    because a change is heard once."""

    def __init__(self, database: Database[Document]) -> None:
        self._kept = WaitingIncidents(database)
        self._differ = self._kept.known()
        """By tenant and incident: since when it is known to differ; None: not looked at yet. Those
        that were looked at longest ago come first."""
        self._left_out = 0

    def heard(self, value: bytes | None) -> IncidentChange | None:
        """Take note of a record of ``incidents.changed``; return what happened."""
        try:
            change = decode(IncidentChanged, value)
        except MalformedRecordError:
            return None
        incident = change.tenant, change.incident_id
        if incident not in self._differ:
            self._kept.keep(*incident, None)
            self._differ[incident] = None
        return change.kind

    def figures(self, database: Database[Document], now: datetime) -> dict[str, float]:
        """Return the figures of incidents at ``now``, by the names of their metrics."""
        lasting = standing(database, now)
        age = now - lasting.oldest if lasting.oldest is not None else timedelta()
        return {
            "open_incidents": float(lasting.incidents),
            "incident_members": float(lasting.members),
            "oldest_incident_seconds": max(0.0, age.total_seconds()),
            "incident_mismatches": float(self.look(database, now)),
            "incidents_unlooked": float(self._left_out),
        }

    def look(self, database: Database[Document], now: datetime) -> int:
        """Compare some of what changed; return how many incidents have differed for too long."""
        chosen = self._next()
        self._left_out = len(self._differ) - len(chosen)
        for tenant, incident_id in chosen:
            since = self._differ[tenant, incident_id]
            is_well = agrees(database, tenant, incident_id)
            if is_well:
                self._kept.agrees(tenant, incident_id)
            elif since is None:
                self._kept.keep(tenant, incident_id, now)
            del self._differ[tenant, incident_id]
            if not is_well:
                self._differ[tenant, incident_id] = since or now  # behind all others
        return sum(since is not None and now - since > SETTLE for since in self._differ.values())

    def _next(self) -> list[tuple[str, str]]:
        """Return what this look is about: as much of what was never compared as of what differs, so
        that neither waits for the end of the other, and of each what waited longest. Where there
        is little of one, more of the other."""
        new = [one for one, since in self._differ.items() if since is None]
        known = [one for one, since in self._differ.items() if since is not None]
        of_known = min(len(known), max(_AT_A_TIME // 2, _AT_A_TIME - len(new)))
        return [*new[: _AT_A_TIME - of_known], *known[:of_known]]


def agrees(database: Database[Document], tenant: str, incident_id: str) -> bool:
    """Return whether the cases that an incident counts name it, and no others that it knew."""
    stands = _standing_of(database, tenant, incident_id)
    if not stands:
        return True
    found = database["cases"].find({"_id": {"$in": list(stands)}}, {"value": 1})
    names = {one["_id"]: (opened(one.get("value")) or {}).get("incident_id") for one in found}
    return all((names.get(key) == incident_id) is is_in for key, is_in in stands.items())


def _standing_of(database: Database[Document], tenant: str, incident_id: str) -> dict[str, bool]:
    """Return which of the first cases are of an incident, by all that was said of them: a later row
    than theirs may say that one has left."""
    store, after = MongoIncidentStore(database), 0
    stands: dict[str, bool] = {}
    while rows := store.members(tenant, incident_id, after, _AT_ONCE):
        for n, member in rows:
            key, after = f"{tenant}|{member.case_id}", n
            if key in stands or len(stands) < _AT_ONCE:
                stands[key] = member.is_in
    return stands


def standing(database: Database[Document], now: datetime) -> Standing:
    """Return what lasts at ``now``, of all tenants."""
    store = MongoIncidentStore(database)
    incidents = [
        incident
        for tenant in _tenants(database)
        for _, incident in store.lasting(tenant, now, _MOST_OPEN)
    ]
    oldest = min((one.opened_at for one in incidents), default=None)
    return Standing(len(incidents), sum(one.cases for one in incidents), oldest)


def _tenants(database: Database[Document]) -> list[str]:
    """Return the tenants that have places, each found by one look at the index."""
    found: list[str] = []
    while True:
        after = {"tenant": {"$gt": found[-1] if found else ""}, "quiet_us": {"$exists": True}}
        row = database["incident_log"].find_one(
            after, {"_id": 0, "tenant": 1}, sort=[("tenant", ASCENDING)]
        )
        if row is None:
            return found
        found.append(row["tenant"])
