"""Attempts to reach somebody, in memory: the twin of :mod:`services.adapters.mongo_sends`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from schemas.cases import CaseChanged
from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from schemas.notices import NoticeRequested
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_hooks import Hooked
from services.adapters.memory_notices import MemoryNoticeStore
from services.adapters.memory_queries import MemoryQueries
from services.adapters.whole_matter import history_up_to
from services.domain.send_store import (
    ENDS_BADLY,
    AddressMark,
    Attempt,
    Bundle,
    Claim,
    Result,
    Unmarked,
)


class MemorySendStore(Hooked):
    """The SendStore port; what is stored can be looked at in ``claims`` and ``results``. What was
    decided is in ``decided``, and in ``notices`` where that is given."""

    def __init__(self, notices: MemoryNoticeStore | None = None) -> None:
        super().__init__()
        self.claims: dict[str, Claim] = {}
        self.results: dict[str, Result] = {}
        self.decided: dict[str, NoticeRequested] = {}
        self.marks: dict[str, AddressMark] = {}
        self.unmarked: list[Unmarked] = []
        self.releases: dict[str, str] = {}
        self._notices = notices
        self._numbers: dict[str, set[int]] = {}
        """Under which numbers something is known of a notice."""

    def attempts(self, notice_ids: Iterable[str]) -> dict[str, list[Attempt]]:
        """See the port."""
        with self._operation("attempts"):
            known = {key: sorted(self._numbers[key]) for key in notice_ids if key in self._numbers}
            return {
                key: [self._attempt(key, number) for number in numbers]
                for key, numbers in known.items()
            }

    def _attempt(self, notice_id: str, number: int) -> Attempt:
        key = f"{notice_id}#{number}"
        return Attempt(number, self.claims.get(key), self.results.get(key))

    def claim(self, claims: Sequence[Claim]) -> frozenset[str]:
        """See the port."""
        with self._operation("claim"):
            taken = frozenset(claim.key for claim in claims if claim.key in self.claims)
            self.claims |= {claim.key: claim for claim in claims if claim.key not in taken}
            for claim in claims:
                self._numbers.setdefault(claim.notice_id, set()).add(claim.attempt)
            return taken

    def record(self, results: Sequence[Result]) -> dict[str, Result]:
        """See the port."""
        with self._operation("record"):
            for result in results:
                self._numbers.setdefault(result.notice_id, set()).add(result.attempt)
            return {result.key: self.results.setdefault(result.key, result) for result in results}

    def requested(self, notice_ids: Iterable[str]) -> dict[str, NoticeRequested]:
        """See the port."""
        with self._operation("requested"):
            wanted = set(notice_ids)
            rows = {} if self._notices is None else self._notices.notices
            stored = {
                key: decode(NoticeRequested, rows[key].out)
                for key in wanted
                if key in rows and rows[key].told.is_requested
            }
            return stored | {one: self.decided[one] for one in wanted if one in self.decided}

    def release(self, sources: Mapping[str, str]) -> dict[str, str]:
        """See the port."""
        with self._operation("release"):
            winners = {key: self.releases.setdefault(key, by) for key, by in sources.items()}
            for key in winners:
                if self._notices is not None and key in self._notices.notices:
                    row = self._notices.notices[key]
                    self._notices.notices[key] = replace(row, due=None)
            return winners

    def attempts_called(self, provider_id: str) -> dict[str, tuple[str, int]]:
        """See the port."""
        with self._operation("attempts_called"):
            found = [one for one in self.results.values() if one.provider_id == provider_id]
            found.sort(key=lambda one: one.at)
            return {one.provider or "": (one.notice_id, one.attempt) for one in found}

    def ended_badly(self, limit: int) -> list[Result]:
        """See the port."""
        with self._operation("ended_badly"):
            found = [one for one in self.results.values() if one.outcome in ENDS_BADLY]
            return sorted(found, key=lambda one: one.at, reverse=True)[:limit]

    def last_to(self, address: str) -> str | None:
        """See the port."""
        with self._operation("last_to"):
            found = [claim for claim in self.claims.values() if claim.to == address]
            return max(found, key=lambda claim: claim.at).notice_id if found else None

    def latest_to(self, address: str, limit: int) -> list[str]:
        """See the port."""
        with self._operation("latest_to"):
            found = [claim for claim in self.claims.values() if claim.to == address]
            found.sort(key=lambda claim: claim.at, reverse=True)
            return [claim.notice_id for claim in found[:limit]]

    def mark(self, marks: Sequence[AddressMark]) -> None:
        """See the port."""
        with self._operation("mark"):
            for one in marks:
                if all(one != known.mark for known in self.unmarked):
                    self.marks.setdefault(one.address, one)

    def unmark(
        self, addresses: Iterable[str], actor: str, reason: str, at: datetime
    ) -> list[Unmarked]:
        """See the port."""
        with self._operation("unmark"):
            found = [self.marks[one] for one in sorted(set(addresses)) if one in self.marks]
            freed = [Unmarked(mark, actor, reason, at) for mark in found]
            self.unmarked += freed
            for mark in found:
                del self.marks[mark.address]
            return freed

    def marked(self, addresses: Iterable[str]) -> dict[str, AddressMark]:
        """See the port."""
        with self._operation("marked"):
            return {one: self.marks[one] for one in set(addresses) if one in self.marks}


class MemoryLetterFacts:
    """The LetterFacts port over the stores in memory, whose hooks apply."""

    def __init__(
        self,
        dedup: MemoryDedupStore,
        cases: MemoryCaseStore,
        notices: MemoryNoticeStore | None = None,
    ) -> None:
        self._dedup = dedup
        self._notices = notices or MemoryNoticeStore()
        self._queries = MemoryQueries(dedup, cases)

    def contacts(self, contact_keys: Iterable[str]) -> dict[str, ContactDeduplicated]:
        """See the port."""
        rows = self._dedup.rows(contact_keys)
        return {key: decode(ContactDeduplicated, row.out) for key, row in rows.items()}

    def contacts_of(
        self, tenant: str, case_id: str, person: str | None, limit: int
    ) -> list[ContactDeduplicated]:
        """See the port."""
        return self._queries.contacts(tenant, case_id, person, limit)

    def changes_from(self, tenant: str, case_id: str, seq: int, limit: int) -> list[CaseChanged]:
        """See the port."""
        return self._queries.history(tenant, case_id, after_seq=seq - 1, limit=limit)

    def history(self, tenant: str, case_id: str, up_to_seq: int) -> list[CaseChanged]:
        """See the port."""
        return history_up_to(self._queries, tenant, case_id, up_to_seq)

    def bundle(self, digest_id: str, limit: int) -> Bundle:
        """See the port."""
        rows = [row for row in self._notices.notices.values() if row.digest == digest_id]
        cases = sorted({row.case_key.partition("|")[2] for row in rows})
        return Bundle(len(rows), rows[0].told.kind if rows else "", tuple(cases[:limit]))
