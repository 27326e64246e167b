"""One writer, one log, no gap: what a batch does to cases (ADR 0002)."""

from collections.abc import Sequence
from itertools import count

import pytest

from schemas.cases import CaseChanged, CaseCommand, CaseState, CommandSettled
from schemas.clocks import ClockFired
from schemas.codec import decode, encode
from schemas.keys import case_key
from schemas.routes import ContactRouted
from schemas.trends import ContactsCounted
from schemas.vocabulary import ChangeKind, ClockStage, CommandKind, Refusal, Relation
from services.adapters.memory_cases import MemoryCaseStore
from services.cases.handler import CasesHandler, CaseTopics
from services.cases.policies import load_policies
from services.domain.errors import OutageError
from services.runtime.records import DeadReason, Handled, Inbound
from tests.support.builders import (
    NOON,
    a_command,
    a_contact,
    a_deduplicated,
    a_fired,
    a_routed,
    at,
)

TOPICS = CaseTopics("contacts", "commands", "clocks", "changed", "state", "settled", "counts")
FIRST = a_routed()
Input = ContactRouted | CaseCommand | ClockFired
CASE = FIRST.case_id
KEY = f"default|{CASE}"


class AClock:
    """Time that stands still."""

    def now(self):  # type: ignore[no-untyped-def]
        return NOON

    def monotonic(self) -> float:
        return 0.0


class Desk:
    """A cases handler over a memory store; positions move on when a batch is committed."""

    def __init__(self, store: MemoryCaseStore | None = None) -> None:
        self.store = store or MemoryCaseStore()
        self.handler = CasesHandler(self.store, load_policies(), AClock(), TOPICS)
        self.positions = {("contacts", 0): 0, ("commands", 0): 0, ("clocks", 0): 0}
        self._offsets = {"contacts": count(), "commands": count(), "clocks": count()}

    def record(self, record: Input) -> Inbound:
        topics = {ContactRouted: "contacts", CaseCommand: "commands", ClockFired: "clocks"}
        topic = topics[type(record)]
        key = case_key(record.tenant, record.case_id)
        return Inbound(topic, 0, next(self._offsets[topic]), topic, key, encode(record))

    def handle(self, batch: Sequence[Inbound], commit: bool = True) -> Handled:
        handled = self.handler.handle(batch, dict(self.positions))
        if commit:
            for inbound in batch:
                self.positions[inbound.topic, 0] = inbound.offset + 1
        return handled

    def take(self, *records: Input) -> Handled:
        return self.handle([self.record(record) for record in records])


def changes(handled: Handled) -> list[CaseChanged]:
    return [decode(CaseChanged, out.value) for out in handled.outbound if out.topic == "changed"]


def states(handled: Handled) -> list[CaseState]:
    return [decode(CaseState, out.value) for out in handled.outbound if out.topic == "state"]


def settlements(handled: Handled) -> list[CommandSettled]:
    return [decode(CommandSettled, out.value) for out in handled.outbound if out.topic == "settled"]


def another(
    name: str, level: int = 1, team: str = "front-desk", **changed: object
) -> ContactRouted:
    """Return one more contact of the case."""
    relation = changed.pop("relation", Relation.REPEAT)
    contact = a_contact(name, **changed)
    return a_routed(a_deduplicated(contact, case_id=CASE, relation=relation), level, team)


def command(kind: CommandKind, name: str = "cmd-1", **changed: object) -> CaseCommand:
    return a_command(kind, CASE, command_id=name, **changed)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_contacts_open_and_fill_a_case_without_a_gap(desk: Desk) -> None:
    handled = desk.take(FIRST, another("b"), another("c", relation=Relation.SECOND_COMPLAINANT))
    assert [(c.seq, c.kind) for c in changes(handled)] == [
        (1, ChangeKind.OPENED),
        (2, ChangeKind.CONTACT_ADDED),
        (3, ChangeKind.CONTACT_ADDED),
    ]
    (state,) = states(handled)
    assert (state.seq, state.contacts, state.complainants) == (3, 3, 2)


def test_the_earliest_contact_begins_the_case_whichever_arrives_first(desk: Desk) -> None:
    desk.take(FIRST)
    handled = desk.take(another("early", received_at=at(days=-1)))
    (state,) = states(handled)
    assert state.opened_at == at(days=-1)
    assert state.first_contact_id == a_contact("early").contact_id


def test_commands_move_the_case_and_are_settled(desk: Desk) -> None:
    handled = desk.take(
        FIRST,
        command(CommandKind.ASSIGN, "1", assignee="clerk:7"),
        command(CommandKind.ACKNOWLEDGE, "2"),
        command(CommandKind.NOTE, "3", note="called the station"),
        command(CommandKind.RESOLVE, "4", note="parcel found, apology sent"),
        command(CommandKind.CLOSE, "5"),
    )
    assert [c.status for c in changes(handled)] == [
        "received",
        "assigned",
        "acknowledged",
        "acknowledged",
        "resolved",
        "closed",
    ]
    assert [s.settlement for s in settlements(handled)] == ["accepted"] * 5
    assert states(handled)[0].assignee == "clerk:7"


@pytest.mark.parametrize(
    ("bad", "refusal"),
    [
        (command(CommandKind.CLOSE), Refusal.NOT_ALLOWED_NOW),
        (command(CommandKind.RESOLVE), Refusal.NOT_ALLOWED_NOW),
        (command(CommandKind.ACKNOWLEDGE, expected_seq=9), Refusal.STALE),
        (a_command(CommandKind.NOTE, "CNOSUCHCASE", note="?"), Refusal.NO_SUCH_CASE),
    ],
)
def test_a_command_that_cannot_be_is_refused_with_the_reason(
    desk: Desk, bad: CaseCommand, refusal: Refusal
) -> None:
    desk.take(FIRST)
    handled = desk.take(bad)
    (settled,) = settlements(handled)
    assert (settled.settlement, settled.refusal) == ("rejected", refusal)
    assert settled.explanation
    assert changes(handled) == []


def test_a_case_opens_after_a_command_was_refused_for_want_of_it(desk: Desk) -> None:
    desk.take(command(CommandKind.NOTE, note="too early"))
    handled = desk.take(FIRST)
    assert [c.seq for c in changes(handled)] == [1]


def test_a_contact_after_the_answer_reopens_the_case(desk: Desk) -> None:
    desk.take(FIRST, command(CommandKind.RESOLVE, note="done"))
    handled = desk.take(another("still nothing"))
    assert [c.kind for c in changes(handled)] == [ChangeKind.CONTACT_ADDED, ChangeKind.REOPENED]
    (state,) = states(handled)
    assert (state.status, state.reopened, state.resolved_at) == ("reopened", 1, None)


def test_a_command_sent_twice_takes_effect_once_and_is_answered_twice(desk: Desk) -> None:
    desk.take(FIRST)
    once = desk.take(command(CommandKind.NOTE, note="x"))
    twice = desk.take(command(CommandKind.NOTE, note="x"))
    assert settlements(twice) == settlements(once)
    assert changes(twice) == []


def test_a_command_id_used_for_another_command_is_refused(desk: Desk) -> None:
    desk.take(FIRST, command(CommandKind.NOTE, note="x"))
    record = desk.record(command(CommandKind.NOTE, note="something else"))
    (settled,) = settlements(desk.handle([record], commit=False))
    assert settled.refusal is Refusal.COMMAND_ID_REUSED
    assert settlements(desk.handle([record])) == [settled]


def test_a_contact_delivered_again_at_another_place_changes_nothing(desk: Desk) -> None:
    desk.take(FIRST)
    handled = desk.take(FIRST)
    assert changes(handled) == []
    assert handled.outcomes == {"contact_again": 1}


def test_what_was_logged_but_not_produced_is_produced_before_anything_newer(desk: Desk) -> None:
    desk.take(FIRST)
    lost = desk.record(another("b"))
    unseen = desk.handle([lost], commit=False)
    later = desk.handle([desk.record(command(CommandKind.NOTE, note="n"))])
    assert [c.seq for c in changes(later)] == [2, 3]
    assert changes(later)[0] == changes(unseen)[0]
    assert changes(desk.handle([lost])) == []


def test_a_writer_that_lost_reads_the_log_and_goes_on_behind_it() -> None:
    store = MemoryCaseStore()
    mine, rival = Desk(store), Desk(store)
    mine.take(FIRST)
    raced = False

    def before(operation: str) -> None:
        nonlocal raced
        if operation == "append" and not raced:
            raced = True
            theirs = rival.record(another("b"))._replace(offset=50)
            rival.handler.handle([theirs], {("contacts", 0): 1})

    store.before = before
    handled = mine.take(another("c"))
    assert [c.seq for c in changes(handled)] == [2, 3]
    assert store.projections([KEY])[KEY].n == 3


@pytest.mark.parametrize("operation", ["append", "project"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_that_dies_at_a_write_ends_with_the_same_case(
    desk: Desk, operation: str, moment: str
) -> None:
    batch = [desk.record(r) for r in (FIRST, another("b"), command(CommandKind.NOTE, note="n"))]
    undisturbed = Desk().handle(batch)

    def dies(now: str) -> None:
        if now == operation:
            raise OutageError("mongodb", "gone")

    setattr(desk.store, moment, dies)
    with pytest.raises(OutageError):
        desk.handle(batch, commit=False)
    setattr(desk.store, moment, lambda now: None)
    again = desk.handle(batch)
    assert [o for o in again.outbound if o.topic != "counts"] == [
        o for o in undisturbed.outbound if o.topic != "counts"
    ]


def test_thousands_of_contacts_on_one_case_keep_it_small(desk: Desk) -> None:
    total = 5000
    for start in range(0, total, 1250):
        handled = desk.take(*(another(f"c{start + i}") for i in range(1250)))
    (state,) = states(handled)
    assert state.contacts == total
    assert max(len(out.value or b"") for out in handled.outbound if out.topic == "state") < 16_384
    assert [c.seq for c in changes(handled)] == list(range(3751, 5001))


def test_a_record_under_another_cases_key_is_a_dead_letter(desk: Desk) -> None:
    record = desk.record(FIRST)._replace(key=b"default|other")
    handled = desk.handle([record])
    assert [(letter.reason, letter.rule) for letter in handled.dead] == [
        (DeadReason.MALFORMED, "wrong_key")
    ]


def test_a_graver_contact_raises_level_and_team_and_hands_the_case_over(desk: Desk) -> None:
    desk.take(FIRST)
    handled = desk.take(another("worse", level=3, team="senior-desk"))
    raised = changes(handled)[-1]
    assert (raised.kind, raised.level, raised.reason) == ("level_raised", 3, "graver_contact")
    (state,) = states(handled)
    assert (state.level, state.team) == (3, "senior-desk")
    assert state.assignee == raised.assignee != changes(desk.take(another("x")))[0].assignee


def test_asking_again_and_again_raises_the_level(desk: Desk) -> None:
    desk.take(FIRST)
    second = desk.take(another("b", received_at=at(hours=20)))
    third = desk.take(another("c", received_at=at(hours=40)))
    assert [c.level for c in changes(second) if c.kind == "level_raised"] == [2]
    assert [c.level for c in changes(third) if c.kind == "level_raised"] == [3]
    assert states(third)[0].team == "senior-desk"


def test_a_double_click_is_not_asking_again(desk: Desk) -> None:
    handled = desk.take(FIRST, another("b", received_at=at(seconds=8)))
    assert states(handled)[0].level == 1


def test_a_level_never_falls_by_a_contact(desk: Desk) -> None:
    desk.take(a_routed(level=4, team="task-force"))
    handled = desk.take(another("mild"))
    assert (states(handled)[0].level, states(handled)[0].team) == (4, "task-force")


def test_a_fired_clock_takes_effect_once(desk: Desk) -> None:
    desk.take(FIRST)
    once = desk.take(a_fired(), a_fired(fired_at=at(hours=2)))
    assert [c.kind for c in changes(once)] == [ChangeKind.CLOCK_WARNED]
    assert states(once)[0].fired == ("acknowledgement:warn:0",)


def test_a_clock_that_was_stopped_in_time_changes_nothing(desk: Desk) -> None:
    desk.take(FIRST, command(CommandKind.ACKNOWLEDGE))
    handled = desk.take(a_fired(stage=ClockStage.BREACH))
    assert changes(handled) == []
    assert handled.outcomes == {"clock_stopped_in_time": 1}


def test_a_clock_of_an_earlier_level_is_outdated(desk: Desk) -> None:
    desk.take(a_routed(level=2))
    assert desk.take(a_fired(level=1)).outcomes == {"clock_outdated": 1}


def test_an_escalation_hands_the_case_to_the_next_team_up(desk: Desk) -> None:
    desk.take(FIRST)
    handled = desk.take(a_fired(stage=ClockStage.ESCALATE))
    (state,) = states(handled)
    assert state.team == "senior-desk"
    assert state.assignee is not None
    assert state.assignee.startswith("clerk-8")


def test_contacts_are_counted_per_hub_and_category_once(desk: Desk) -> None:
    record = desk.record(another("b", hub="郑州"))
    handled = desk.handle([desk.record(FIRST), record])
    counts = [decode(ContactsCounted, o.value) for o in handled.outbound if o.topic == "counts"]
    assert {(c.hub, c.category, c.count) for c in counts} == {
        ("unknown", "delay", 1),
        ("郑州", "delay", 1),
    }
