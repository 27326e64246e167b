"""What notification remembers, in memory: the twin of :mod:`services.adapters.mongo_notices`."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_hooks import Hooked
from services.domain.notice_store import NoticeRow, Reach, Standing, Told, Waiting
from services.domain.reach import read_reach


class MemoryNoticeStore(Hooked):
    """The NoticeStore port; what is stored can be looked at in ``notices``."""

    def __init__(self) -> None:
        super().__init__()
        self.notices: dict[str, NoticeRow] = {}
        self.stood: dict[tuple[str, int], Standing] = {}

    def about(self, pairs: Iterable[tuple[str, str]]) -> dict[str, list[Told]]:
        """See the port."""
        wanted = set(pairs)
        with self._operation("about"):
            return self._told(lambda row: (row.case_key, row.told.who) in wanted)

    def of_cases(self, case_keys: Iterable[str]) -> dict[str, list[Told]]:
        """See the port."""
        wanted = set(case_keys)
        with self._operation("of_cases"):
            return self._told(lambda row: row.case_key in wanted)

    def _told(self, is_wanted: Callable[[NoticeRow], bool]) -> dict[str, list[Told]]:
        found: dict[str, list[Told]] = {}
        wanted = [row for row in self.notices.values() if row.told.who and is_wanted(row)]
        for row in sorted(wanted, key=lambda row: row.told.seq):
            found.setdefault(row.case_key, []).append(row.told)
        return found

    def stand(self, found: Mapping[tuple[str, int], Standing]) -> dict[tuple[str, int], Standing]:
        """See the port."""
        with self._operation("stand"):
            return {change: self.stood.setdefault(change, one) for change, one in found.items()}

    def insert(self, rows: Sequence[NoticeRow]) -> dict[str, NoticeRow]:
        """See the port."""
        with self._operation("insert"):
            return {row.key: self.notices.setdefault(row.key, row) for row in rows}

    def sent_since(self, since: datetime, recipients: Iterable[str], limit: int) -> dict[str, int]:
        """See the port."""
        wanted = set(recipients)
        with self._operation("sent_since"):
            found = Counter(
                row.to
                for row in self.notices.values()
                if row.to in wanted and row.decided_at is not None and row.decided_at >= since
            )
        return {name: min(number, limit) for name, number in found.items()}

    def due(self, partitions: Iterable[int], until: datetime, limit: int) -> list[Waiting]:
        """See the port."""
        wanted = set(partitions)
        with self._operation("due"):
            found = [
                Waiting(row.key, row.case_key, row.due, row.told.seq, row.told.kind, row.told.who)
                for row in self.notices.values()
                if row.due is not None and row.due <= until and row.partition in wanted
            ]
        return sorted(found, key=lambda one: (one.due, one.notice_id))[:limit]


class MemoryContactDirectory:
    """The ContactDirectory port over dedup's store in memory, whose hooks apply."""

    def __init__(self, dedup: MemoryDedupStore, cases: MemoryCaseStore | None = None) -> None:
        self._dedup = dedup
        self._cases = cases or MemoryCaseStore()

    def reaches(self, contact_keys: Iterable[str]) -> dict[str, Reach]:
        """See the port."""
        rows = self._dedup.rows(contact_keys)
        return {key: read_reach(row.out) for key, row in rows.items()}

    def standings(self, case_keys: Iterable[str]) -> dict[str, Standing]:
        """See the port."""
        found = self._cases.projections(sorted(set(case_keys)))
        states = [(key, one.state) for key, one in found.items()]
        return {
            key: Standing(state.level, state.team, state.assignee, state.waiting_for)
            for key, state in states
            if state is not None
        }
