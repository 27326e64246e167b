"""The read side over the stores in memory: the twin of :mod:`services.adapters.case_queries`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from schemas.cases import CaseChanged, CaseState, CommandSettled
from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from schemas.keys import case_key
from schemas.vocabulary import CaseStatus
from services.adapters.case_queries import MOST_CASES
from services.adapters.case_search import (
    COUNT_LIMIT,
    CaseFilter,
    Found,
    Order,
    Place,
    rank_of,
    urgency_of,
)
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.domain.dedup_store import ContactRow
from services.domain.merging import gravest


class MemoryQueries:
    """:class:`services.adapters.case_queries.Queries`; asks the stores, so their hooks apply."""

    def __init__(self, dedup: MemoryDedupStore, cases: MemoryCaseStore) -> None:
        self._dedup = dedup
        self._cases = cases

    def case(self, tenant: str, case_id: str) -> CaseState | None:
        """Return the newest state of a case."""
        key = case_key(tenant, case_id).decode()
        projection = self._cases.projections([key]).get(key)
        return projection.state if projection else None

    def history(
        self, tenant: str, case_id: str, after_seq: int = 0, limit: int = 200
    ) -> list[CaseChanged]:
        """Return what happened to a case after ``after_seq``, in order."""
        entries = self._cases.entries_after(case_key(tenant, case_id).decode(), 0)
        events = [event for entry in entries for event in entry.events if event.seq > after_seq]
        return [decode(CaseChanged, event.value) for event in events[: max(limit, 0)]]

    def contacts(
        self, tenant: str, case_id: str, person: str | None = None, limit: int = 50
    ) -> list[ContactDeduplicated]:
        """Return the contacts of a case (only ``person``'s, if given), newest first."""
        rows = [
            row
            for row in self._rows()
            if (row.tenant, row.case_id) == (tenant, case_id)
            and (person is None or row.person == person)
        ]
        rows.sort(key=lambda row: row.received_at, reverse=True)
        return [_decoded(row) for row in rows[: max(limit, 0)]]

    def contact(self, tenant: str, contact_id: str) -> ContactDeduplicated | None:
        """Return one contact and the case it belongs to."""
        key = f"{tenant}|{contact_id}"
        row = self._dedup.rows([key]).get(key)
        return _decoded(row) if row else None

    def by_tracking(self, tenant: str | None, code: str) -> ContactDeduplicated | None:
        """Return the contact with this tracking code, as the system writes codes."""
        for row in self._rows():
            if row.tracking == code and tenant in (None, row.tenant):
                return _decoded(row)
        return None

    def settlement(self, tenant: str, case_id: str, command_id: str) -> CommandSettled | None:
        """Return how the command with this id ended; None while it has not."""
        key = case_key(tenant, case_id).decode()
        for entry in self._cases.entries_holding(key, [f"cmd:{command_id}"]):
            for settled in entry.settlements:
                if settled.command_id == command_id:
                    return decode(CommandSettled, settled.value)
        return None

    def recent(self, tenant: str, limit: int, status: CaseStatus | None = None) -> list[CaseState]:
        """Return the cases that changed last, newest first."""
        states = [state for state in self._states(tenant) if status in (None, state.status)]
        states.sort(key=lambda state: state.updated_at, reverse=True)
        return states[: max(limit, 0)]

    def search(
        self, tenant: str, wanted: CaseFilter, order: Order, limit: int, after: Place | None = None
    ) -> Found:
        """Return the page of cases that begins after ``after``."""
        if limit <= 0:
            return Found([], None, 0)

        def position(state: CaseState) -> tuple[int, str]:
            return -rank_of(state, order), state.case_id

        states = sorted(filter(wanted.matches, self._states(tenant)), key=position)
        total = min(len(states), COUNT_LIMIT)
        if after is not None:
            states = [one for one in states if position(one) > (-after.rank, after.case_id)]
        page = states[:limit]
        more = Place(rank_of(page[-1], order), page[-1].case_id) if len(states) > limit else None
        return Found(page, more, total, total >= COUNT_LIMIT)

    def open_by_level(self, tenant: str) -> dict[int, int]:
        """Return how many cases of each level are open; without levels that have none."""
        return Counter(gravest(s) for s in self._states(tenant) if urgency_of(s) > 0)

    def cases_of_waybill(self, tenant: str, indexes: Sequence[str]) -> list[str]:
        """Return the ids of the cases about a waybill, given its index under every key."""
        claims = self._dedup.claims(sorted(self._dedup.claimed))
        return list(
            dict.fromkeys(
                claim.case_id
                for index in indexes
                for key, claim in claims.items()
                if key.startswith(f"w|{tenant}|{index}#")
            )
        )

    def count_cases_of(self, tenant: str, person: Sequence[str], since: datetime) -> int:
        """See the port."""
        known = set(person)
        found = {
            row.case_id
            for row in self._rows()
            if row.tenant == tenant and row.received_at >= since and known & set(row.lookups)
        }
        return min(len(found), MOST_CASES)

    def cases_of_person(self, tenant: str, person: Sequence[str]) -> list[str]:
        """See the port."""
        known, last = set(person), dict[str, datetime]()
        for row in self._rows():
            if row.tenant == tenant and known & set(row.lookups):
                last[row.case_id] = max(row.received_at, last.get(row.case_id, row.received_at))
        return sorted(sorted(last), key=lambda case_id: last[case_id], reverse=True)[:MOST_CASES]

    def contacts_by_id(
        self, tenant: str, contact_ids: Iterable[str]
    ) -> dict[str, ContactDeduplicated]:
        """Return the contacts that exist, by id."""
        rows = self._dedup.rows(f"{tenant}|{contact_id}" for contact_id in contact_ids)
        return {row.contact_id: _decoded(row) for row in rows.values()}

    def _states(self, tenant: str) -> list[CaseState]:
        projections = self._cases.projections(list(self._cases.cases)).values()
        states = (one.state for one in projections if one.state is not None)
        return [state for state in states if state.tenant == tenant]

    def _rows(self) -> Iterable[ContactRow]:
        return self._dedup.rows(list(self._dedup.contacts)).values()


def _decoded(row: ContactRow) -> ContactDeduplicated:
    return decode(ContactDeduplicated, row.out)
