"""Checks E, F and G name what was planted: wrong documents, open commands, bad moves."""

from dataclasses import replace

import pytest

from services.audit.logic.findings import Defect
from services.audit.logic.history import CaseDocument, Event, opened
from tests.unit.audit.histories import COMMANDS, SETTLED, STATE, World, rewritten, with_value


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
    assert ("E", Defect.WRONG_FIELD, case) in world.defects()
    (violation,) = world.audit()["E"].listed
    assert violation.detail == field


@pytest.mark.parametrize(("beside", "found"), [(4, []), (1, ["level beside it"])])
def test_beside_the_state_of_a_head_stands_the_level_of_its_whole_matter(
    world: World, case: str, beside: int, found: list[str]
) -> None:
    document = world.documents[case]
    value = (document.value or b"")[:-1] + b',"merged":[{"level":4},{"level":2}]}'
    fields = {**document.fields, "level": beside}
    world.documents[case] = CaseDocument(document.n, document.tip, value, fields)
    world.change(STATE, 0, value=value)
    assert [one.detail for one in world.audit()["E"].listed] == found


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
