"""What the continuous audit has found wrong with cases and incidents, and how far its round through
the cases has come: kept in MongoDB, because whoever begins anew after a break needs hours for a
round, and an alarm must not end meanwhile that nobody has answered."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pymongo import DeleteMany, ReplaceOne
from pymongo.database import Database

from services.adapters.instants import from_micros, to_micros
from services.audit.database import Document

_PLACE: Final = "place"


class Wrong(StrEnum):
    """What is wrong with a case."""

    LATE = "late"
    MISARMED = "misarmed"


class Kept(NamedTuple):
    """What an audit before this one knew."""

    late: tuple[str, ...]
    misarmed: tuple[str, ...]
    after: str
    """The case behind which its round stood."""


class WrongCases:
    """Keys of late and of misarmed cases. Only what has changed since the last time is written."""

    def __init__(self, database: Database[Document]) -> None:
        self._kept = database["audit_cases"]
        self._written: set[str] = set()
        self._after = ""

    def known(self) -> Kept:
        """Return what was kept.

        Raises:
            OutageError: MongoDB is away; so :meth:`keep`.
        """
        found: dict[Wrong, list[str]] = {wrong: [] for wrong in Wrong}
        for row in self._kept.find({"_id": {"$ne": _PLACE}}, {"_id": 1}):
            wrong, _, case_key = row["_id"].partition("|")
            found[Wrong(wrong)].append(case_key)
            self._written.add(row["_id"])
        place = self._kept.find_one({"_id": _PLACE})
        self._after = str(place["after"]) if place is not None else ""
        return Kept(tuple(found[Wrong.LATE]), tuple(found[Wrong.MISARMED]), self._after)

    def keep(self, late: Iterable[str], misarmed: Iterable[str], after: str) -> None:
        """Remember which cases are wrong now, and where the round stands."""
        wanted = {f"{Wrong.LATE}|{key}" for key in late}
        wanted |= {f"{Wrong.MISARMED}|{key}" for key in misarmed}
        new, over = wanted - self._written, self._written - wanted
        writes: list[Any] = [ReplaceOne({"_id": one}, {}, upsert=True) for one in sorted(new)]
        if over:
            writes.append(DeleteMany({"_id": {"$in": sorted(over)}}))
        if after != self._after:
            writes.append(ReplaceOne({"_id": _PLACE}, {"after": after}, upsert=True))
        if writes:
            self._kept.bulk_write(writes)
        self._written, self._after = wanted, after


class WaitingIncidents:
    """Incidents that are to be compared with their cases, and since when they differ."""

    def __init__(self, database: Database[Document]) -> None:
        self._kept = database["audit_incidents"]

    def known(self) -> dict[tuple[str, str], datetime | None]:
        """Return them by tenant and incident; None: not found to differ yet.

        Raises:
            OutageError: MongoDB is away; so the others.
        """
        return {
            (row["tenant"], row["incident"]): None
            if row["since_us"] is None
            else from_micros(row["since_us"])
            for row in self._kept.find()
        }

    def keep(self, tenant: str, incident_id: str, since: datetime | None) -> None:
        """Remember one."""
        row = {
            "tenant": tenant,
            "incident": incident_id,
            "since_us": None if since is None else to_micros(since),
        }
        self._kept.replace_one({"_id": f"{tenant}|{incident_id}"}, row, upsert=True)

    def agrees(self, tenant: str, incident_id: str) -> None:
        """Forget one that agrees with its cases."""
        self._kept.delete_one({"_id": f"{tenant}|{incident_id}"})
