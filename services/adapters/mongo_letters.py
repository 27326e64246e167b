"""Ends of dead letters in MongoDB: one document for each letter that is open no more."""

from collections.abc import Iterator, Sequence

from pymongo import ReplaceOne
from pymongo.database import Database

from services.adapters.instants import from_micros, to_micros
from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import READ_BATCH, insert_or_read
from services.domain.letter_store import LetterEnd, LetterFate


class MongoLetterStore:
    """The LetterStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._ends = database["letter_ends"]

    @outages()
    def replayed(self, ends: Sequence[LetterEnd]) -> None:
        """See the port."""
        if ends:
            self._ends.bulk_write(
                [ReplaceOne({"_id": end.place}, _from_end(end), upsert=True) for end in ends]
            )

    @outages()
    def discarded(self, ends: Sequence[LetterEnd]) -> list[LetterEnd]:
        """See the port."""
        earlier = insert_or_read(self._ends, {end.place: _from_end(end) for end in ends})
        return [_to_end(earlier[end.place]) for end in ends if end.place in earlier]

    @outages()
    def ends(self) -> Iterator[LetterEnd]:
        """See the port."""
        return map(_to_end, list(self._ends.find(batch_size=READ_BATCH)))


def _from_end(end: LetterEnd) -> Document:
    return {
        "_id": end.place,
        "letter": end.letter,
        "fate": str(end.fate),
        "source": end.source,
        "by": end.by,
        "at_us": to_micros(end.at),
        "note": end.note,
        **({"case": end.case} if end.case is not None else {}),
    }


def _to_end(document: Document) -> LetterEnd:
    return LetterEnd(
        document["_id"],
        document["letter"],
        LetterFate(document["fate"]),
        document["source"],
        document["by"],
        from_micros(document["at_us"]),
        document["note"],
        document.get("case"),
    )
