"""Places and their incidents, in MongoDB: insert-only (ADR 0027)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from pymongo import DESCENDING
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from services.adapters.instants import to_micros
from services.adapters.mongo import DUPLICATE_KEY, Document, outages
from services.adapters.mongo_case_documents import entry_id
from services.adapters.mongo_inserts import READ_BATCH
from services.domain.incident_store import Incident, PlaceRow, place_of

_FIRST: Final = "{0}#"
_LAST: Final = "{0}$"
"""``$`` comes directly after ``#`` in ASCII: the end of the range of one place."""

_LOOKED_AT: Final = 5000
"""Rows of lasting incidents looked at for a list: of a fire with more cases the newest."""


class MongoIncidentStore:
    """The IncidentStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._rows = database["incident_log"]

    @outages()
    def newest(self, places: Iterable[str]) -> dict[str, PlaceRow]:
        """See the port."""
        found: dict[str, PlaceRow] = {}
        for place in places:
            within = {"$gte": _FIRST.format(place), "$lt": _LAST.format(place)}
            document = self._rows.find_one({"_id": within}, sort=[("_id", DESCENDING)])
            if document is not None:
                found[place] = _to_row(document)
        return found

    @outages()
    def of_commands(self, commands: Iterable[tuple[str, str]]) -> dict[tuple[str, str], PlaceRow]:
        """See the port."""
        marks = [_mark(place, command_id) for place, command_id in commands]
        rows = self._rows.find({"mark": {"$in": marks}}, batch_size=READ_BATCH)
        return {(row.place, row.command_id): row for row in map(_to_row, rows)}

    @outages()
    def lasting(self, tenant: str, now: datetime, limit: int) -> list[tuple[str, Incident]]:
        """See the port."""
        if limit <= 0:
            return []
        # Rows of an incident that was ended meanwhile are among these: the newest row decides.
        heard = self._rows.find(
            {"tenant": str(tenant), "quiet_us": {"$gte": to_micros(now)}},
            {"_id": 0, "place": 1},
            sort=[("quiet_us", DESCENDING)],
            limit=_LOOKED_AT,
        )
        places = dict.fromkeys(one["place"] for one in heard)
        newest = self.newest(list(places)[: 2 * limit])
        states = {place: place_of(row) for place, row in newest.items()}
        found = [
            (place, one.incident)
            for place, one in states.items()
            if one.incident is not None and one.incident.quiet_until >= now
        ]
        return sorted(found, key=lambda one: one[1].quiet_until, reverse=True)[:limit]

    @outages()
    def append(self, rows: Sequence[PlaceRow]) -> bool:
        """See the port."""
        if not rows:
            return True
        try:
            self._rows.insert_many([_from_row(row) for row in rows], ordered=True)
        except BulkWriteError as error:
            refusals = error.details["writeErrors"]
            if error.details["writeConcernErrors"] or any(
                refusal["code"] != DUPLICATE_KEY for refusal in refusals
            ):
                raise
            return False
        return True


def _mark(place: str, command_id: str) -> str:
    return f"{place}#{command_id}"


def _from_row(row: PlaceRow) -> Document:
    incident = place_of(row).incident
    lasts = {} if incident is None else {"quiet_us": to_micros(incident.quiet_until)}
    return lasts | {
        "_id": entry_id(row.place, row.n),
        "tenant": row.place.partition("|")[0],
        "place": row.place,
        "n": row.n,
        "mark": _mark(row.place, row.command_id),
        "command": row.command_id,
        "source": row.source,
        "state": row.state,
        "changes": list(row.changes),
        "joined": [{"case": case, "value": value} for case, value in row.joined],
    }


def _to_row(document: Document) -> PlaceRow:
    return PlaceRow(
        place=document["place"],
        n=document["n"],
        command_id=document["command"],
        source=document["source"],
        state=document["state"],
        changes=tuple(document["changes"]),
        joined=tuple((one["case"], one["value"]) for one in document["joined"]),
    )
