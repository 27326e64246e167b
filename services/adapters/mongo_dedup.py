"""What dedup remembers, in MongoDB: insert-only, winners read back (ADR 0001)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Final, TypeVar

from pymongo import ASCENDING, DESCENDING
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
from services.adapters.store_rules import SIGHTS_PER_PERSON, check_rows, tracking_taken
from services.domain.dedup_store import Absorbed, Claim, ContactRow, PersonSight

_PIECE: Final = 500

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
        self, persons: Iterable[tuple[str, str]], since: datetime
    ) -> Mapping[tuple[str, str], Sequence[PersonSight]]:
        """Return each (tenant, person)'s newest contacts received at or after ``since``."""
        newest: dict[tuple[str, str], list[PersonSight]] = {}
        for tenant, group in groupby(sorted(set(persons)), key=itemgetter(0)):
            for document in self._newest(tenant, [person for _, person in group], since):
                newest.setdefault((tenant, document["person"]), []).append(to_sight(document))
        return newest

    def _newest(self, tenant: str, persons: list[str], since: datetime) -> Iterator[Document]:
        """Yield at most SIGHTS_PER_PERSON contacts of each of the sorted ``persons``.

        Walks the index piece by piece and leaps to the next person once one has enough: a
        company with 100,000 contacts costs one piece and hides nobody behind it.
        """
        while persons:
            wanted = {
                "tenant": tenant,
                "person": {"$in": persons},
                "received_us": {"$gte": to_micros(since)},
            }
            order = [("person", ASCENDING), ("received_us", DESCENDING)]
            found = self._contacts.find(
                wanted, SIGHT_FIELDS, sort=order, limit=_PIECE, batch_size=_PIECE
            )
            piece = list(found)
            if len(piece) < _PIECE:
                persons = []
            else:
                last = piece[-1]["person"]
                cut = sum(document["person"] == last for document in piece)
                if cut < SIGHTS_PER_PERSON:
                    piece = piece[:-cut]
                    persons = [person for person in persons if person >= last]
                else:
                    persons = [person for person in persons if person > last]
            for _, group in groupby(piece, key=itemgetter("person")):
                yield from islice(group, SIGHTS_PER_PERSON)

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
