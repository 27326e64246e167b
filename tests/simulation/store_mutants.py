"""Rules of ADRs 0001 and 0002, broken: who decides, the ledger, the case log."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Final

from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.cases import evolution
from services.cases import handler as cases_handler
from services.cases.planning import Item
from services.dedup import handler as dedup_handler
from services.dedup.handler import DedupHandler
from services.domain.case_store import LogEntry, LoggedEvent, Projection
from services.domain.dedup_store import Claim, ContactRow
from tests.simulation.mutant import NOTHING_ELSE, Method, Mutant, collector

MUTANTS: Final[list[Mutant]] = []
mutant = collector(MUTANTS)


# ---------------------------------------------------------------------- 0001: authority


@mutant("0001", MemoryDedupStore, "insert_claims")
def claim_winner_not_read_back(right: Method) -> Method:
    def insert(self: MemoryDedupStore, claims: Sequence[Claim]) -> dict[str, Claim]:
        right(self, claims)
        return {claim.key: claim for claim in claims}

    return insert


@mutant("0001", MemoryDedupStore, "insert_claims")
def person_known_not_read_back(right: Method) -> Method:
    def insert(self: MemoryDedupStore, claims: Sequence[Claim]) -> dict[str, Claim]:
        own = {claim.key: claim for claim in claims if claim.key.startswith("p|")}
        return {**right(self, claims), **own}

    return insert


@mutant("0001", MemoryDedupStore, "insert_rows")
def decision_not_read_back(right: Method) -> Method:
    def insert(self: MemoryDedupStore, rows: Sequence[ContactRow]) -> dict[str, ContactRow]:
        right(self, rows)
        return {row.key: row for row in rows}

    return insert


@mutant("0001", MemoryDedupStore, "rows")
def decided_anew_instead_of_looked_up(right: Method) -> Method:
    def rows(self: MemoryDedupStore, keys: Iterable[str]) -> dict[str, ContactRow]:
        for key in right(self, keys):
            row = self.contacts.pop(key)
            del self._by_tracking[row.tracking]
        return {}

    return rows


@mutant("0001", dedup_handler, "examine")
def case_id_not_from_its_contact(right: Method) -> Method:
    numbers = count()

    def examine(*args: Any) -> Any:
        return right(*args)._replace(own_case=f"CRANDOM{next(numbers)}")

    return examine


# ---------------------------------------------------------------------- 0002: ledger and log


@mutant("0002", MemoryDedupStore, "rows")
def replay_taken_for_resubmission(right: Method) -> Method:
    def rows(self: MemoryDedupStore, keys: Iterable[str]) -> dict[str, ContactRow]:
        return {key: replace(row, source="seen") for key, row in right(self, keys).items()}

    return rows


@mutant("0002", DedupHandler, "_emit")
def resubmission_taken_as_new(right: Method) -> Method:
    def emit(self: Any, arrivals: Any, rows: Any, undecided: Any, handled: Any) -> None:
        for arrival in arrivals:
            row = replace(rows[arrival.examined.key], source=arrival.source)
            right(self, [arrival], {row.key: row}, undecided, handled)

    return emit


@mutant("0002", MemoryDedupStore, "record_absorbed")
def resubmission_not_recorded(right: Method) -> Method:
    return lambda self, absorbed: None


@mutant("0002", MemoryDedupStore, "rows")
def reused_idempotency_key_absorbed(right: Method) -> Method:
    class Anything(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            return True

    def rows(self: MemoryDedupStore, keys: Iterable[str]) -> dict[str, ContactRow]:
        return {key: replace(row, digest=Anything()) for key, row in right(self, keys).items()}

    return rows


@mutant("0002", MemoryCaseStore, "append")
def append_conflict_ignored(right: Method) -> Method:
    def append(self: MemoryCaseStore, entries: Sequence[LogEntry]) -> frozenset[str]:
        right(self, entries)
        return frozenset()

    return append


@mutant("0002", MemoryCaseStore, "_insert")
def number_not_unique(right: Method) -> Method:
    def insert(self: MemoryCaseStore, entry: LogEntry) -> bool:
        self.log.get(entry.case_key, {}).pop(entry.n, None)
        return bool(right(self, entry))

    return insert


@mutant("0002", MemoryCaseStore, "_insert")
def token_not_unique(right: Method) -> Method:
    def insert(self: MemoryCaseStore, entry: LogEntry) -> bool:
        return bool(right(self, replace(entry, tokens=())))

    return insert


@mutant("0002", Item, "token")
def command_id_not_a_token(right: Method) -> Method:
    return property(lambda item: f"at:{item.source}")  # type: ignore[return-value]


@mutant("0002", cases_handler, "is_unproduced")
def unproduced_suffix_ignored(right: Method) -> Method:
    return lambda sources, positions: False


_BEHIND: Final = NOTHING_ELSE | {
    "crash": 0.04,
    "focus": ("after append", "before_begin"),
    "commands": 60,
}


@mutant(
    "0002",
    cases_handler.CasesHandler,
    "_unproduced",
    **_BEHIND,
)
def only_the_last_unproduced_entry(right: Method) -> Method:
    return lambda self, key, n, positions: right(self, key, n, positions)[-1:]


@mutant("0002", cases_handler.CasesHandler, "_unproduced", **_BEHIND)
def suffix_newest_first(right: Method) -> Method:
    return lambda self, key, n, positions: right(self, key, n, positions)[::-1]


@mutant("0002", cases_handler.CasesHandler, "_unproduced", **_BEHIND)
def suffix_written_anew(right: Method) -> Method:
    def anew(event: LoggedEvent) -> LoggedEvent:
        return replace(event, value=json.dumps(json.loads(event.value)).encode())

    def unproduced(self: Any, key: str, n: int, positions: Any) -> list[LogEntry]:
        found = right(self, key, n, positions)
        return [replace(one, events=tuple(map(anew, one.events))) for one in found]

    return unproduced


@mutant(
    "0002",
    MemoryCaseStore,
    "project",
    **NOTHING_ELSE | {"stall": 0.02, "focus": ("before project",), "commands": 120},
)
def projection_ungated(right: Method) -> Method:
    def project(self: MemoryCaseStore, projections: Sequence[Projection]) -> None:
        for one in projections:
            self.cases.pop(one.case_key, None)
        right(self, projections)

    return project


@mutant("0001", evolution, "_CHANGES")
def earliest_contact_ignored(right: Any) -> Any:
    def added(state: Any, event: Any) -> dict[str, Any]:
        changes = right["contact_added"](state, event)
        return {key: changes[key] for key in changes if key not in ("opened_at", "channel")}

    return {**right, "contact_added": added}
