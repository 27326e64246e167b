"""Insert-only writing: whoever comes first stays, whoever comes later reads it back.

Inserts cost a tenth of an update and need no lock, so nearly everything is one (ADR 0001).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from services.adapters.mongo import DUPLICATE_KEY, Document
from services.domain.errors import OutageError

READ_BATCH: Final = 10_000
"""Documents per network round trip of a read; the server cuts it off at 16 MB anyway."""
_PAUSES_S: Final = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)


def insert_new(collection: Collection[Document], documents: Sequence[Document]) -> list[int]:
    """Insert what no unique key refuses; return the positions of what was refused.

    Returns only when a majority has everything inserted here. For a refused one MongoDB
    waits the same way, so a majority read then finds what stands in its place.
    """
    if not documents:
        return []
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        refusals = error.details["writeErrors"]
        if error.details["writeConcernErrors"] or any(
            refusal["code"] != DUPLICATE_KEY for refusal in refusals
        ):
            raise
        return [refusal["index"] for refusal in refusals]
    return []


def insert_or_read(
    collection: Collection[Document],
    documents: Mapping[str, Document],
    examine: Callable[[list[Document]], None] = lambda missing: None,
) -> dict[str, Document]:
    """Insert ``documents`` (by ``_id``); return the stored ones that were there before.

    ``examine`` is given those that were refused and yet cannot be found by ``_id``; it
    may know why and raise. Otherwise the winner is not acknowledged by a majority yet, or
    was just rolled back: try again, for a third of a second at most.

    Raises:
        OutageError: a winner stays invisible.
    """
    found: dict[str, Document] = {}
    missing = list(documents.values())
    for pause in _PAUSES_S:
        lost = [missing[position]["_id"] for position in insert_new(collection, missing)]
        if not lost:
            return found
        winners = collection.find({"_id": {"$in": lost}}, batch_size=READ_BATCH)
        found.update((winner["_id"], winner) for winner in winners)
        missing = [documents[key] for key in lost if key not in found]
        if not missing:
            return found
        examine(missing)
        time.sleep(pause)
    raise OutageError("mongodb", f"{len(missing)} winners in {collection.name} stay invisible")
