"""What dedup remembers, in memory: the twin of :mod:`services.adapters.mongo_dedup`."""

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.adapters.memory_hooks import Hooked
from services.adapters.store_rules import check_rows, most_sights, to_sight, tracking_taken
from services.domain.dedup_store import Absorbed, Claim, ContactRow, Lookup, Sight


class MemoryDedupStore(Hooked):
    """The DedupStore port; what is stored can be looked at in the three public dicts."""

    def __init__(self) -> None:
        super().__init__()
        self.contacts: dict[str, ContactRow] = {}
        self.claimed: dict[str, Claim] = {}
        self.absorbed: dict[str, Absorbed] = {}
        self._by_tracking: dict[str, str] = {}
        self._found_by: dict[tuple[str, Lookup], list[Sight]] = {}

    def rows(self, keys: Iterable[str]) -> dict[str, ContactRow]:
        """Return the rows that exist, by key."""
        with self._operation("rows"):
            return {key: self.contacts[key] for key in keys if key in self.contacts}

    def claims(self, keys: Iterable[str]) -> dict[str, Claim]:
        """Return the claims that exist, by key."""
        with self._operation("claims"):
            return {key: self.claimed[key] for key in keys if key in self.claimed}

    def sights(
        self, wanted: Iterable[tuple[str, Lookup]], since: datetime
    ) -> Mapping[tuple[str, Lookup], Sequence[Sight]]:
        """Return the newest contacts received at or after ``since`` that each lookup finds."""
        with self._operation("sights"):
            newest = {}
            for lookup in set(wanted) & self._found_by.keys():
                nearest = self._found_by[lookup][: -most_sights(lookup[1]) - 1 : -1]
                known = [sight for sight in nearest if sight.received_at >= since]
                if known:
                    newest[lookup] = known
            return newest

    def insert_claims(self, claims: Sequence[Claim]) -> dict[str, Claim]:
        """Insert what is not there; return the winner of every key asked for."""
        with self._operation("insert_claims"):
            return {claim.key: self.claimed.setdefault(claim.key, claim) for claim in claims}

    def insert_rows(self, rows: Sequence[ContactRow]) -> dict[str, ContactRow]:
        """Insert what is not there; return the winner of every key asked for.

        Raises:
            PoisonError: a row bears the tracking code of another contact; the others are
                stored.
            ValueError: the grams of a row do not fit.
        """
        check_rows(rows)
        with self._operation("insert_rows"):
            borrowed = [row for row in rows if not self._insert_row(row)]
            if borrowed:
                raise tracking_taken()
            return {row.key: self.contacts[row.key] for row in rows}

    def _insert_row(self, row: ContactRow) -> bool:
        if row.key in self.contacts:
            return True
        if self._by_tracking.setdefault(row.tracking, row.key) != row.key:
            return False
        self.contacts[row.key] = row
        sight = to_sight(row)
        for lookup in row.lookups:
            found = self._found_by.setdefault((row.tenant, lookup), [])
            insort(found, sight, key=_received_at)
        return True

    def forget_person(self, key: str, out: bytes) -> None:
        """Keep ``out`` instead of what a row held, and nothing that leads to its person."""
        row = self.contacts[key]
        self.contacts[key] = replace(
            row,
            out=out,
            person=None,
            grams=(),
            marks=(),
            aliases=(),
            lookups=(),
            particulars=(),
        )
        sight = to_sight(row)
        for lookup in row.lookups:
            self._found_by[row.tenant, lookup].remove(sight)

    def record_absorbed(self, absorbed: Sequence[Absorbed]) -> None:
        """Insert what is not there (a replay records nothing new)."""
        with self._operation("record_absorbed"):
            for one in absorbed:
                self.absorbed.setdefault(one.source, one)


def _received_at(sight: Sight) -> datetime:
    return sight.received_at
