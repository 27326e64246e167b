"""Each kind of defect, planted into a good history, is named by its check with its id."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.audit.logic.findings import Defect
from services.audit.logic.history import CaseDocument, Event, opened
from tests.unit.audit.histories import (
    CHANGED,
    COMMANDS,
    DEDUPLICATED,
    RECEIVED,
    SETTLED,
    STATE,
    World,
    good_world,
)


@pytest.fixture
def world() -> World:
    return good_world()


@pytest.fixture
def case(world: World) -> str:
    """The case with two contacts and a command."""
    return world.rows[0].case_key


@pytest.fixture
def single(world: World) -> str:
    """The case with one contact."""
    return world.rows[2].case_key


def rewritten(world: World, case: str, n: int, edit: Callable[[Event], Event]) -> None:
    """Edit the events of entry ``n`` of a case's log, where they stand."""
    log = world.entries[case]
    log[n - 1] = replace(log[n - 1], events=tuple(map(edit, log[n - 1].events)))


def with_value(event: Event, value: bytes) -> Event:
    return replace(event, value=value, body=opened(value) or {})


def forget_case(world: World, case: str) -> None:
    del world.entries[case], world.documents[case]
    for topic in (CHANGED, STATE):
        world.topics[topic] = [r for r in world.topics[topic] if r.key.decode() != case]


# ------------------------------------------------------------------ A: received


def test_a_contact_read_but_nowhere_is_lost(world: World) -> None:
    world.absorbed.clear()
    offset = world.topics[RECEIVED][3].offset
    assert world.defects() == [("A", Defect.LOST, f"received:0:{offset}")]


def test_a_dead_letter_that_is_missing_makes_its_contact_lost(world: World) -> None:
    world.topics["received.dead"].clear()
    offset = world.topics[RECEIVED][4].offset
    assert world.defects() == [("A", Defect.LOST, f"received:0:{offset}")]


def test_a_dead_letter_without_facts_accounts_for_nothing(world: World) -> None:
    world.change("received.dead", 0, headers=())
    assert [(c, d) for c, d, _ in world.defects()] == [("A", Defect.LOST)]


def test_a_contact_decided_and_absorbed_is_doubled(world: World) -> None:
    world.absorbed.append(world.rows[1].source)
    offset = world.topics[RECEIVED][1].offset
    assert world.defects() == [("A", Defect.DOUBLED, f"received:0:{offset}")]
    (violation,) = world.audit()["A"].listed
    assert violation.detail == "1 contact, 1 resubmission"


def test_a_resubmission_of_a_record_that_never_was_is_a_phantom(world: World) -> None:
    marker = world.topics[RECEIVED][0].offset + 1
    world.absorbed.append(f"id/received:0:{marker}")
    assert world.defects() == [("A", Defect.PHANTOM, f"received:0:{marker}")]


# ------------------------------------------------------------------ B: contacts


def test_a_contact_that_cases_read_without_effect_is_lost(world: World, single: str) -> None:
    forget_case(world, single)
    assert world.defects() == [("B", Defect.LOST, world.rows[2].contact_key)]


def test_a_decided_contact_that_was_never_produced_is_named(world: World, single: str) -> None:
    forget_case(world, single)
    world.drop(DEDUPLICATED, 2)
    assert world.defects() == [("B", Defect.NOT_PRODUCED, world.rows[2].contact_key)]


def test_after_retention_a_decided_contact_without_any_trace_is_lost(
    world: World, single: str
) -> None:
    forget_case(world, single)
    world.drop(DEDUPLICATED, 2)
    world.starts[DEDUPLICATED] = 1
    world.drop(DEDUPLICATED, 0)
    assert world.defects() == [("B", Defect.LOST, world.rows[2].contact_key)]


def test_a_contact_with_two_effects_is_doubled(world: World, case: str) -> None:
    """As if the replayed contact had been added a second time."""
    first, second = world.entries[case][0].events
    twice = with_value(second, first.value.replace(b'"seq":1', b'"seq":2'))
    rewritten(world, case, 1, lambda event: twice if event.seq == 2 else event)
    found = {(c, d, i) for c, d, i in world.defects() if c == "B"}
    assert found == {
        ("B", Defect.DOUBLED, world.rows[0].contact_key),
        ("B", Defect.LOST, world.rows[1].contact_key),
    }


def test_a_contact_in_another_case_than_decided_is_named(world: World, single: str) -> None:
    world.rows[0] = world.rows[0]._replace(case_key=single)
    assert world.defects() == [("B", Defect.WRONG_CASE, world.rows[0].contact_key)]


def test_a_repeated_contact_with_other_bytes_is_named(world: World) -> None:
    record = world.topics[DEDUPLICATED][0]
    world.put(DEDUPLICATED, record.key.decode(), (record.value or b"") + b" ")
    world.read_up_to(DEDUPLICATED)
    assert world.defects() == [("B", Defect.DIFFERENT_BYTES, world.rows[0].contact_key)]


def test_a_ledger_row_with_other_bytes_than_produced_is_named(world: World) -> None:
    world.rows[1] = world.rows[1]._replace(out=b"{}")
    assert world.defects() == [("B", Defect.DIFFERENT_BYTES, world.rows[1].contact_key)]


def test_an_effect_without_a_decision_is_named(world: World) -> None:
    row = world.rows.pop()
    found = set(world.defects())
    assert ("B", Defect.UNDECIDED, row.contact_key) in found
    assert {c for c, _, _ in found} == {"A", "B"}


def test_an_unreadable_deduplicated_contact_without_dead_letter_is_lost(world: World) -> None:
    world.put(DEDUPLICATED, "k", b"{")
    world.read_up_to(DEDUPLICATED)
    offset = world.topics[DEDUPLICATED][-1].offset
    assert world.defects() == [("B", Defect.LOST, f"deduplicated:0:{offset}")]


# ------------------------------------------------------------------ C: changes


def test_a_gap_on_the_topic_is_named_by_the_change_after_it(world: World, case: str) -> None:
    world.drop(CHANGED, 1)
    assert world.defects() == [("C", Defect.GAP, f"{case}#3")]


def test_a_change_missing_at_the_end_was_never_produced(world: World, case: str) -> None:
    world.drop(CHANGED, 2)
    assert world.defects() == [("C", Defect.NOT_PRODUCED, f"{case}#3")]


def test_a_case_that_does_not_begin_at_one_has_a_gap(world: World, case: str) -> None:
    world.drop(CHANGED, 0)
    assert world.defects() == [("C", Defect.GAP, f"{case}#2")]


def test_changes_out_of_order_are_a_gap(world: World, case: str) -> None:
    second, third = world.topics[CHANGED][1:3]
    world.change(CHANGED, 1, value=third.value)
    world.change(CHANGED, 2, value=second.value)
    found = world.defects()
    assert ("C", Defect.GAP, f"{case}#3") in found
    assert {c for c, _, _ in found} == {"C"}


def test_the_same_change_with_other_bytes_is_named(world: World, case: str) -> None:
    record = world.topics[CHANGED][1]
    world.put(CHANGED, case, (record.value or b"").replace(b"customer", b"somebody"))
    assert world.defects() == [("C", Defect.DIFFERENT_BYTES, f"{case}#2")]


def test_a_change_that_is_not_in_the_log_is_named(world: World, single: str) -> None:
    record = world.topics[CHANGED][3]
    world.put(CHANGED, single, (record.value or b"").replace(b'"seq":1', b'"seq":2'))
    assert world.defects() == [("C", Defect.NOT_IN_LOG, f"{single}#2")]


def test_a_change_other_than_in_the_log_is_named(world: World, single: str) -> None:
    record = world.topics[CHANGED][3]
    world.change(CHANGED, 3, value=(record.value or b"").replace(b"customer", b"somebody"))
    assert world.defects() == [("C", Defect.DIFFERENT_BYTES, f"{single}#1")]


def test_a_change_of_a_case_without_any_log_is_named(world: World, single: str) -> None:
    del world.entries[single], world.documents[single]
    assert ("C", Defect.NOT_IN_LOG, f"{single}#1") in world.defects()


def test_a_change_under_another_key_is_named(world: World) -> None:
    world.change(CHANGED, 0, key=b"default|other")
    assert world.defects() == [("C", Defect.WRONG_KEY, "changed:0:0")]


def test_an_unreadable_change_is_named(world: World) -> None:
    world.put(CHANGED, "k", b"?")
    offset = world.topics[CHANGED][-1].offset
    assert world.defects() == [("C", Defect.UNREADABLE, f"changed:0:{offset}")]


# ------------------------------------------------------------------ D: the log


def test_a_missing_entry_is_a_gap_in_the_log(world: World, case: str) -> None:
    log = world.entries[case]
    log[1] = replace(log[1], n=3)
    found = world.defects()
    assert ("D", Defect.GAP, f"{case} entry 3") in found


def test_a_missing_event_is_a_gap_in_the_log(world: World, case: str) -> None:
    log = world.entries[case]
    log[0] = replace(log[0], events=log[0].events[:1])
    assert ("D", Defect.GAP, f"{case}#3") in world.defects()


def test_an_input_accounted_for_twice_is_named(world: World, case: str) -> None:
    log = world.entries[case]
    log[1] = replace(log[1], marks=(*log[1].marks, log[0].marks[0]))
    assert world.defects() == [("D", Defect.DOUBLED, f"{case} entry 2")]


def test_an_event_whose_cause_is_no_input_of_its_entry_is_named(world: World, single: str) -> None:
    log = world.entries[single]
    log[0] = replace(log[0], marks=("id/commands:0:40",))
    found = world.defects()
    assert ("D", Defect.PHANTOM, f"{single} entry 1") in found


def test_an_event_of_another_case_in_the_log_is_named(world: World, single: str) -> None:
    case_id = single.partition("|")[2].encode()
    rewritten(
        world, single, 1, lambda e: with_value(e, e.value.replace(case_id, b"C0000000000000000"))
    )
    assert ("D", Defect.WRONG_KEY, f"{single}#1") in world.defects()


# ------------------------------------------------------------------ E: documents


def test_a_document_behind_its_log_is_stale(world: World, case: str) -> None:
    document = world.documents[case]
    world.documents[case] = CaseDocument(1, document.tip, document.value, document.fields)
    assert ("E", Defect.STALE_DOCUMENT, case) in world.defects()


def test_a_document_that_is_missing_is_stale(world: World, single: str) -> None:
    del world.documents[single]
    assert world.defects() == [("E", Defect.STALE_DOCUMENT, single)]


def test_a_document_without_a_log_is_named(world: World) -> None:
    world.documents["default|C1"] = CaseDocument(1, (), None, {})
    assert world.defects() == [("E", Defect.NO_LOG, "default|C1")]


def test_a_document_ahead_of_its_log_is_named(world: World, single: str) -> None:
    document = world.documents[single]
    world.documents[single] = CaseDocument(2, document.tip, document.value, document.fields)
    assert world.defects() == [("E", Defect.NO_LOG, single)]


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        (b'"contacts":2', b'"contacts":3', "contacts"),
        (b'"complainants":2', b'"complainants":1', "complainants"),
        (b'"status":"acknowledged"', b'"status":"resolved"', "status"),
        (b'"seq":3', b'"seq":4', "seq"),
        (b'"reopened":0', b'"reopened":1', "reopened"),
        (b'"opened_at":"2026', b'"opened_at":"2025', "opened_at"),
        (b'"last_contact_at":"2026', b'"last_contact_at":"2027', "last_contact_at"),
        (b'"reopened":0', b'"reopened":0,"assignee":"clerk:9"', "assignee"),
    ],
)
def test_a_field_that_the_log_does_not_add_up_to_is_named(
    world: World, case: str, right: bytes, wrong: bytes, field: str
) -> None:
    document = world.documents[case]
    value = (document.value or b"").replace(right, wrong)
    assert value != document.value
    fields = dict(opened(value) or {})
    world.documents[case] = CaseDocument(document.n, document.tip, value, fields)
    world.change(STATE, 0, value=value)
    assert world.defects() == [("E", Defect.WRONG_FIELD, case)]
    (violation,) = world.audit()["E"].listed
    assert violation.detail == field


def test_a_plain_field_beside_the_state_that_differs_is_named(world: World, case: str) -> None:
    document = world.documents[case]
    fields = {**document.fields, "status": "closed"}
    world.documents[case] = CaseDocument(document.n, document.tip, document.value, fields)
    assert world.defects() == [("E", Defect.WRONG_FIELD, case)]


def test_a_published_state_other_than_the_document_is_named(world: World, single: str) -> None:
    world.put(STATE, single, b"{}")
    assert world.defects() == [("E", Defect.DIFFERENT_BYTES, single)]


def test_a_state_that_was_never_published_is_named(world: World, single: str) -> None:
    world.drop(STATE, 1)
    assert world.defects() == [("E", Defect.NOT_PRODUCED, single)]


# ------------------------------------------------------------------ F: commands


def test_a_command_read_without_settlement_is_named(world: World, case: str) -> None:
    record = world.topics[COMMANDS][0]
    world.put(COMMANDS, case, (record.value or b"").replace(b"cmd-1", b"cmd-2"))
    world.read_up_to(COMMANDS)
    assert world.defects() == [("F", Defect.UNSETTLED, f"{case} command cmd-2")]


def test_a_command_settled_twice_in_the_log_is_doubled(world: World, case: str) -> None:
    log = world.entries[case]
    log[1] = replace(log[1], settlements=log[1].settlements * 2)
    assert world.defects() == [("F", Defect.DOUBLED, f"{case} command cmd-1")]


def test_a_settlement_that_was_never_announced_is_named(world: World, case: str) -> None:
    world.drop(SETTLED, 0)
    assert world.defects() == [("F", Defect.NOT_PRODUCED, f"{case} command cmd-1")]


def test_a_settlement_announced_with_other_bytes_is_named(world: World, case: str) -> None:
    record = world.topics[SETTLED][0]
    world.put(SETTLED, case, (record.value or b"").replace(b"accepted", b"rejected"))
    assert world.defects() == [("F", Defect.DIFFERENT_BYTES, f"{case} command cmd-1")]


def test_an_unreadable_command_without_dead_letter_is_lost(world: World) -> None:
    world.put(COMMANDS, "k", b"?")
    world.read_up_to(COMMANDS)
    offset = world.topics[COMMANDS][-1].offset
    assert world.defects() == [("F", Defect.LOST, f"commands:0:{offset}")]


# ------------------------------------------------------------------ G: moves


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("acknowledged", "closed"),
        ("closed", "closed"),
        ("reopened", "reopened"),
        ("assigned", "resolved"),
        ("invented", "acknowledged"),
    ],
)
def test_a_move_that_the_life_cycle_does_not_allow_is_named(
    world: World, case: str, kind: str, status: str
) -> None:
    def move(event: Event) -> Event:
        value = event.value.replace(b'"kind":"acknowledged"', f'"kind":"{kind}"'.encode())
        value = value.replace(b'"status":"acknowledged"', f'"status":"{status}"'.encode())
        return with_value(event, value)

    rewritten(world, case, 2, move)
    assert ("G", Defect.ILLEGAL_MOVE, f"{case}#3") in world.defects()
