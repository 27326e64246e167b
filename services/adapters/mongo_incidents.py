"""Places and their incidents, in MongoDB: insert-only (ADR 0027)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from services.adapters.instants import to_micros
from services.adapters.mongo import DUPLICATE_KEY, Document, outages
from services.adapters.mongo_case_documents import entry_id
from services.adapters.mongo_inserts import READ_BATCH
from services.adapters.store_rules import texts_of
from services.domain.incident_store import ContactText, Incident, Member, PlaceRow, place_of

_FIRST: Final = "{0}#"
_LAST: Final = "{0}$"
"""``$`` comes directly after ``#`` in ASCII: the end of the range of one place."""

_MOST_PLACES: Final = 2000
"""Places looked at for a list."""


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
        newest = self.newest(self._places(tenant, now))
        states = {place: place_of(row) for place, row in newest.items()}
        found = [
            (place, one.incident)
            for place, one in states.items()
            if one.incident is not None and one.incident.quiet_until >= now
        ]
        return sorted(found, key=lambda one: one[1].quiet_until, reverse=True)[:limit]

    def _places(self, tenant: str, now: datetime) -> Iterator[str]:
        """Yield the places where an incident lasts, or was ended by a person: of each the index
        is looked at once, however many rows it has."""
        last = ""
        for _ in range(_MOST_PLACES):
            found = self._rows.find_one(
                {
                    "tenant": str(tenant),
                    "place": {"$gt": last},
                    "quiet_us": {"$gte": to_micros(now)},
                },
                {"_id": 0, "place": 1},
                sort=[("place", ASCENDING)],
            )
            if found is None:
                return
            last = found["place"]
            yield last

    @outages()
    def tail(self, place: str, limit: int) -> list[PlaceRow]:
        """See the port."""
        if limit <= 0:
            return []
        within = {"$gte": _FIRST.format(place), "$lt": _LAST.format(place)}
        rows = self._rows.find({"_id": within}, sort=[("_id", DESCENDING)], limit=limit)
        return [_to_row(document) for document in rows][::-1]

    @outages()
    def about(self, tenant: str, incident_id: str, limit: int) -> list[PlaceRow]:
        """See the port."""
        if limit <= 0:
            return []
        wanted = {"tenant": str(tenant), "about": str(incident_id)}
        rows = self._rows.find(wanted, sort=[("n", DESCENDING)], limit=limit)
        return [_to_row(document) for document in rows]

    @outages()
    def change_after(self, place: str, n: int) -> PlaceRow | None:
        """See the port."""
        within = {"$gt": entry_id(place, int(n)), "$lt": _LAST.format(place)}
        wanted = {"_id": within, "changes.0": {"$exists": True}}
        document = self._rows.find_one(wanted, sort=[("_id", ASCENDING)])
        return None if document is None else _to_row(document)

    @outages()
    def members(
        self, tenant: str, incident_id: str, after: int, limit: int
    ) -> list[tuple[int, Member]]:
        """See the port."""
        if limit <= 0:
            return []
        wanted = {
            "tenant": str(tenant),
            "about": str(incident_id),
            "n": {"$gt": int(after)},
            "member": {"$exists": True},
        }
        fields = {"_id": 0, "n": 1, "about": 1, "member": 1}
        rows = self._rows.find(wanted, fields, sort=[("n", ASCENDING)], limit=limit)
        return [(one["n"], _to_member(one)) for one in rows]

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


class MongoContactTexts:
    """The ContactTexts port over dedup's ledger."""

    def __init__(self, database: Database[Document]) -> None:
        self._contacts = database["contacts"]

    @outages()
    def texts(self, contact_keys: Iterable[str]) -> dict[str, ContactText]:
        """See the port."""
        wanted = sorted(set(contact_keys))
        if not wanted:
            return {}
        found = self._contacts.find({"_id": {"$in": wanted}}, {"out": 1}, batch_size=READ_BATCH)
        return texts_of((document["_id"], document["out"]) for document in found)


def _mark(place: str, command_id: str) -> str:
    return f"{place}#{command_id}"


def _from_row(row: PlaceRow) -> Document:
    incident = place_of(row).incident
    lasts = {} if incident is None else {"quiet_us": to_micros(incident.quiet_until)}
    about: Document = {} if row.about is None else {"about": row.about}
    if row.member is not None:
        about["member"] = _from_member(row.member)
    return (
        lasts
        | about
        | {
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
            "passed": [{"place": place, "value": value} for place, value in row.passed],
        }
    )


def _from_member(member: Member) -> Document:
    who = {} if member.who is None else {"who": member.who}
    return {"case": member.case_id, "in": member.is_in, **who}


def _to_member(document: Document) -> Member:
    member = document["member"]
    return Member(document["about"], member["case"], member["in"], member.get("who"))


def _to_row(document: Document) -> PlaceRow:
    return PlaceRow(
        place=document["place"],
        n=document["n"],
        command_id=document["command"],
        source=document["source"],
        state=document["state"],
        changes=tuple(document["changes"]),
        joined=tuple((one["case"], one["value"]) for one in document["joined"]),
        passed=tuple((one["place"], one["value"]) for one in document.get("passed", ())),
        about=document.get("about"),
        member=_to_member(document) if "member" in document else None,
    )
