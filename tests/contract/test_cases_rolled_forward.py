"""A case that is rolled forward has every change that was produced, wherever reading breaks off."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, cast

import pytest
from pymongo.database import Database

from schemas.judgements import Correction
from schemas.topics import CHANGED, COMMANDS, FIRED, ROUTED, SETTLED, Topic
from schemas.vocabulary import ClockName, ClockStage, CommandKind
from services.adapters.mongo import Document
from services.adapters.mongo_cases import MongoCaseStore
from services.domain.clocks.stages import Clocks
from services.recovery.finds import Finds
from services.recovery.forward_cases import CasesForward
from services.recovery.projection import rebuild
from services.recovery.tail import Tail
from services.runtime.records import Handled, Inbound
from tests.support.builders import a_fired, a_routed
from tests.unit.cases.desk import KEY, POLICIES, Desk

NAMES = {
    ROUTED.name: "contacts",
    COMMANDS.name: "commands",
    FIRED.name: "clocks",
    CHANGED.name: "changed",
    SETTLED.name: "settled",
}


class Kept(Desk):
    """A desk, and what Kafka has of it, read one record at a time."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__()
        self.database = database
        self.finds = Finds(database)
        self._records: dict[str, list[Inbound]] = {name: [] for name in NAMES.values()}
        self._places = count()

    def handle(self, batch: Sequence[Inbound], commit: bool = True) -> Handled:
        handled = super().handle(batch, commit)
        for inbound in batch:
            self._records[inbound.topic].append(inbound)
        for out in handled.outbound:
            if out.topic in self._records:
                place = next(self._places)
                made = Inbound(out.topic, 0, place, out.topic, out.key, out.value)
                self._records[out.topic].append(made)
        return handled

    def produced(self, topic: Topic, worker: str | None = None) -> str:
        return NAMES.get(topic.name, "")

    def consumed(self, topic: Topic, worker: str) -> str:
        return NAMES.get(topic.name, "")

    def topic_id(self, topic: Topic) -> str:
        return NAMES.get(topic.name, "")

    def read(self, name: str, what: str) -> Iterator[list[Inbound]]:
        for record in self._records.get(name, []):
            yield [record]


@pytest.fixture
def desk(database: Database[Document]) -> Kept:
    return Kept(database)


def fire(desk: Kept, stage: ClockStage, step: int | None = None) -> None:
    """Let the clock of the acknowledgement fire, when it is due at level 4."""
    clocks = Clocks(desk.case(), POLICIES.book.today)
    one = clocks.of(ClockName.ACKNOWLEDGEMENT)
    assert one is not None
    ladder = clocks.ladder(one)
    due = next(timer.due for timer in ladder if (timer.stage, timer.step) == (stage, step))
    desk.clock.time = due
    said: dict[str, Any] = {"level": 4, "step": step, "due_at": due, "fired_at": due}
    desk.take(a_fired(ClockName.ACKNOWLEDGEMENT, stage, **said))


def rolled_forward(desk: Kept) -> Document:
    """Roll the case forward; return its document, and see that its log is whole."""
    CasesForward(cast(Tail, desk)).run()
    entries = MongoCaseStore(desk.database).entries_after(KEY, 0)
    logged = [event.value for entry in entries for event in entry.events]
    changed = [record.value for record in desk._records["changed"]]
    assert logged == changed
    assert all(event.source in entry.sources for entry in entries for event in entry.events)
    assert rebuild(desk.database, True, lambda *_: None).unreadable == 0
    found = desk.database["cases"].find_one({"_id": KEY})
    assert found is not None
    return found


def test_a_breach_that_a_person_took_back_later_is_taken_back_in_the_restored_log(
    desk: Kept,
) -> None:
    desk.take(a_routed(level=4, team="task-force"))
    fire(desk, ClockStage.BREACH)
    lower: dict[str, Any] = {"actor": "clerk:clerk-901", "correction": Correction(level=1)}
    desk.act(CommandKind.CORRECT, note="我看过了", **lower)
    assert desk.kinds() == ["corrected", "breach_retracted"]
    desk.act(CommandKind.NOTE, note="x")
    assert rolled_forward(desk)["seq"] == desk.case().seq


def test_what_one_clock_did_is_whole_where_reading_breaks_off_between(desk: Kept) -> None:
    desk.take(a_routed(level=4, team="head-office"))
    fire(desk, ClockStage.BREACH)
    fire(desk, ClockStage.ESCALATE, step=1)
    kinds = [str(one.kind) for one in desk.history()]
    assert kinds[-2:] == ["escalation_skipped", "escalated"]
    assert rolled_forward(desk)["seq"] == desk.case().seq
