"""Timers in memory: the twin of :mod:`services.adapters.mongo_timers`."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.adapters.memory_hooks import Hooked
from services.domain.timer_store import Place, TimerRow


class MemoryTimerStore(Hooked):
    """The TimerStore port; ``rows`` may be looked at and tampered with. Nothing is forgotten
    by itself: a test that wants it looks into ``forgotten_at``."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, TimerRow] = {}
        self._seqs: dict[str, set[int]] = {}
        self.forgotten_at: dict[str, datetime] = {}

    def insert(self, rows: Sequence[TimerRow], forget_at: datetime) -> None:
        """Insert what is not there; a row that is there stays as it is."""
        with self._operation("insert"):
            for row in rows:
                self.rows.setdefault(row.row_id, row)
                self._seqs.setdefault(row.case_key, set()).add(row.seq)
                if row.due is None:
                    self.forgotten_at.setdefault(row.row_id, forget_at)

    def due_between(
        self, partition: int, begin: Place, end: datetime, limit: int
    ) -> list[TimerRow]:
        """Return up to ``limit`` rows of a partition from ``begin``, due before ``end``."""
        with self._operation("due_between"):
            found = [
                (place, row)
                for row in self.rows.values()
                if row.partition == partition
                and (place := row.place) is not None
                and begin <= place
                and place.due < end
            ]
            return [row for _, row in sorted(found)[:limit]]

    def newest(self, case_keys: Iterable[str]) -> dict[str, int]:
        """Return the highest seq of each case that has rows."""
        with self._operation("newest"):
            return {key: max(seqs) for key in case_keys if (seqs := self._seqs.get(key))}

    def delete(self, row_ids: Iterable[str]) -> None:
        """Delete rows that are known to be superseded."""
        with self._operation("delete"):
            for row_id in row_ids:
                if (row := self.rows.pop(row_id, None)) is not None:
                    self._seqs[row.case_key].discard(row.seq)

    def remove(self, case_keys: Iterable[str]) -> None:
        """Delete every row of these cases."""
        with self._operation("remove"):
            gone = set(case_keys)
            self.rows = {i: row for i, row in self.rows.items() if row.case_key not in gone}
            for case_key in gone:
                self._seqs.pop(case_key, None)
