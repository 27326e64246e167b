"""The case log and its projection, in memory: the twin of :mod:`services.adapters.mongo_cases`."""

from collections.abc import Iterable, Sequence

from services.adapters.memory_hooks import Hooked
from services.adapters.store_rules import check_entries
from services.domain.case_store import LogEntry, Projection


class MemoryCaseStore(Hooked):
    """The CaseStore port; ``log`` holds entries by case and number, ``cases`` projections."""

    def __init__(self) -> None:
        super().__init__()
        self.log: dict[str, dict[int, LogEntry]] = {}
        self.cases: dict[str, Projection] = {}
        self._marks: set[tuple[str, str]] = set()

    def projections(self, case_keys: Iterable[str]) -> dict[str, Projection]:
        """Return the projections that exist, by case key."""
        with self._operation("projections"):
            return {key: self.cases[key] for key in case_keys if key in self.cases}

    def entries_after(self, case_key: str, n: int) -> list[LogEntry]:
        """Return the log entries with a number above ``n``, in order."""
        with self._operation("entries_after"):
            return [entry for entry in self._in_order(case_key) if entry.n > n]

    def newest_entries(self, case_key: str, limit: int, up_to_n: int) -> list[LogEntry]:
        """Return up to ``limit`` entries numbered at most ``up_to_n``, newest first."""
        with self._operation("newest_entries"):
            entries = [entry for entry in self._in_order(case_key) if entry.n <= up_to_n]
            return entries[::-1][: max(limit, 0)]

    def entries_holding(self, case_key: str, marks: Iterable[str]) -> list[LogEntry]:
        """Return the entries that hold any of these sources or tokens, in order of n."""
        with self._operation("entries_holding"):
            wanted = set(marks)
            return [
                entry
                for entry in self._in_order(case_key)
                if not wanted.isdisjoint((*entry.sources, *entry.tokens))
            ]

    def append(self, entries: Sequence[LogEntry]) -> frozenset[str]:
        """Insert one entry per case; return the case keys whose entry met a conflict.

        Raises:
            ValueError: two entries of one case, or one without a source.
        """
        check_entries(entries)
        with self._operation("append"):
            return frozenset(entry.case_key for entry in entries if not self._insert(entry))

    def project(self, projections: Sequence[Projection]) -> None:
        """Write projections, each only over an older one of its case."""
        with self._operation("project"):
            for one in projections:
                present = self.cases.get(one.case_key)
                if present is None or present.n < one.n:
                    self.cases[one.case_key] = one

    def barrier(self) -> None:
        """Return after a majority acknowledged a write made now: here at once."""
        with self._operation("barrier"):
            pass

    def _in_order(self, case_key: str) -> list[LogEntry]:
        return [entry for _, entry in sorted(self.log.get(case_key, {}).items())]

    def _insert(self, entry: LogEntry) -> bool:
        log = self.log.setdefault(entry.case_key, {})
        marks = {(entry.case_key, mark) for mark in (*entry.sources, *entry.tokens)}
        if entry.n in log or not self._marks.isdisjoint(marks):
            return False
        log[entry.n] = entry
        self._marks |= marks
        return True
