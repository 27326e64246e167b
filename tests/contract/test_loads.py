"""How many open cases each clerk has: counted beside the work, in an index, and seldom when it
takes long."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import pytest
from pymongo.database import Database
from pymongo.errors import ExecutionTimeout

from schemas.cases import CaseState
from schemas.vocabulary import CaseStatus
from services.adapters.mongo import Document
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_loads import REFRESH_SECONDS, REST, RETRY_SECONDS, MongoLoads
from tests.contract.examples import a_projection, a_state
from tests.support.manual_clock import ManualClock
from tests.support.waiting import eventually

LI: Final[dict[str, Any]] = {"assignee": "clerk-li"}


def hold(database: Database[Document], *states: CaseState) -> None:
    projections = [a_projection(s.seq, case=f"{s.tenant}|{s.case_id}", state=s) for s in states]
    MongoCaseStore(database).project(projections)


class Counts(MongoLoads):
    """Counts what it is asked for, each count taking ``takes`` seconds or failing."""

    def __init__(self, database: Database[Document], clock: ManualClock) -> None:
        super().__init__(database, clock)
        self.time = clock
        self.counted = 0
        self.takes = 0.0
        self.fails = False

    def _count(self) -> dict[str, int]:
        self.counted += 1
        self.time.advance(seconds=self.takes)
        if self.fails:
            raise ExecutionTimeout("too long")
        return super()._count()


def shown(loads: MongoLoads) -> Mapping[str, int]:
    """Return what is known once nobody counts any more."""
    loads()
    eventually(lambda: loads._counting is None or not loads._counting.is_alive(), within=10)
    return loads()


@pytest.fixture
def counts(database: Database[Document]) -> Counts:
    hold(database, a_state(case_id="C1", **LI))
    return Counts(database, ManualClock())


def test_what_is_open_and_worked_on_by_itself_counts_for_whoever_has_it(
    database: Database[Document],
) -> None:
    states: list[dict[str, Any]] = [
        LI,
        LI | {"status": CaseStatus.WAITING},
        LI | {"status": CaseStatus.CLOSED},
        LI | {"merged_into": "C1"},
        LI | {"tenant": "elsewhere"},
        {"assignee": "clerk-wu"},
        {},
    ]
    hold(database, *(a_state(case_id=f"C{n}", **one) for n, one in enumerate(states)))
    assert shown(MongoLoads(database, ManualClock())) == {"clerk-li": 3, "clerk-wu": 1}


def test_no_document_is_read_for_it(database: Database[Document]) -> None:
    hold(database, *(a_state(case_id=f"C{n}", **LI) for n in range(20)))
    database.command("profile", 2)
    try:
        shown(MongoLoads(database, ManualClock()))
        (asked,) = database["system.profile"].find({"op": "command", "command.aggregate": "cases"})
    finally:
        database.command("profile", 0)
        database["system.profile"].drop()
    assert asked["docsExamined"] == 0
    assert "assigned" in str(asked["command"]["hint"])


def test_counts_are_made_anew_when_they_are_some_seconds_old(
    database: Database[Document], counts: Counts
) -> None:
    assert shown(counts) == {"clerk-li": 1}
    hold(database, a_state(case_id="C2", **LI))
    assert shown(counts) == {"clerk-li": 1}
    counts.time.advance(seconds=REFRESH_SECONDS)
    assert shown(counts) == {"clerk-li": 2}
    assert counts.counted == 2


def test_what_takes_long_to_count_is_counted_seldom(counts: Counts) -> None:
    counts.takes = 1.0
    shown(counts)
    counts.time.advance(seconds=REST - 1)
    assert Counter([counts.counted, shown(counts)["clerk-li"]]) == Counter([1, 1])
    counts.time.advance(seconds=1)
    shown(counts)
    assert counts.counted == 2


def test_a_count_that_failed_leaves_what_was_known(counts: Counts) -> None:
    shown(counts)
    counts.fails = True
    counts.time.advance(seconds=REFRESH_SECONDS)
    assert shown(counts) == {"clerk-li": 1}
    counts.time.advance(seconds=RETRY_SECONDS - 1)
    shown(counts)
    assert counts.counted == 2
