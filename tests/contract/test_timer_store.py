"""The TimerStore port: what both of its forms promise."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.database import Database

from services.adapters.memory_timers import MemoryTimerStore
from services.adapters.mongo import Document
from services.adapters.mongo_timers import MongoTimerStore
from services.domain.timer_store import BEGINNING, Place, TimerRow, TimerStore

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FAR = datetime(9000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def a_row(
    case: str = "C1", seq: int = 1, due: datetime | None = NOON, **fields: object
) -> TimerRow:
    row = TimerRow(
        f"default|{case}", seq, 0, due, NOON, "resolution", "escalate", 3, 1, 2, "sla-test"
    )
    return row._replace(**fields)  # type: ignore[arg-type]


def due(store: TimerStore, until: datetime = FAR, limit: int = 100) -> list[TimerRow]:
    return store.due_between(0, BEGINNING, until, limit)


def test_a_row_is_read_back_whole(timers: TimerStore) -> None:
    row = a_row(due=NOON + 7 * MICROSECOND, armed_at=NOON - MICROSECOND)
    watch = a_row("C2", stage=None, step=None)
    timers.insert([row, watch], FAR)
    assert due(timers) == [watch, row]


def test_a_row_that_is_there_stays_as_it_is(timers: TimerStore) -> None:
    timers.insert([a_row()], FAR)
    timers.insert([a_row(level=4, due=NOON + MICROSECOND), a_row("C2")], FAR)
    assert due(timers) == [a_row(), a_row("C2")]


def test_nothing_to_insert_and_nothing_to_delete_is_nothing(timers: TimerStore) -> None:
    timers.insert([], FAR)
    timers.delete([])
    assert timers.newest([]) == {}
    assert due(timers) == []


def test_the_end_is_open_to_the_microsecond(timers: TimerStore) -> None:
    timers.insert([a_row()], FAR)
    assert due(timers, until=NOON) == []
    assert due(timers, until=NOON + MICROSECOND) == [a_row()]


def test_rows_come_oldest_first_and_no_more_than_asked_for(timers: TimerStore) -> None:
    rows = [a_row(f"C{number}", due=NOON + number * MICROSECOND) for number in range(9)]
    timers.insert(rows[::-1], FAR)
    assert due(timers, limit=4) == rows[:4]
    assert due(timers, limit=0) == []


def test_a_row_without_a_due_time_is_not_due_but_counts_as_newest(timers: TimerStore) -> None:
    timers.insert([a_row(seq=1), a_row(seq=2, due=None)], FAR)
    assert due(timers) == [a_row(seq=1)]
    assert timers.newest(["default|C1"]) == {"default|C1": 2}


def test_partitions_are_apart(timers: TimerStore) -> None:
    timers.insert([a_row("C1", partition=1), a_row("C2", partition=0)], FAR)
    assert due(timers) == [a_row("C2")]


def test_the_newest_seq_of_each_case_is_known_also_among_many(timers: TimerStore) -> None:
    timers.insert([a_row(f"C{n}", seq) for n in range(30) for seq in range(1, 3 + n % 4)], FAR)
    cases = [f"default|C{n}" for n in range(40)]
    assert timers.newest(cases) == {f"default|C{n}": 2 + n % 4 for n in range(30)}


def test_a_case_whose_id_begins_like_another_has_its_own_rows(timers: TimerStore) -> None:
    timers.insert([a_row("C1", 1), a_row("C10", 5), a_row("C1.0", 7)], FAR)
    assert timers.newest(["default|C1"]) == {"default|C1": 1}


def test_deleted_rows_are_gone(timers: TimerStore) -> None:
    timers.insert([a_row(seq=1), a_row(seq=2), a_row("C2")], FAR)
    timers.delete([a_row(seq=1).row_id, "default|C9#00000001"])
    assert due(timers) == [a_row(seq=2), a_row("C2")]


def test_seqs_of_more_digits_stand_in_order(timers: TimerStore) -> None:
    timers.insert([a_row(seq=seq) for seq in (9, 10, 99_999_999)], FAR)
    assert [row.seq for row in due(timers)] == [9, 10, 99_999_999]


def test_pages_within_one_instant_continue_where_the_last_ended(timers: TimerStore) -> None:
    rows = [a_row(f"C{number:02d}") for number in range(25)] + [
        a_row("C00", due=NOON + MICROSECOND, seq=2)
    ]
    timers.insert(rows, FAR)
    found: list[TimerRow] = []
    begin = BEGINNING
    while page := timers.due_between(0, begin, FAR, 4):
        found += page
        begin = Place(page[-1].due or NOON, page[-1].row_id + "\0")
    assert found == rows


places = st.builds(
    lambda case, seq, micros: a_row(case, seq, NOON + micros * MICROSECOND),
    st.sampled_from(["C1", "C10", "C1.0", "C2", "D"]),
    st.integers(1, 4),
    st.integers(-2, 2),
)


@pytest.mark.stack
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(places, max_size=12),
    st.tuples(st.integers(-3, 3), st.sampled_from(["", "default|C1#00000002\0", "default|C2"])),
    st.integers(-3, 3),
    st.integers(0, 5),
)
def test_both_forms_give_the_same_pages(
    database: Database[Document],
    rows: Sequence[TimerRow],
    begin: tuple[int, str],
    end: int,
    limit: int,
) -> None:
    database["timers"].delete_many({})
    asked = (0, Place(NOON + begin[0] * MICROSECOND, begin[1]), NOON + end * MICROSECOND, limit)
    answers = []
    for store in (MemoryTimerStore(), MongoTimerStore(database)):
        for row in rows:
            store.insert([row], FAR)
        answers.append(store.due_between(*asked))
    assert answers[0] == answers[1]


def stages_of(plan: object) -> set[str]:
    """All stage names of an explained plan."""
    found: set[str] = set()
    if isinstance(plan, dict):
        if isinstance(plan.get("stage"), str):
            found.add(plan["stage"])
        for part in plan.values():
            found |= stages_of(part)
    elif isinstance(plan, list):
        for part in plan:
            found |= stages_of(part)
    return found


@pytest.mark.stack
def test_what_is_due_is_walked_along_the_index_from_where_it_begins(
    database: Database[Document],
) -> None:
    store = MongoTimerStore(database)
    store.insert(
        [a_row(f"C{number:03d}", due=NOON + number * MICROSECOND) for number in range(300)], FAR
    )
    database.command("profile", 2)
    try:
        page = store.due_between(0, Place(NOON + 200 * MICROSECOND, ""), FAR, 50)
        (seen,) = database["system.profile"].find({"command.find": "timers"})
    finally:
        database.command("profile", 0)
        database["system.profile"].drop()
    assert len(page) == 50
    assert seen["planSummary"].startswith("IXSCAN { partition: 1, due: 1, _id: 1 }")
    assert "hasSortStage" not in seen
    assert (seen["keysExamined"], seen["docsExamined"]) == (50, 50)


@pytest.mark.stack
def test_the_newest_seq_is_found_by_leaps(database: Database[Document]) -> None:
    rows = [a_row(f"C{n}", seq) for n in range(20) for seq in range(1, 30)]
    MongoTimerStore(database).insert(rows, FAR)
    pipeline = [
        {"$match": {"case": {"$in": [f"default|C{n}" for n in range(20)]}}},
        {"$sort": {"case": 1, "seq": -1}},
        {"$group": {"_id": "$case", "seq": {"$first": "$seq"}}},
    ]
    explained = database.command(
        "explain", {"aggregate": "timers", "pipeline": pipeline, "cursor": {}}
    )
    assert "DISTINCT_SCAN" in stages_of(explained)


@pytest.mark.stack
def test_what_says_that_a_case_has_no_clock_is_removed_in_the_end(
    database: Database[Document],
) -> None:
    MongoTimerStore(database).insert([a_row(), a_row("C2", due=None)], FAR)
    ends = {document["_id"]: document.get("forget_at") for document in database["timers"].find()}
    assert ends == {
        "default|C1#00000001": None,
        "default|C2#00000001": FAR.replace(tzinfo=None),
    }
    assert database["timers"].index_information()["forgotten"]["expireAfterSeconds"] == 0


def test_a_removed_case_leaves_no_row(timers: TimerStore) -> None:
    timers.insert([a_row("C1", 1), a_row("C1", 2, due=None), a_row("C10"), a_row("C2")], FAR)
    timers.remove(["default|C1", "default|C2", "default|C3"])
    timers.remove([])
    assert due(timers) == [a_row("C10")]
    assert timers.newest(["default|C1", "default|C10"]) == {"default|C10": 1}
