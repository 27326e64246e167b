"""What notification remembers, in memory: the twin of :mod:`services.adapters.mongo_notices`."""

from collections.abc import Callable, Iterable, Sequence

from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_hooks import Hooked
from services.domain.notice_store import NoticeRow, Reach, Told
from services.domain.reach import reach_of


class MemoryNoticeStore(Hooked):
    """The NoticeStore port; what is stored can be looked at in ``notices``."""

    def __init__(self) -> None:
        super().__init__()
        self.notices: dict[str, NoticeRow] = {}

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
        for row in sorted(self.notices.values(), key=lambda row: row.told.seq):
            if row.told.who is not None and is_wanted(row):
                found.setdefault(row.case_key, []).append(row.told)
        return found

    def insert(self, rows: Sequence[NoticeRow]) -> dict[str, NoticeRow]:
        """See the port."""
        with self._operation("insert"):
            return {row.key: self.notices.setdefault(row.key, row) for row in rows}


class MemoryContactDirectory:
    """The ContactDirectory port over dedup's store in memory, whose hooks apply."""

    def __init__(self, dedup: MemoryDedupStore) -> None:
        self._dedup = dedup

    def reaches(self, contact_keys: Iterable[str]) -> dict[str, Reach]:
        """See the port."""
        rows = self._dedup.rows(contact_keys)
        return {key: reach_of(decode(ContactDeduplicated, row.out)) for key, row in rows.items()}
