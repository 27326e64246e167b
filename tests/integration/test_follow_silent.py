"""Check L all the time: what passed in silence is seen by the log alone, and read no more often
than something can have happened."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.routes import ContactRouted
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.mongo_timers import MongoTimerStore
from services.audit.follow_silent import SilenceWatch
from services.cases.policies import load_policies
from services.domain.clocks.book import open_book
from services.domain.timer_store import TimerRow
from tests.support.builders import (
    ELAPSED,
    NOON,
    a_command,
    a_contact,
    a_deduplicated,
    a_routed,
)
from tests.support.namespaces import Namespace
from tests.unit.cases.desk import Desk

pytestmark = pytest.mark.stack
DUE = NOON + timedelta(hours=24)
"""When the acknowledgement of a case of level 1 is due."""
LATE = DUE + timedelta(minutes=4)


class Files:
    """Cases as their writer left them in MongoDB, while no timer ever fired."""

    def __init__(self, database: Any) -> None:
        self.database = database
        book = open_book(MongoPolicyArchive(database), ELAPSED)
        self.desk = Desk(policies=load_policies(book))

    def open(self, *names: str) -> None:
        for name in names:
            self.desk.take(opening(name))
        self.write()

    def act(self, kind: str, name: str, **fields: Any) -> None:
        self.desk.take(a_command(kind, opening(name).case_id, f"{kind}-{name}", **fields))
        self.write()

    def write(self) -> None:
        store = MongoCaseStore(self.database)
        for key, entries in self.desk.store.log.items():
            for _, entry in sorted(entries.items()):
                store.append([entry])
            store.project([self.desk.store.cases[key]])


def opening(name: str) -> ContactRouted:
    """Return the contact that opens a case of its own."""
    return a_routed(a_deduplicated(a_contact(name, waybill=f"SF-{name}")))


class Reading:
    """Counts the logs that are read."""

    def __init__(self, watch: SilenceWatch) -> None:
        self.logs = 0
        self._left = watch._check.left
        watch._check.left = self.left  # type: ignore[assignment]

    def left(self, history: Any) -> Any:
        self.logs += 1
        return self._left(history)


@pytest.fixture
def files(namespace: Namespace) -> Files:
    return Files(namespace.database)


def test_a_limit_that_passed_in_silence_is_seen_and_goes_with_the_case(files: Files) -> None:
    files.open("a", "b")
    watch = SilenceWatch(files.database)
    assert watch.look(DUE) == 0
    assert watch.look(LATE) == 2
    files.act("resolve", "a", note="found")
    assert watch.look(LATE) == 1
    files.act("acknowledge", "b", issued_at=DUE - timedelta(hours=1))
    assert watch.look(LATE) == 0


def test_what_is_quiet_is_read_once_until_it_moves_or_something_is_due(files: Files) -> None:
    files.open("a", "b", "c")
    watch = SilenceWatch(files.database)
    reading = Reading(watch)
    for _ in range(4):
        watch.look(NOON)
    assert reading.logs == 3
    files.act("note", "a", note="x")
    watch.look(NOON)
    assert reading.logs == 4
    assert watch.look(LATE) == 3


def test_each_look_reads_some_and_a_round_reads_all(files: Files) -> None:
    files.open(*"abcdefg")
    watch = SilenceWatch(files.database, cases=3, logs=2)
    reading = Reading(watch)
    seen = []
    for _ in range(8):
        before = reading.logs
        seen.append(watch.look(LATE))
        assert reading.logs - before <= 4
    assert seen[-1] == 7
    assert seen == sorted(seen)


def arm(files: Files, name: str, due: datetime) -> None:
    """Write the timer of a case's newest state, as ``sla`` would."""
    key = f"default|{opening(name).case_id}"
    state = files.desk.case(opening(name).case_id)
    row = TimerRow(
        key, state.seq, 0, due, state.updated_at, "acknowledgement", "warn", 1, 0, None, "x"
    )
    MongoTimerStore(files.database).insert([row], due)


def test_a_timer_that_comes_after_the_next_limit_is_seen_before_that_has_passed(
    files: Files,
) -> None:
    files.open("a", "b", "c")
    arm(files, "a", DUE)
    arm(files, "b", DUE + timedelta(hours=1))
    watch = SilenceWatch(files.database)
    assert (watch.look(NOON), watch.misarmed) == (0, 1)
    files.act("acknowledge", "b")
    arm(files, "b", DUE + timedelta(hours=1))  # before the resolution is due
    assert (watch.look(NOON), watch.misarmed) == (0, 0)


def test_a_timer_that_was_mended_counts_no_longer_though_its_case_stands_still(
    files: Files,
) -> None:
    files.open("a")
    arm(files, "a", DUE + timedelta(hours=1))
    watch = SilenceWatch(files.database)
    assert (watch.look(NOON), watch.misarmed) == (0, 1)
    files.database["timers"].delete_many({})  # the timers are rebuilt
    arm(files, "a", DUE)
    assert (watch.look(NOON), watch.misarmed) == (0, 0)


def test_what_is_wrong_counts_in_the_first_look_of_the_next_audit(files: Files) -> None:
    files.open(*"abcdefg")
    arm(files, "g", DUE + timedelta(hours=1))
    watch = SilenceWatch(files.database, cases=3, logs=2)
    for _ in range(8):
        watch.look(LATE)
    again = SilenceWatch(files.database, cases=3, logs=2)
    assert (again.look(LATE), again.misarmed) == (7, 1)
    files.act("resolve", "a", note="found")
    for _ in range(4):
        again.look(LATE)
    assert SilenceWatch(files.database, cases=3, logs=2).look(LATE) == 6


def test_an_audit_that_ends_again_and_again_comes_to_the_last_case_all_the_same(
    files: Files,
) -> None:
    files.open(*"abcdefg")
    looks = [SilenceWatch(files.database, cases=3, logs=2).look(LATE) for _ in range(8)]
    assert looks[-1] == 7
