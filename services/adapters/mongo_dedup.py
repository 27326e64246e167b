"""What dedup remembers, in MongoDB: insert-only, winners read back (ADR 0001)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Final, TypeVar

from pymongo.database import Database

from services.adapters.instants import to_micros
from services.adapters.mongo import Document, outages
from services.adapters.mongo_dedup_documents import (
    SIGHT_FIELDS,
    from_absorbed,
    from_claim,
    from_row,
    to_claim,
    to_row,
    to_sight,
)
from services.adapters.mongo_inserts import READ_BATCH, insert_new, insert_or_read
from services.adapters.store_rules import check_rows, most_sights, tracking_taken
from services.domain.dedup_store import Absorbed, Claim, ContactRow, Lookup, Sight

_PIECE: Final = 200

Keyed = TypeVar("Keyed", Claim, ContactRow)


class MongoDedupStore:
    """The DedupStore port on a database from :func:`services.adapters.mongo.open_database`."""

    def __init__(self, database: Database[Document]) -> None:
        self._contacts = database["contacts"]
        self._claims = database["claims"]
        self._absorbed = database["absorbed"]

    @outages()
    def rows(self, keys: Iterable[str]) -> dict[str, ContactRow]:
        """Return the rows that exist, by key."""
        found = self._contacts.find({"_id": {"$in": list(keys)}}, batch_size=READ_BATCH)
        return {document["_id"]: to_row(document) for document in found}

    @outages()
    def claims(self, keys: Iterable[str]) -> dict[str, Claim]:
        """Return the claims that exist, by key."""
        found = self._claims.find({"_id": {"$in": list(keys)}}, batch_size=READ_BATCH)
        return {document["_id"]: to_claim(document) for document in found}

    @outages()
    def sights(
        self, wanted: Iterable[tuple[str, Lookup]], since: datetime
    ) -> Mapping[tuple[str, Lookup], Sequence[Sight]]:
        """Return the newest contacts received at or after ``since`` that each lookup finds."""
        newest: dict[tuple[str, Lookup], list[Sight]] = {}
        for tenant, group in groupby(sorted(set(wanted), key=_as_indexed), key=itemgetter(0)):
            for lookup, document in self._newest(tenant, [one for _, one in group], since):
                newest.setdefault((tenant, lookup), []).append(to_sight(document))
        return newest

    def _newest(
        self, tenant: str, lookups: list[Lookup], since: datetime
    ) -> Iterator[tuple[Lookup, Document]]:
        """Yield at most so many contacts of each of the ``lookups``, which are in the
        order of the index.

        Walks the index piece by piece and leaps to the next lookup once one has enough: a
        company with 100,000 contacts costs one piece and hides nobody behind it. The order is
        the index's, which the hint fixes; a sort over an array would be made in memory.
        """
        received = {"$gte": to_micros(since)}
        place_of = {lookup: place for place, lookup in enumerate(lookups)}
        start = 0
        while start < len(lookups):
            found = self._contacts.find(
                {"tenant": tenant, "lookups": {"$in": lookups[start:]}, "received_us": received},
                SIGHT_FIELDS,
                hint="lookup_newest",
                limit=_PIECE,
                batch_size=_PIECE,
            )
            # The walk meets a document at the first of its lookups that is asked for.
            piece = [
                (min(p for one in d["lookups"] if (p := place_of.get(one, -1)) >= start), d)
                for d in found
            ]
            if len(piece) < _PIECE:
                start = len(lookups)
            else:
                last = piece[-1][0]
                cut = sum(place == last for place, _ in piece)
                if cut < most_sights(lookups[last]):
                    piece = piece[:-cut]
                    start = last
                else:
                    start = last + 1
            for place, group in groupby(piece, key=itemgetter(0)):
                for _, document in islice(group, most_sights(lookups[place])):
                    yield lookups[place], document

    @outages()
    def insert_claims(self, claims: Sequence[Claim]) -> dict[str, Claim]:
        """Insert what is not there; return the winner of every key asked for."""
        first = _first_by_key(claims)
        earlier = insert_or_read(
            self._claims, {key: from_claim(claim) for key, claim in first.items()}
        )
        return first | {key: to_claim(document) for key, document in earlier.items()}

    @outages()
    def insert_rows(self, rows: Sequence[ContactRow]) -> dict[str, ContactRow]:
        """Insert what is not there; return the winner of every key asked for.

        Raises:
            PoisonError: a row bears the tracking code of another contact.
            ValueError: the grams of a row do not fit.
        """
        check_rows(rows)
        first = _first_by_key(rows)
        earlier = insert_or_read(
            self._contacts,
            {key: from_row(row) for key, row in first.items()},
            self._refuse_borrowed_tracking,
        )
        return first | {key: to_row(document) for key, document in earlier.items()}

    def _refuse_borrowed_tracking(self, missing: list[Document]) -> None:
        keys = {document["_id"] for document in missing}
        codes = [document["tracking"] for document in missing]
        holders = self._contacts.find({"tracking": {"$in": codes}}, {"_id": 1})
        if any(holder["_id"] not in keys for holder in holders):
            raise tracking_taken()

    @outages()
    def record_absorbed(self, absorbed: Sequence[Absorbed]) -> None:
        """Insert what is not there (a replay records nothing new)."""
        first = {one.source: from_absorbed(one) for one in reversed(absorbed)}
        insert_new(self._absorbed, list(first.values()))


def _first_by_key(items: Sequence[Keyed]) -> dict[str, Keyed]:
    first: dict[str, Keyed] = {}
    for item in items:
        first.setdefault(item.key, item)
    return first


def _as_indexed(wanted: tuple[str, Lookup]) -> tuple[str, bool, Lookup]:
    """Sort as MongoDB does: numbers before strings."""
    return wanted[0], isinstance(wanted[1], str), wanted[1]
