"""Notices on the lanes of their channels, in MongoDB: inserted, and deleted when they are told."""

from collections.abc import Collection, Iterable, Sequence

from pymongo import ASCENDING
from pymongo.database import Database

from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import READ_BATCH, insert_new
from services.domain.aside_store import Aside


class MongoAsideStore:
    """The AsideStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._rows = database["notice_lanes"]

    @outages()
    def put(self, rows: Sequence[Aside]) -> None:
        """See the port."""
        insert_new(self._rows, [_from_aside(row) for row in rows])

    @outages()
    def oldest(
        self,
        channel: str,
        partitions: Iterable[int],
        without: Collection[str],
        limit: int,
        provider: str | None = None,
    ) -> list[Aside]:
        """See the port. Rows that end meanwhile are few: they are read and left out here."""
        wanted = _of_lane(channel, partitions)
        if provider is not None:
            wanted["provider"] = provider or None
        found = self._rows.find(
            wanted,
            sort=[("at_us", ASCENDING)],
            limit=limit + len(without),
            batch_size=READ_BATCH,
            hint="oldest" if provider is None else "of_provider",
        )
        return [_to_aside(one) for one in found if one["_id"] not in without][:limit]

    @outages()
    def of(self, notice_ids: Iterable[str]) -> dict[str, Aside]:
        """See the port."""
        found = self._rows.find({"_id": {"$in": sorted(set(notice_ids))}}, batch_size=READ_BATCH)
        return {one["_id"]: _to_aside(one) for one in found}

    @outages()
    def waiting(self, channel: str, partitions: Iterable[int]) -> dict[str, int]:
        """See the port. By the index alone."""
        counted = self._rows.aggregate(
            [
                {"$match": _of_lane(channel, partitions)},
                {"$group": {"_id": "$provider", "rows": {"$sum": 1}}},
            ],
            hint="of_provider",
        )
        return {one["_id"] or "": one["rows"] for one in counted}

    @outages()
    def take_away(self, notice_ids: Iterable[str]) -> None:
        """See the port."""
        self._rows.delete_many({"_id": {"$in": sorted(set(notice_ids))}})


def _of_lane(channel: str, partitions: Iterable[int]) -> Document:
    return {"channel": str(channel), "partition": {"$in": sorted(set(partitions))}}


def _from_aside(row: Aside) -> Document:
    named = {"provider": row.provider} if row.provider else {}
    return named | {
        "_id": row.notice_id,
        "channel": str(row.channel),
        "partition": row.partition,
        "at_us": to_micros(row.at),
        "value": row.value,
    }


def _to_aside(document: Document) -> Aside:
    return Aside(
        document["_id"],
        document["channel"],
        document["partition"],
        from_micros(document["at_us"]),
        document["value"],
        document.get("provider", ""),
    )
