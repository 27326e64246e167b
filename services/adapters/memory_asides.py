"""Notices on the lanes of their channels, in memory: the twin of
:mod:`services.adapters.mongo_asides`."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from services.adapters.memory_hooks import Hooked
from services.domain.aside_store import Aside


class MemoryAsideStore(Hooked):
    """The AsideStore port; what is stored can be looked at in ``rows``."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, Aside] = {}

    def put(self, rows: Sequence[Aside]) -> None:
        """See the port."""
        with self._operation("put"):
            for row in rows:
                self.rows.setdefault(row.notice_id, row)

    def oldest(
        self,
        channel: str,
        partitions: Iterable[int],
        without: Collection[str],
        limit: int,
        provider: str | None = None,
    ) -> list[Aside]:
        """See the port."""
        with self._operation("oldest"):
            wanted = set(partitions)
            found = [
                row
                for row in self.rows.values()
                if row.channel == channel and row.partition in wanted
                if row.notice_id not in without and provider in (None, row.provider)
            ]
            return sorted(found, key=lambda row: row.at)[:limit]

    def of(self, notice_ids: Iterable[str]) -> dict[str, Aside]:
        """See the port."""
        with self._operation("of"):
            return {one: self.rows[one] for one in set(notice_ids) if one in self.rows}

    def waiting(self, channel: str, partitions: Iterable[int]) -> dict[str, int]:
        """See the port."""
        with self._operation("waiting"):
            wanted = set(partitions)
            return dict(
                Counter(
                    row.provider
                    for row in self.rows.values()
                    if row.channel == channel and row.partition in wanted
                )
            )

    def take_away(self, notice_ids: Iterable[str]) -> None:
        """See the port."""
        with self._operation("take_away"):
            for one in set(notice_ids):
                self.rows.pop(one, None)
