"""What the continuous audit sees of timers: all that wait for an action, however many do not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.adapters.instants import to_micros
from services.audit.follow_timers import OverdueWatch
from services.audit.follow_unarmed import UnarmedWatch
from tests.support.namespaces import Namespace

pytestmark = [pytest.mark.timeout(120)]

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=3)
LATE = timedelta(minutes=7)


class Files:
    """Cases and their timers, written as the workers write them."""

    def __init__(self, namespace: Namespace) -> None:
        self.database = namespace.database
        self.cases: list[dict[str, Any]] = []
        self.timers: list[dict[str, Any]] = []

    def case(self, name: str, seq: int = 3, status: str = "received", **fields: Any) -> None:
        row = {"_id": f"t|{name}", "seq": seq, "status": status, "updated_at": LONG_AGO}
        self.cases.append(row | fields)

    def timer(
        self, name: str, due: datetime | None, stage: str | None = "breach", seq: int = 3
    ) -> None:
        row = {"_id": f"t|{name}#{seq:08d}", "case": f"t|{name}", "seq": seq, "partition": 1}
        row |= {"due": to_micros(due)} if due is not None else {"forget_at": NOW}
        self.timers.append(row | ({"stage": stage} if stage is not None else {}))

    def write(self) -> None:
        for name, rows in (("cases", self.cases), ("timers", self.timers)):
            if rows:
                self.database[name].insert_many(rows)
            rows.clear()


@pytest.fixture
def files(namespace: Namespace) -> Files:
    return Files(namespace)


def test_cases_at_the_end_of_their_ladders_neither_page_nor_hide_one_that_is_overdue(
    files: Files,
) -> None:
    for number in range(700):
        files.case(f"told-{number}")
        files.timer(f"told-{number}", LONG_AGO + timedelta(seconds=number), stage=None)
    files.write()
    assert OverdueWatch(files.database).look(2, NOW) == (0, None)
    files.case("silent")
    files.timer("silent", NOW - LATE)
    files.write()
    assert OverdueWatch(files.database).look(2, NOW) == (1, NOW - LATE)


def test_every_overdue_case_counts_and_none_that_was_answered(files: Files) -> None:
    for number in range(1200):
        files.case(f"moved-{number}", seq=4)
        files.timer(f"moved-{number}", LONG_AGO)
    for number in range(1100):
        files.case(f"silent-{number}")
        files.timer(f"silent-{number}", NOW - LATE + timedelta(seconds=number % 3))
    for number, status in enumerate(("resolved", "closed", "rejected", "archived", "appealed")):
        files.case(f"answered-{number}", status=status)
        files.timer(f"answered-{number}", NOW - LATE)
    files.case("slow")
    files.timer("slow", NOW - timedelta(minutes=4))
    files.write()
    assert OverdueWatch(files.database).look(2, NOW) == (1100, NOW - LATE)


def test_a_look_without_time_goes_on_where_the_last_one_ended(files: Files) -> None:
    for number in range(25):
        files.case(f"silent-{number:02}")
        files.timer(f"silent-{number:02}", NOW - LATE)
    files.write()
    watch = OverdueWatch(files.database, page=10, seconds=0)
    seen = [watch.look(2, NOW).cases for _ in range(4)]  # the first page is of an empty partition
    assert seen == [0, 10, 20, 25]
    files.database["cases"].update_many({}, {"$set": {"seq": 4}})
    assert [watch.look(2, NOW).cases for _ in range(4)] == [25, 25, 25, 0]


def test_an_open_case_that_nobody_armed_is_seen(files: Files) -> None:
    files.case("armed")
    files.timer("armed", NOW + timedelta(days=1))
    files.case("watched")
    files.timer("watched", NOW, stage=None)
    files.case("never")
    files.case("outdated", seq=4)
    files.timer("outdated", NOW)
    files.case("moving", updated_at=NOW - timedelta(minutes=1))
    files.case("answered", status="closed")
    files.case("settled", status="of tomorrow", resolved_at=LONG_AGO)
    files.case("another", status="of tomorrow")
    files.write()
    files.database["cases"].insert_one({"_id": "t|empty", "n": 0})  # nothing happened to it yet
    assert UnarmedWatch(files.database).look(NOW) == 3  # never, outdated, another


def test_the_round_through_the_cases_takes_some_in_each_look(files: Files) -> None:
    for number in range(25):
        files.case(f"bare-{number:02}")
    files.write()
    watch = UnarmedWatch(files.database, cases=10)
    assert [watch.look(NOW) for _ in range(3)] == [10, 20, 25]
    for number in range(20):
        files.timer(f"bare-{number:02}", NOW)
    files.write()
    assert [watch.look(NOW) for _ in range(3)] == [25, 25, 5]
