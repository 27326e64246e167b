"""Copies of the worker in turn: one does the passes, another follows, nothing is done twice."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from schemas.cases import CaseCommand
from schemas.codec import encode
from schemas.keys import case_key
from schemas.topics import COMMANDS
from schemas.vocabulary import CaseStatus, ChangeKind
from services.adapters.memory_aftercare import MemoryAftercare
from services.adapters.memory_turns import MemoryTurnStore
from services.aftercare import asking
from services.aftercare.asking import Desk as Asking
from services.aftercare.metrics import AftercareMetrics
from services.aftercare.rounds import TURN_SECONDS, Rounds, Turn
from services.aftercare.sweep import Sweep
from services.domain.aftercare import load_aftercare
from services.domain.errors import OutageError
from services.domain.retention import REMOVED
from services.runtime.records import Outbound
from tests.support.api_desk import Desk, a_desk


class Topic:
    """The topic of commands over the case path in memory; it may take commands and lose the one
    who sent them, as a process that is killed does."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.sent: list[str] = []
        self.kills = False

    def send(self, commands: Sequence[CaseCommand]) -> None:
        for command in commands:
            self.sent.append(command.command_id)
            key = case_key(command.tenant, command.case_id)
            if not self._desk.pipeline.workers_are_away:
                self._desk.pipeline._decide(Outbound(COMMANDS.name, key, encode(command)))
        if self.kills:
            raise KeyboardInterrupt


class World:
    """Answered cases, and copies of the worker."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.turns = MemoryTurnStore(desk.clock)
        self.topic = Topic(desk)
        self.metrics = AftercareMetrics()
        contact = desk.send(id="a1", customer="c", name="王芳", text="我叫王芳")
        self.case_id = desk.case_of(contact)
        desk.act(self.case_id, "resolve", note="done")

    def copy(self, name: str) -> Rounds:
        queries = self.desk.pipeline.queries
        store, turn = MemoryAftercare(queries._dedup, queries._cases), Turn(self.turns, name)
        asked = Asking(
            self.topic, queries.settlement, self.desk.clock, turn.keep, lambda seconds: False
        )
        sweep = Sweep(store, asked.ask, load_aftercare())
        told: list[str] = []
        return Rounds(turn, self.turns, store, sweep, self.desk.clock, self.metrics, told.append)

    def later(self, **span: float) -> None:
        self.desk.clock.advance(timedelta(**span).total_seconds())

    def kinds(self) -> list[ChangeKind]:
        history = self.desk.pipeline.queries.history("default", self.case_id)
        return [change.kind for change in history]

    def metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"complaints_aftercare_{name}", labels)


@pytest.fixture
def world() -> Iterator[World]:
    with a_desk() as desk:
        yield World(desk)


def test_rounds_take_a_silent_case_to_the_archive_and_remove_its_person(world: World) -> None:
    copy = world.copy("a")
    for span in ({"hours": 25}, {"hours": 49}, {"hours": 73}, {"days": 61}, {"days": 1100}):
        world.later(**span)
        assert copy.round()
        assert copy.round()
    kinds = world.kinds()
    assert kinds.count(ChangeKind.SURVEY_REQUESTED) == 2
    for once in (
        ChangeKind.SURVEY_UNREACHABLE,
        ChangeKind.CLOSED,
        ChangeKind.ARCHIVED,
        ChangeKind.ANONYMISED,
    ):
        assert kinds.count(once) == 1
    (contact,) = world.desk.pipeline.queries.contacts("default", world.case_id)
    assert contact.contact.text == REMOVED
    assert world.metric("cases_total", run="follow_up", end="done") == 4
    assert world.metric("contacts_removed_total") == 1
    assert world.metric("oldest_due_seconds") == 0


def test_an_outage_of_days_is_caught_up_in_order_each_step_once(world: World) -> None:
    """Nothing is left out because it is late: first the survey, then the second one."""
    copy = world.copy("a")
    world.later(days=90)
    for _ in range(5):
        copy.round()
        world.later(days=4)
    asked = [kind for kind in world.kinds() if kind is ChangeKind.SURVEY_REQUESTED]
    assert len(asked) == 2
    assert ChangeKind.SURVEY_UNREACHABLE in world.kinds()


def test_of_two_copies_one_works_and_the_other_follows_when_it_dies(world: World) -> None:
    first, second = world.copy("a"), world.copy("b")
    assert (first.round(), second.round()) == (True, False)
    world.later(seconds=TURN_SECONDS + 1)
    assert (second.round(), first.round()) == (True, False)
    assert world.metric("turn") == 0


def test_a_copy_killed_between_sending_and_reading_does_nothing_twice(world: World) -> None:
    world.later(hours=25)
    world.topic.kills = True
    with pytest.raises(KeyboardInterrupt):
        world.copy("a").round()
    world.topic.kills = False
    world.later(seconds=TURN_SECONDS + 1)
    assert world.copy("b").round()
    assert world.kinds().count(ChangeKind.SURVEY_REQUESTED) == 1


def test_two_copies_that_both_believe_in_their_turn_have_one_effect(world: World) -> None:
    world.later(hours=25)
    queries = world.desk.pipeline.queries
    store = MemoryAftercare(queries._dedup, queries._cases)
    read = list(store.due(world.desk.clock.now()))
    store.due = lambda until: iter(read)  # type: ignore[method-assign]
    for _ in range(2):
        asked = Asking(
            world.topic, queries.settlement, world.desk.clock, lambda: None, lambda seconds: False
        )
        Sweep(store, asked.ask, load_aftercare()).follow_up(world.desk.clock.now())
        world.later(minutes=5)
    assert len(set(world.topic.sent)) == 2
    assert world.kinds().count(ChangeKind.SURVEY_REQUESTED) == 1


def test_before_workers_that_stand_still_nothing_piles_up(world: World) -> None:
    copy = world.copy("a")
    world.later(hours=25)
    world.desk.pipeline.workers_are_away = True
    for _ in range(5):
        with pytest.raises(OutageError):
            copy.round()
    assert len(world.topic.sent) == 1
    assert world.turns.noted("follow_up") is None
    world.desk.pipeline.workers_are_away = False
    world.later(seconds=asking.RESEND_SECONDS + 1)
    assert copy.round()
    assert world.kinds().count(ChangeKind.SURVEY_REQUESTED) == 1


def test_when_passes_were_complete_is_shown_by_whoever_stands_by(world: World) -> None:
    assert world.copy("a").round()
    at = world.metric("last_pass_timestamp_seconds", run="retention")
    assert at is not None
    world.metrics = AftercareMetrics()
    assert not world.copy("b").round()
    assert world.metric("last_pass_timestamp_seconds", run="retention") == at


def test_a_case_that_is_answered_while_it_is_asked_stays_as_it_is(world: World) -> None:
    copy = world.copy("a")
    world.desk.act(world.case_id, "reopen", note="again")
    world.later(days=90)
    copy.round()
    queries = world.desk.pipeline.queries
    state = queries.case("default", world.case_id)
    assert state is not None
    assert state.status is CaseStatus.REOPENED
