"""Who was told what about a case, and how that ended: joined when somebody looks (ADR 0011)."""

from typing import Protocol

from pymongo import ASCENDING
from pymongo.database import Database

from schemas.keys import case_key
from services.adapters.memory_notices import MemoryNoticeStore
from services.adapters.memory_sends import MemorySendStore
from services.adapters.mongo import Document, outages
from services.adapters.mongo_notices import to_row
from services.adapters.mongo_sends import MongoSendStore
from services.domain.notice_fates import Fate, fate_of


class CaseNotices(Protocol):
    """Raises OutageError when the database is away."""

    def of_case(
        self, tenant: str, case_id: str, after_seq: int = 0, limit: int = 500
    ) -> list[Fate]:
        """Return the notices about changes after ``after_seq``, in order of the changes."""
        ...


class MongoCaseNotices:
    """:class:`CaseNotices` on MongoDB; an installation without ``notification`` has none."""

    def __init__(self, database: Database[Document]) -> None:
        self._notices = database["notices"]
        self._sends = MongoSendStore(database)

    @outages()
    def of_case(
        self, tenant: str, case_id: str, after_seq: int = 0, limit: int = 500
    ) -> list[Fate]:
        """See the port. By the index ``case``: a query over what one case was told."""
        if limit <= 0:
            return []
        wanted = {"case": case_key(tenant, case_id).decode(), "seq": {"$gt": after_seq}}
        found = self._notices.find(wanted, sort=[("seq", ASCENDING)], limit=limit)
        rows = [to_row(document) for document in found]
        tried = self._sends.attempts(row.key for row in rows if row.told.is_requested)
        return [fate_of(row, tried.get(row.key, [])) for row in rows]


class MemoryCaseNotices:
    """:class:`CaseNotices` over the stores in memory, whose hooks apply."""

    def __init__(self, notices: MemoryNoticeStore, sends: MemorySendStore) -> None:
        self._notices = notices
        self._sends = sends

    def of_case(
        self, tenant: str, case_id: str, after_seq: int = 0, limit: int = 500
    ) -> list[Fate]:
        """See the port."""
        key = case_key(tenant, case_id).decode()
        rows = sorted(
            (
                row
                for row in self._notices.notices.values()
                if row.case_key == key and row.told.seq > after_seq
            ),
            key=lambda row: row.told.seq,
        )[: max(limit, 0)]
        tried = self._sends.attempts(row.key for row in rows)
        return [fate_of(row, tried.get(row.key, [])) for row in rows]
