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
_AT_ONCE: Final = 5000
"""Rows of members that are read at a time; of a larger incident the first cases are compared."""
_MOST_OPEN: Final = 500


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
        """By tenant and incident: since when it is known to differ; None: not looked at yet."""

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
        }

    def look(self, database: Database[Document], now: datetime) -> int:
        """Compare some of what changed; return how many incidents have differed for too long."""
        waiting = sorted(self._differ, key=lambda one: self._differ[one] is not None)
        for tenant, incident_id in waiting[:_AT_A_TIME]:
            if agrees(database, tenant, incident_id):
                self._kept.agrees(tenant, incident_id)
                del self._differ[tenant, incident_id]
            elif self._differ[tenant, incident_id] is None:
                self._kept.keep(tenant, incident_id, now)
                self._differ[tenant, incident_id] = now
        return sum(since is not None and now - since > SETTLE for since in self._differ.values())


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
