"""Aftercare and retention in memory: the twin of :mod:`services.adapters.mongo_aftercare`."""

from collections.abc import Iterator
from datetime import datetime

from schemas.cases import CaseState
from schemas.codec import decode, encode
from schemas.contacts import ContactDeduplicated
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_labels import MemoryLabelStore
from services.adapters.memory_letters import MemoryLetterStore
from services.adapters.mongo_case_documents import ended_at
from services.domain.case_store import LogEntry
from services.domain.label_store import labels_of
from services.domain.merging import next_look_at
from services.domain.retention import REMOVED, without_person, without_words


class MemoryAftercare:
    """The AftercareStore port over the stores in memory."""

    def __init__(
        self,
        dedup: MemoryDedupStore,
        cases: MemoryCaseStore,
        labels: MemoryLabelStore | None = None,
        letters: MemoryLetterStore | None = None,
    ) -> None:
        self._dedup = dedup
        self._cases = cases
        self._labels = labels or MemoryLabelStore()
        self._letters = letters or MemoryLetterStore()
        self._forgotten: set[str] = set()

    def due(self, until: datetime) -> Iterator[CaseState]:
        """Return cases whose next look is due at ``until``, the one due first first."""
        found = [(at, state) for state in self._states() if (at := next_look_at(state)) is not None]
        return _first([one for one in found if one[0] <= until])

    def ended(self, before: datetime) -> Iterator[CaseState]:
        """Return cases that were answered for good before ``before``, the oldest first."""
        found = [(at, state) for state in self._states() if (at := ended_at(state)) is not None]
        return _first([one for one in found if one[0] < before])

    def anonymised(self, since: datetime) -> Iterator[CaseState]:
        """Return cases whose personal data were declared removed at or after ``since``."""
        found = [(one.anonymised_at, one) for one in self._states() if one.anonymised_at]
        return _first([one for one in found if one[0] >= since])

    def written_after(self) -> Iterator[CaseState]:
        """Return cases that changed after their personal data were declared removed."""
        found = [(one.anonymised_at, one) for one in self._states() if one.anonymised_at]
        return _first([(at, one) for at, one in found if at < one.updated_at])

    def case(self, tenant: str, case_id: str) -> CaseState | None:
        """Return where a case stands; None where it is not there."""
        found = self._cases.cases.get(f"{tenant}|{case_id}")
        return found.state if found is not None else None

    def forget(self, tenant: str, case_id: str, at: datetime) -> int:
        """Remove the personal parts of a case's contacts; return how many still had any."""
        rows = [
            row
            for key, row in self._dedup.contacts.items()
            if (row.tenant, row.case_id) == (tenant, case_id) and key not in self._forgotten
        ]
        for row in rows:
            out = encode(without_person(decode(ContactDeduplicated, row.out)))
            self._dedup.forget_person(row.key, out)
            self._forgotten.add(row.key)
        return len(rows)

    def worded(self, tenant: str, case_id: str) -> int:
        """Return how many log entries of a case hold what people wrote."""
        return len(self._worded(tenant, case_id))

    def forget_words(self, tenant: str, case_id: str, at: datetime) -> int:
        """Remove what people wrote about a case from its log and labels; return from how many
        entries."""
        silent = self._worded(tenant, case_id)
        for label in labels_of(silent):
            if label.label_id in self._labels.labels:
                self._labels.labels[label.label_id] = label
        for entry in silent:
            self._cases.log[entry.case_key][entry.n] = entry
        return len(silent)

    def forget_caseless(self, before: datetime, at: datetime) -> int:
        """Remove the personal parts of contacts that never came to be a case; return how many
        still had any."""
        keys = [key.partition("|") for key in self._letters.closed_book(before)]
        return sum(
            self.forget(tenant, case_id, at)
            for tenant, _, case_id in keys
            if self.case(tenant, case_id) is None
        )

    def forget_letters(self, before: datetime) -> int:
        """Remove what was written on dead letters that ended before then; return on how many."""
        return self._letters.silence(before, REMOVED)

    def _worded(self, tenant: str, case_id: str) -> list[LogEntry]:
        entries = self._cases.log.get(f"{tenant}|{case_id}", {}).values()
        return [silent for one in entries if (silent := without_words(one)) is not one]

    def _states(self) -> Iterator[CaseState]:
        return (one.state for one in self._cases.cases.values() if one.state is not None)


def _first(found: list[tuple[datetime, CaseState]]) -> Iterator[CaseState]:
    return iter([state for _, state in sorted(found, key=lambda one: one[0])])
