"""Parts of short messages in MongoDB: one document for each message that waits, and one for each
part that is gone on, which says nothing but that."""

import time
from datetime import datetime
from typing import Final

from pymongo import ASCENDING, ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from schemas.personal import Sealed
from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import insert_new
from services.domain.errors import OutageError
from services.domain.part_store import Fate, Put, Taken, WaitingMessage, WaitingPart, name_of
from services.domain.sms_parts import Piece

_TAKEN: Final = "{0}#taken"
"""Beside the names of its parts, each of which has a number there."""
_PAUSES_S: Final = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)


class MongoPartStore:
    """The PartStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._messages = database["sms_parts"]
        self._known = database["sms_parts_known"]

    @outages()
    def put(self, message: WaitingMessage, since: datetime) -> Put:
        """See the port. Who stands under the key is not seen while no majority has it: then it is
        tried again, for a third of a second at most."""
        for pause in _PAUSES_S:
            if self._is_known(message):
                return Put(Fate.HANDED_ON, self._standing(message.key))
            kept = self._keep(message, since)
            if kept is None:
                found = self._standing(message.key)
                fate = None if found is None else _fate(found, message, since)
                if fate is not None:
                    return Put(fate, found)
                time.sleep(pause)
            elif len(kept.parts) > 1 or not self._is_known(message):
                return Put(Fate.KEPT, kept)
            else:
                # The whole was handed on, and removed, between our question and our insert.
                parts = _from_message(message)["parts"]
                self._messages.delete_one(_same(message) | {"parts": parts})
                return Put(Fate.HANDED_ON, None)
        raise OutageError("mongodb", "a message in parts stays invisible")

    @outages()
    def oldest(self, until: datetime, after: datetime | None, limit: int) -> list[WaitingMessage]:
        """See the port."""
        span = {"$lte": to_micros(until)} | ({} if after is None else {"$gt": to_micros(after)})
        found = self._messages.find({"begun_us": span}, sort=[("begun_us", ASCENDING)], limit=limit)
        return [_to_message(one) for one in found]

    @outages()
    def close(self, message: WaitingMessage) -> WaitingMessage | None:
        """See the port."""
        found = self._messages.find_one_and_update(
            _same(message),
            {"$set": {"closed": True}},
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _to_message(found)

    @outages()
    def hand_on(self, message: WaitingMessage, until: datetime) -> None:
        """See the port. Known first and removed then: between them a part that comes again finds
        one of the two."""
        names = [name_of(message.key, one) for one in message.parts]
        insert_new(self._known, [{"_id": name, "forget_at": until} for name in names])
        if not message.is_whole:
            self._remember(message, until)
        self._messages.delete_one(_same(message))

    @outages()
    def taken(self, key: str, now: datetime) -> Taken | None:
        """See the port."""
        found = self._known.find_one({"_id": _TAKEN.format(key), "forget_at": {"$gt": now}})
        return None if found is None else _to_taken(found)

    def _remember(self, message: WaitingMessage, until: datetime) -> None:
        own, name = Taken.of(message), _TAKEN.format(message.key)
        before = self._known.find_one({"_id": name})
        if before is None or not _to_taken(before).lacks(own):
            document = {
                "_id": name,
                "forget_at": until,
                "begun_us": to_micros(own.begun_at),
                "begun_by": own.begun_by,
                "numbers": sorted(own.numbers),
            }
            self._known.replace_one({"_id": name}, document, upsert=True)

    def _is_known(self, message: WaitingMessage) -> bool:
        (part,) = message.parts
        wanted = {"_id": name_of(message.key, part), "forget_at": {"$gt": message.begun_at}}
        return self._known.find_one(wanted, {"_id": 1}) is not None

    def _standing(self, key: str) -> WaitingMessage | None:
        found = self._messages.find_one({"_id": key})
        return None if found is None else _to_message(found)

    def _keep(self, message: WaitingMessage, since: datetime) -> WaitingMessage | None:
        """Keep the part where nothing is in its way; None where something is, be it itself."""
        made = _from_message(message)
        ((number, part),) = made.pop("parts").items()
        wanted = {
            "_id": made.pop("_id"),
            "begun_us": {"$gt": to_micros(since)},
            "closed": {"$exists": False},
            f"parts.{number}": {"$exists": False},
        }
        try:
            found = self._messages.find_one_and_update(
                wanted,
                {"$set": {f"parts.{number}": part}, "$setOnInsert": made},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            return None
        return None if found is None else _to_message(found)


def _fate(stands: WaitingMessage, message: WaitingMessage, since: datetime) -> Fate | None:
    """Return what becomes of a part before which ``stands`` stands already; None where that has
    begun since then, and has room for it."""
    (part,) = message.parts
    if stands.is_closed or stands.begun_at <= since:
        return Fate.IN_THE_WAY
    there = {one.piece.number: one.digest for one in stands.parts}
    if part.piece.number not in there:
        return None
    return Fate.KEPT if there[part.piece.number] == part.digest else Fate.IN_THE_WAY


def _to_taken(document: Document) -> Taken:
    numbers = frozenset(document["numbers"])
    return Taken(from_micros(document["begun_us"]), document["begun_by"], numbers)


def _same(message: WaitingMessage) -> Document:
    own = _from_message(message)
    return {name: own[name] for name in ("_id", "begun_us", "begun_by")}


def _from_message(message: WaitingMessage) -> Document:
    return {
        "_id": message.key,
        "begun_us": to_micros(message.begun_at),
        "begun_by": message.begun_by,
        "tenant": message.tenant,
        "total": message.total,
        "sender": message.sender.model_dump(),
        "parts": {
            str(one.piece.number): {
                "digest": one.digest,
                "coding": one.piece.coding,
                "octets": one.piece.octets,
            }
            for one in message.parts
        },
    }


def _to_message(document: Document) -> WaitingMessage:
    parts = sorted((int(number), one) for number, one in document["parts"].items())
    return WaitingMessage(
        document["_id"],
        document["tenant"],
        document["total"],
        from_micros(document["begun_us"]),
        document["begun_by"],
        Sealed(**document["sender"]),
        tuple(
            WaitingPart(one["digest"], Piece(number, one["coding"], one["octets"]))
            for number, one in parts
        ),
        document.get("closed", False),
    )
