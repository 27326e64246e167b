"""Attempts to reach somebody, in memory: the twin of :mod:`services.adapters.mongo_sends`."""

from collections.abc import Iterable, Sequence

from schemas.cases import CaseChanged
from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from schemas.notices import NoticeRequested
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_hooks import Hooked
from services.adapters.memory_queries import MemoryQueries
from services.domain.send_store import ENDS_BADLY, AddressMark, Attempt, Claim, Result


class MemorySendStore(Hooked):
    """The SendStore port; what is stored can be looked at in ``claims`` and ``results``."""

    def __init__(self) -> None:
        super().__init__()
        self.claims: dict[str, Claim] = {}
        self.results: dict[str, Result] = {}
        self.decided: dict[str, NoticeRequested] = {}
        self.marks: dict[str, AddressMark] = {}

    def attempts(self, notice_ids: Iterable[str]) -> dict[str, list[Attempt]]:
        """See the port."""
        wanted = set(notice_ids)
        with self._operation("attempts"):
            keys = {(claim.notice_id, claim.attempt) for claim in self.claims.values()}
            keys |= {(result.notice_id, result.attempt) for result in self.results.values()}
            keys = {key for key in keys if key[0] in wanted}
            found: dict[str, list[Attempt]] = {}
            for notice_id, number in sorted(keys):
                key = f"{notice_id}#{number}"
                attempt = Attempt(number, self.claims.get(key), self.results.get(key))
                found.setdefault(notice_id, []).append(attempt)
            return found

    def claim(self, claims: Sequence[Claim]) -> frozenset[str]:
        """See the port."""
        with self._operation("claim"):
            taken = frozenset(claim.key for claim in claims if claim.key in self.claims)
            self.claims |= {claim.key: claim for claim in claims if claim.key not in taken}
            return taken

    def record(self, results: Sequence[Result]) -> dict[str, Result]:
        """See the port."""
        with self._operation("record"):
            return {result.key: self.results.setdefault(result.key, result) for result in results}

    def requested(self, notice_ids: Iterable[str]) -> dict[str, NoticeRequested]:
        """See the port."""
        with self._operation("requested"):
            return {one: self.decided[one] for one in set(notice_ids) if one in self.decided}

    def attempt_of(self, provider_id: str) -> tuple[str, int] | None:
        """See the port."""
        with self._operation("attempt_of"):
            found = (r for r in self.results.values() if r.provider_id == provider_id)
            return next(((r.notice_id, r.attempt) for r in found), None)

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

    def mark(self, marks: Sequence[AddressMark]) -> None:
        """See the port."""
        with self._operation("mark"):
            for one in marks:
                self.marks.setdefault(one.address, one)

    def marked(self, addresses: Iterable[str]) -> dict[str, AddressMark]:
        """See the port."""
        with self._operation("marked"):
            return {one: self.marks[one] for one in set(addresses) if one in self.marks}


class MemoryLetterFacts:
    """The LetterFacts port over the stores in memory, whose hooks apply."""

    def __init__(self, dedup: MemoryDedupStore, cases: MemoryCaseStore) -> None:
        self._dedup = dedup
        self._queries = MemoryQueries(dedup, cases)

    def contacts(self, contact_keys: Iterable[str]) -> dict[str, ContactDeduplicated]:
        """See the port."""
        rows = self._dedup.rows(contact_keys)
        return {key: decode(ContactDeduplicated, row.out) for key, row in rows.items()}

    def change(self, tenant: str, case_id: str, seq: int) -> CaseChanged | None:
        """See the port."""
        found = self._queries.history(tenant, case_id, after_seq=seq - 1, limit=1)
        return next((change for change in found if change.seq == seq), None)
