"""Checks C and D name what was planted: gaps, disorder, second versions, torn logs."""

from dataclasses import replace

from services.audit.logic.findings import Defect
from tests.unit.audit.histories import CHANGED, World, rewritten, with_value


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


def test_words_that_were_removed_from_the_log_on_purpose_are_no_other_bytes(
    world: World, single: str
) -> None:
    record = world.topics[CHANGED][3]
    world.change(CHANGED, 3, value=(record.value or b"").replace(b"customer", b"somebody"))
    (entry,) = world.entries[single]
    silenced = tuple(replace(one, is_silenced=True) for one in entry.events)
    world.entries[single] = [replace(entry, events=silenced)]
    assert world.defects() == []
