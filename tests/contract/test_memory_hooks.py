"""Stores in memory fail where and how a test tells them to."""

from collections.abc import Callable
from typing import Any

import pytest

from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_checkpoints import MemoryCheckpointStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_hooks import Hooked
from services.adapters.memory_queries import MemoryQueries
from services.domain.errors import OutageError
from services.runtime.ports import Checkpoint
from services.runtime.records import Spot
from tests.contract.examples import KEY, a_claim, a_projection, a_row, an_absorbed, an_entry
from tests.support.builders import TENANT, at

Act = Callable[[Any], object]

OPERATIONS: list[tuple[type[Hooked], str, Act]] = [
    (MemoryDedupStore, "rows", lambda store: store.rows([])),
    (MemoryDedupStore, "claims", lambda store: store.claims([])),
    (MemoryDedupStore, "sights", lambda store: store.sights([], at())),
    (MemoryDedupStore, "insert_claims", lambda store: store.insert_claims([a_claim()])),
    (MemoryDedupStore, "insert_rows", lambda store: store.insert_rows([a_row()])),
    (MemoryDedupStore, "record_absorbed", lambda store: store.record_absorbed([an_absorbed("s")])),
    (MemoryCaseStore, "projections", lambda store: store.projections([])),
    (MemoryCaseStore, "entries_after", lambda store: store.entries_after(KEY, 0)),
    (MemoryCaseStore, "newest_entries", lambda store: store.newest_entries(KEY, 1, 1)),
    (MemoryCaseStore, "entries_holding", lambda store: store.entries_holding(KEY, [])),
    (MemoryCaseStore, "append", lambda store: store.append([an_entry()])),
    (MemoryCaseStore, "project", lambda store: store.project([a_projection()])),
    (MemoryCaseStore, "barrier", lambda store: store.barrier()),
    (MemoryCheckpointStore, "load", lambda store: store.load("group")),
    (
        MemoryCheckpointStore,
        "save",
        lambda store: store.save("group", {Spot("topic", 0): Checkpoint("id", 1)}),
    ),
]


def away(op_name: str) -> None:
    raise OutageError("mongodb", f"away during {op_name}")


@pytest.mark.parametrize(("kind", "name", "act"), OPERATIONS, ids=lambda value: str(value))
def test_every_operation_fails_before_doing_anything(
    kind: type[Hooked], name: str, act: Act
) -> None:
    store = kind()
    store.before = away
    with pytest.raises(OutageError, match=f"away during {name}$"):
        act(store)
    assert not holds_anything(store)


@pytest.mark.parametrize(("kind", "name", "act"), OPERATIONS, ids=lambda value: str(value))
def test_every_operation_can_lose_its_answer_after_all_is_done(
    kind: type[Hooked], name: str, act: Act
) -> None:
    store = kind()
    store.after = away
    with pytest.raises(OutageError, match=f"away during {name}$"):
        act(store)
    writes = {"insert_claims", "insert_rows", "record_absorbed", "append", "project", "save"}
    assert holds_anything(store) == (name in writes)


def test_queries_fail_with_the_stores_they_ask() -> None:
    dedup, cases = MemoryDedupStore(), MemoryCaseStore()
    dedup.before = cases.before = away
    queries = MemoryQueries(dedup, cases)
    for ask in (
        lambda: queries.case(TENANT, "C1"),
        lambda: queries.history(TENANT, "C1"),
        lambda: queries.contacts(TENANT, "C1"),
        lambda: queries.contact(TENANT, "contact-1"),
        lambda: queries.by_tracking(None, "CODE"),
        lambda: queries.settlement(TENANT, "C1", "command-1"),
        lambda: queries.recent(TENANT, 5),
    ):
        with pytest.raises(OutageError):
            ask()


def holds_anything(store: Hooked) -> bool:
    match store:
        case MemoryDedupStore():
            return bool(store.contacts or store.claimed or store.absorbed)
        case MemoryCaseStore():
            return bool(store.log or store.cases)
        case MemoryCheckpointStore():
            return bool(store.saved)
    raise AssertionError(store)
