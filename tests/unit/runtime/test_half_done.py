"""A defect that meets a record which took effect already: no dead letter, no gap."""

from collections.abc import Callable, Sequence

import pytest

from schemas import topics
from schemas.codec import encode
from schemas.dead import REPLAY_OF
from schemas.errors import MalformedRecordError
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain.errors import OutageError, PoisonError
from services.runtime.loop import Step
from services.runtime.records import Handled, Inbound, Outbound, Positions
from services.runtime.watching import always
from tests.support.builders import KEYS, a_contact, a_routed
from tests.unit.cases.desk import CASE, Desk
from tests.unit.runtime.benches import DEAD, RETRY, Bench, Echo


class Remembering(Echo):
    """Says of the records in ``decided`` that they took effect."""

    def __init__(self) -> None:
        super().__init__()
        self.decided: set[str] = set()
        self.trouble: Exception | None = None

    def may_bury(self, inbound: Inbound) -> bool:
        if self.trouble is not None:
            raise self.trouble
        return (inbound.value or b"").decode() not in self.decided


@pytest.fixture
def bench() -> Bench:
    return Bench(handler=Remembering())


def breaking(error: Exception) -> Callable[[list[str]], None]:
    def refuse(batch: list[str]) -> None:
        if "b" in batch:
            raise error

    return refuse


broken = breaking(RuntimeError("a defect of ours"))


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("a defect of ours"),
        MalformedRecordError("events", "enum", "an entry of the log"),
        PoisonError("tracking", "tracking_taken", "of another contact"),
    ],
)
def test_a_record_that_took_effect_is_not_buried_but_waited_for(
    bench: Bench, error: Exception
) -> None:
    assert isinstance(bench.handler, Remembering)
    bench.handler.refuse = breaking(error)
    bench.handler.decided = {"b"}
    bench.send(*"abc")
    assert bench.loop.step() is Step.OUTAGE
    name = type(error).__name__
    assert bench.loop.trouble == f"handler: {name} at a record that took effect already"
    assert (bench.produced(), bench.produced(DEAD), bench.committed()) == ([], [], 0)
    bench.handler.refuse = lambda batch: None
    bench.clock.advance(RETRY)
    assert bench.loop.step() is Step.COMMITTED
    assert bench.produced() == list("abc")


def test_one_that_did_not_is_buried_as_ever(bench: Bench) -> None:
    bench.handler.refuse = broken
    bench.send(*"abc")
    assert bench.loop.step() is Step.COMMITTED
    assert (bench.produced(), bench.produced(DEAD)) == (["a", "c"], ["b"])


@pytest.mark.parametrize("trouble", [OutageError("mongodb", "away"), RuntimeError("broken")])
def test_nothing_is_buried_while_nobody_can_tell(bench: Bench, trouble: Exception) -> None:
    assert isinstance(bench.handler, Remembering)
    bench.handler.refuse = broken
    bench.handler.trouble = trouble
    bench.send(*"abc")
    assert bench.loop.step() is Step.OUTAGE
    assert bench.committed() == 0


# ---------------------------------------------------------------------- the real handlers


def test_cases_knows_what_stands_in_its_log() -> None:
    desk = Desk(MemoryCaseStore())
    first, second = desk.record(a_routed()), desk.record(a_routed())
    desk.handle([first])
    assert not desk.handler.may_bury(first)
    assert desk.handler.may_bury(second)
    assert desk.handler.may_bury(first._replace(value=b"{"))


def test_a_projection_that_cannot_be_written_leaves_no_gap() -> None:
    """Found by simulation: the entry was in the log, the contact in the dead letters."""
    desk = Desk(MemoryCaseStore())
    bench = Bench(handler=OverTheDesk(desk))
    bench.broker.append([desk_record(desk)])
    desk.store.before = _failing_at("project")
    assert bench.loop.step() is Step.OUTAGE
    assert bench.committed() == 0
    desk.store.before = lambda op: None
    bench.clock.advance(RETRY)
    assert bench.loop.step() is Step.COMMITTED
    assert len(bench.produced("changed")) == 1
    assert bench.produced(DEAD) == []


class OverTheDesk(Echo):
    """The real cases handler, over the topics of a bench."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        at_desk = {("contacts", number): at for (_, number), at in positions.items()}
        return self._desk.handler.handle([_at_desk(one) for one in batch], at_desk)

    def may_bury(self, inbound: Inbound) -> bool:
        return self._desk.handler.may_bury(_at_desk(inbound))


def _at_desk(inbound: Inbound) -> Inbound:
    return inbound._replace(topic="contacts", topic_id="contacts")


def desk_record(desk: Desk) -> Outbound:
    record = desk.record(a_routed())
    assert CASE.encode() in (record.key or b"")
    return Outbound("in", record.key, record.value)


def _failing_at(op: str) -> Callable[[str], None]:
    def hook(called: str) -> None:
        if called == op:
            raise RuntimeError("not allowed to update")

    return hook


def test_dedup_knows_what_it_decided_from_this_very_record() -> None:
    bench = Bench()
    handler = a_dedup(bench, MemoryDedupStore())
    first = Inbound(topics.RECEIVED.name, 0, 0, "id", b"k", encode(a_contact()))
    assert handler.may_bury(first)
    handler.handle([first], {})
    assert not handler.may_bury(first)
    assert handler.may_bury(first._replace(offset=1))
    assert handler.may_bury(first._replace(value=None))


def test_a_replayed_dead_letter_is_produced_even_if_somebody_had_decided_about_it() -> None:
    """Found by simulation: a worker given up by its group decided after its heir had buried."""
    bench = Bench()
    handler = a_dedup(bench, MemoryDedupStore())
    first = Inbound(topics.RECEIVED.name, 0, 0, "id", b"k", encode(a_contact()))
    (stored,) = handler.handle([first], {}).outbound
    again = first._replace(offset=1)
    assert handler.handle([again], {}).outbound == []
    replayed = first._replace(offset=2, headers=((REPLAY_OF, b"received.dead:0:0"),))
    handled = handler.handle([replayed], {})
    assert handled.outbound == [stored]
    assert handled.outcomes == {"resubmission": 1}


def a_dedup(bench: Bench, store: MemoryDedupStore) -> DedupHandler:
    return DedupHandler(
        store,
        KEYS,
        always(load_policy()),
        bench.clock,
        topics.onward(topics.RECEIVED, topics.DEDUPLICATED),
    )
