"""Checks A and B name what was planted: lost, doubled, undecided or changed contacts."""

import pytest

from services.audit.logic.findings import Defect
from tests.unit.audit.histories import (
    DEDUPLICATED,
    RECEIVED,
    SCORED,
    World,
    forget_case,
    rewritten,
    with_value,
)


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


def test_a_contact_that_cases_read_without_effect_is_lost(world: World, single: str) -> None:
    forget_case(world, single)
    assert world.defects() == [("B", Defect.LOST, world.rows[2].contact_key)]


@pytest.mark.parametrize("topic", [DEDUPLICATED, SCORED])
def test_a_contact_that_severity_or_routing_read_but_did_not_pass_on_is_lost(
    world: World, single: str, topic: str
) -> None:
    forget_case(world, single)
    world.stop_at(topic, 2)
    assert world.defects() == [("B", Defect.LOST, world.rows[2].contact_key)]


def test_a_decided_contact_that_was_never_produced_is_named(world: World, single: str) -> None:
    forget_case(world, single)
    world.stop_at(DEDUPLICATED, 2)
    world.drop(DEDUPLICATED, 2)
    assert world.defects() == [("B", Defect.NOT_PRODUCED, world.rows[2].contact_key)]


def test_after_retention_a_decided_contact_without_any_trace_is_lost(
    world: World, single: str
) -> None:
    forget_case(world, single)
    world.stop_at(DEDUPLICATED, 2)
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
