"""One writer, one log, no gap: what a batch does to cases (ADR 0002)."""

import logging

import pytest

from schemas.cases import CaseCommand
from schemas.vocabulary import ChangeKind, CommandKind, Refusal, Relation
from services.adapters.memory_cases import MemoryCaseStore
from services.domain.errors import OutageError
from services.runtime.records import DeadReason
from tests.support.builders import a_command, a_contact, a_fired, at
from tests.unit.cases.desk import (
    FIRST,
    KEY,
    Desk,
    another,
    changes,
    command,
    settlements,
    states,
)


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
        (command(CommandKind.RESOLVE), Refusal.MISSING_FIELD),
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
    *_, handled = [
        desk.take(*(another(f"c{start + i}") for i in range(1250)))
        for start in range(0, total, 1250)
    ]
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


def test_each_contact_that_is_done_with_counts_from_its_acceptance_and_nothing_else_does(
    desk: Desk,
) -> None:
    taken = at(minutes=7)
    later = another("later", received_at=at(minutes=3), accepted_at=taken)
    elsewhere = desk.record(another("elsewhere"))._replace(key=b"default|another-case")
    batch = [desk.record(one) for one in (FIRST, command(CommandKind.ACKNOWLEDGE), later)]
    assert desk.handle([*batch, desk.record(a_fired()), elsewhere]).accepted == [at(), taken]
    assert desk.take(later).accepted == [taken]  # sent again, it is done with again


def test_what_a_contact_changed_says_how_it_was_routed(desk: Desk) -> None:
    for change in changes(desk.take(FIRST, another("b"))):
        assert (change.path, change.routing) == (("root",), "test")
    (done,) = changes(desk.take(command(CommandKind.ACKNOWLEDGE)))
    assert (done.path, done.routing) == (None, None)


def test_a_refused_command_is_in_the_log_by_its_case_and_id_and_not_by_its_words(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    desk.take(FIRST)
    late = command(CommandKind.NOTE, note="Wang Xiaoming called", expected_seq=9)
    desk.take(late, late)
    told = [one for one in caplog.records if one.message == "command refused"]
    assert [(vars(one)["case"], vars(one)["command"]) for one in told] == [
        (late.case_id, late.command_id)
    ]
    assert vars(told[0])["reason"] == Refusal.STALE
    assert "Xiaoming" not in str(vars(told[0]))
