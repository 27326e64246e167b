"""Who was told what about a case, and how that ended: joined when somebody looks (ADR 0011)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple, Protocol

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from schemas.keys import case_key
from services.adapters.memory_asides import MemoryAsideStore
from services.adapters.memory_notices import MemoryNoticeStore
from services.adapters.memory_sends import MemorySendStore
from services.adapters.mongo import Document, outages
from services.adapters.mongo_asides import MongoAsideStore
from services.adapters.mongo_notices import to_row
from services.adapters.mongo_sends import MongoSendStore
from services.domain.aside_store import AsideStore
from services.domain.notice_fates import Fate, FateState, fate_of
from services.domain.notice_store import NoticeRow
from services.domain.send_store import ENDS_BADLY, Outcome, SendStore

LOOKED_AT: Final = 20_000
_AT_ONCE: Final = 500


class Unreached(NamedTuple):
    """A notice of a case that had to be told and reached nobody."""

    case_id: str
    fate: Fate


class CaseNotices(Protocol):
    """Raises OutageError when the database is away."""

    def of_case(
        self, tenant: str, case_id: str, after_seq: int = 0, limit: int = 500
    ) -> list[Fate]:
        """Return the notices about changes after ``after_seq``, in order of the changes."""
        ...

    def unreached(self, tenant: str, limit: int = 50) -> list[Unreached]:
        """Return whom we had to tell something and could not reach by any way, the newest first,
        out of the :data:`LOOKED_AT` newest ends that may be such."""
        ...


class MongoCaseNotices:
    """:class:`CaseNotices` on MongoDB; an installation without ``notification`` has none."""

    def __init__(self, database: Database[Document]) -> None:
        self._notices = database["notices"]
        self._results = database["notice_results"]
        self._sends = MongoSendStore(database)
        self._asides = MongoAsideStore(database)

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
        return _on_lanes(_with_fates(rows, self._sends), self._asides)

    @outages()
    def unreached(self, tenant: str, limit: int = 50) -> list[Unreached]:
        """See the port. By indexes that hold little else: what ``notification`` could tell nobody
        is marked; of what ``sender`` tried the ends are looked at, the newest first."""
        if limit <= 0:
            return []
        of_tenant = {"case": {"$gte": f"{tenant}|", "$lt": f"{tenant}}}"}}
        wanted = of_tenant | {"unreached_us": {"$exists": True}}
        marked = self._notices.find(
            wanted, sort=[("unreached_us", DESCENDING)], limit=limit, hint="unreached"
        )
        found = _unreached([to_row(one) for one in marked], self._sends)
        tried: list[Unreached] = []
        candidates = islice(self._ends_without_anybody(), LOOKED_AT)
        while len(tried) < limit and (some := list(islice(candidates, _AT_ONCE))):
            ids = {"_id": {"$in": sorted(set(some))}, "requested": True}
            rows = [to_row(one) for one in self._notices.find(of_tenant | ids)]
            tried += _unreached(rows, self._sends)
        return _newest([*found, *tried], limit)

    def _ends_without_anybody(self) -> Iterator[str]:
        """Yield the notices of results that may have ended one, the newest first: both indexes
        are read side by side, no further than somebody asks."""
        newest = [("at_us", DESCENDING)]
        fields = {"notice": 1, "at_us": 1}
        found = [
            self._results.find({"outcome": outcome}, fields, sort=newest, batch_size=_AT_ONCE)
            for outcome in ({"$in": sorted(ENDS_BADLY)}, str(Outcome.SUPPRESSED))
        ]
        for one in merge(*found, key=lambda one: one["at_us"], reverse=True):
            yield str(one["notice"])


class MemoryCaseNotices:
    """:class:`CaseNotices` over the stores in memory, whose hooks apply."""

    def __init__(
        self,
        notices: MemoryNoticeStore,
        sends: MemorySendStore,
        asides: MemoryAsideStore | None = None,
    ) -> None:
        self._notices = notices
        self._sends = sends
        self._asides = asides or MemoryAsideStore()

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
        return _on_lanes(_with_fates(rows, self._sends), self._asides)

    def unreached(self, tenant: str, limit: int = 50) -> list[Unreached]:
        """See the port."""
        rows = [
            row
            for row in self._notices.notices.values()
            if row.case_key.partition("|")[0] == tenant
        ]
        return _newest(_unreached(rows, self._sends), max(limit, 0))


def _with_fates(rows: Sequence[NoticeRow], sends: SendStore) -> list[tuple[NoticeRow, Fate]]:
    tried = sends.attempts(row.key for row in rows if row.told.is_requested)
    return [(row, fate_of(row, tried.get(row.key, []))) for row in rows]


def _on_lanes(found: Sequence[tuple[NoticeRow, Fate]], asides: AsideStore) -> list[Fate]:
    """Return the fates, those that wait with the lane on which they do."""
    waiting = [fate.notice_id for _, fate in found if fate.state is FateState.WAITING]
    lanes = asides.of(waiting) if waiting else {}
    return [
        fate
        if (lane := lanes.get(fate.notice_id)) is None
        else replace(fate, lane_since=lane.at, lane_provider=lane.provider)
        for _, fate in found
    ]


def _unreached(rows: Sequence[NoticeRow], sends: SendStore) -> list[Unreached]:
    return [
        Unreached(row.case_key.partition("|")[2], fate)
        for row, fate in _with_fates(rows, sends)
        if fate.unreached
    ]


def _newest(found: Iterable[Unreached], limit: int) -> list[Unreached]:
    once = {one.fate.notice_id: one for one in found}
    return sorted(once.values(), key=lambda one: one.fate.at, reverse=True)[:limit]
