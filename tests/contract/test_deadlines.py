"""What is due next for a case, as ``sla`` left it in MongoDB."""

from datetime import timedelta

import pytest
from pymongo.database import Database

from services.adapters.deadlines import Deadline, MongoDeadlines
from services.adapters.mongo import Document
from services.adapters.mongo_timers import MongoTimerStore
from services.domain.timer_store import TimerRow
from tests.support.builders import NOON, TENANT, at


def a_row(case_id: str, seq: int, hours: float | None, stage: str | None = "breach") -> TimerRow:
    return TimerRow(
        case_key=f"{TENANT}|{case_id}",
        seq=seq,
        partition=0,
        due=None if hours is None else at(hours=hours),
        armed_at=NOON,
        clock="resolution",
        stage=stage,
        level=1,
        run=0,
        step=None,
        policy="test",
    )


@pytest.mark.stack
def test_only_the_newest_timer_of_a_case_counts(database: Database[Document]) -> None:
    rows = [
        a_row("C1", 1, 1),
        a_row("C1", 2, 5, "warn"),
        a_row("C2", 3, 2),
        a_row("STOPPED", 1, 1),
        a_row("STOPPED", 2, None),
        a_row("WATCHED", 1, 3, stage=None),
    ]
    MongoTimerStore(database).insert(rows, NOON + timedelta(days=1))
    deadlines = MongoDeadlines(database)
    assert deadlines.next_due(TENANT, ["C1", "C2", "STOPPED", "WATCHED", "NONE"]) == {
        "C1": Deadline("resolution", "warn", at(hours=5)),
        "C2": Deadline("resolution", "breach", at(hours=2)),
    }
    assert deadlines.next_due("elsewhere", ["C1"]) == {}
    assert deadlines.next_due(TENANT, []) == {}
