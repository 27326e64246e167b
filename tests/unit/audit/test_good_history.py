"""A history as guaranteed passes every check, also while records are under way."""

from dataclasses import replace

from services.audit.logic.findings import Defect
from services.audit.logic.history import Entry, Settled
from tests.unit.audit.histories import (
    CHANGED,
    COMMANDS,
    DEDUPLICATED,
    RECEIVED,
    ROUTED,
    SETTLED,
    STATE,
    World,
)


def waiting(world: World) -> dict[str, int]:
    return {check: found.waiting for check, found in world.audit().items() if found.waiting}


def test_a_good_history_passes_every_check(world: World) -> None:
    assert world.defects() == []
    assert waiting(world) == {}


def test_every_check_says_how_much_it_examined(world: World) -> None:
    examined = {check: found.examined for check, found in world.audit().items()}
    assert examined == {
        "A": 5,
        "B": 3,
        "C": 4,
        "D": 3,
        "E": 2,
        "F": 1,
        "G": 4,
        "I": 0,
        "L": 0,
        "M": 0,
        "P": 0,
        "T": 2,
    }


def test_a_record_that_its_worker_has_not_read_is_waiting_and_not_lost(world: World) -> None:
    world.put(RECEIVED, "hint", b"new")
    assert world.defects() == []
    assert waiting(world) == {"A": 1}


def test_a_decided_contact_that_is_not_produced_yet_is_waiting(world: World) -> None:
    last = world.topics[RECEIVED][2].offset
    world.read_up_to(RECEIVED, last)
    world.stop_at(DEDUPLICATED, 2)
    world.drop(DEDUPLICATED, 2)
    key = world.rows[2].case_key
    del world.entries[key], world.documents[key]
    world.topics[CHANGED].pop()
    world.topics[STATE].pop()
    assert world.defects() == []
    assert waiting(world)["B"] == 1


def test_a_contact_that_cases_has_not_read_is_waiting(world: World) -> None:
    key = world.rows[2].case_key
    world.read_up_to(ROUTED, world.topics[ROUTED][2].offset)
    del world.entries[key], world.documents[key]
    world.topics[CHANGED].pop()
    world.topics[STATE].pop()
    assert world.defects() == []
    assert waiting(world) == {"B": 1}


def test_an_entry_whose_source_is_not_committed_may_lack_events_state_and_document(
    world: World,
) -> None:
    world.read_up_to(ROUTED, world.topics[ROUTED][2].offset)
    del world.documents[world.rows[2].case_key]
    world.topics[CHANGED].pop()
    world.topics[STATE].pop()
    assert world.defects() == []
    assert waiting(world) == {"C": 1, "E": 1}


def test_a_command_that_is_not_read_yet_is_waiting(world: World) -> None:
    record = world.topics[COMMANDS][0]
    value = (record.value or b"").replace(b"cmd-1", b"cmd-2")
    world.put(COMMANDS, record.key.decode(), value)
    assert world.defects() == []
    assert waiting(world) == {"F": 1}


def test_the_same_change_may_be_seen_again_with_the_same_bytes(world: World) -> None:
    for record in list(world.topics[CHANGED]):
        world.put(CHANGED, record.key.decode(), record.value or b"")
    assert world.defects() == []


def test_a_contact_and_a_settlement_may_be_seen_again_with_the_same_bytes(world: World) -> None:
    for topic in (DEDUPLICATED, SETTLED):
        record = world.topics[topic][0]
        world.put(topic, record.key.decode(), record.value or b"")
    assert world.defects() == []


def test_a_command_sent_twice_is_settled_once(world: World) -> None:
    record = world.topics[COMMANDS][0]
    world.put(COMMANDS, record.key.decode(), record.value or b"")
    world.read_up_to(COMMANDS)
    assert world.defects() == []


def test_a_settlement_of_a_command_that_came_while_auditing_may_not_be_announced_yet(
    world: World,
) -> None:
    """The id was used again; its refusal stands in the log, read after the topics."""
    case = world.rows[0].case_key
    log = world.entries[case]
    (first,) = log[1].settlements
    value = first.value.replace(b'"seq"', b'"refusal":"command_id_reused","seq"')
    later = Settled(first.command_id, "id/commands:0:100", value)
    log.append(Entry(3, (later.source,), (), (later,)))
    world.documents[case] = replace(world.documents[case], n=3, tip=(later.source,))
    assert world.defects() == []
    assert waiting(world) == {"F": 1}


def test_a_command_id_used_again_is_refused_beside_the_first_settlement(world: World) -> None:
    case = world.rows[0].case_key
    record = world.topics[COMMANDS][0]
    source = world.put(COMMANDS, case, (record.value or b"").replace(b"clerk:7", b"clerk:8"))
    world.read_up_to(COMMANDS)
    log = world.entries[case]
    (first,) = log[1].settlements
    value = first.value.replace(b'"seq"', b'"refusal":"command_id_reused","seq"')
    log.append(Entry(3, (source,), (), (Settled(first.command_id, source, value),)))
    world.put(SETTLED, case, value)
    world.documents[case] = replace(world.documents[case], n=3, tip=(source,))
    assert world.defects() == []


def test_numbers_that_retention_deleted_are_not_missing(world: World) -> None:
    world.starts[CHANGED] = world.topics[CHANGED][1].offset
    world.drop(CHANGED, 0)
    assert world.defects() == []


def test_a_topic_id_in_the_url_safe_spelling_is_the_same(world: World) -> None:
    world.absorbed[0] = world.absorbed[0].replace("/", "_")
    assert world.defects() == []


def test_what_another_topic_of_this_name_held_is_not_examined(world: World) -> None:
    world.absorbed.append("former:0:0")
    assert world.defects() == []


def test_a_dead_letter_settles_a_deduplicated_contact(world: World) -> None:
    record = world.topics[DEDUPLICATED][2]
    world.dead_letter(DEDUPLICATED, f"id/deduplicated:0:{record.offset}", record.value or b"")
    world.stop_at(DEDUPLICATED, 2)
    key = world.rows[2].case_key
    del world.entries[key], world.documents[key]
    world.topics[CHANGED].pop()
    world.topics[STATE].pop()
    assert world.defects() == []


def test_a_mended_replay_may_have_other_bytes_than_the_ledger(world: World) -> None:
    record = world.topics[DEDUPLICATED][2]
    world.dead_letter(DEDUPLICATED, f"id/deduplicated:0:{record.offset}", record.value or b"")
    mended = (record.value or b"").replace(b'"test"', b'"mended"')
    header = ("replay.of", b"deduplicated.dead:0:0")
    source = world.put(DEDUPLICATED, record.key.decode(), mended, headers=(header,))
    world.read_up_to(DEDUPLICATED)
    key = world.rows[2].case_key
    entry = world.entries[key][0]
    event = replace(entry.events[0], source=source)
    world.entries[key] = [replace(entry, marks=(source,), events=(event,))]
    assert world.defects() == []


def test_only_the_first_thousand_violations_are_kept_but_all_are_counted(world: World) -> None:
    for _ in range(1500):
        world.put(RECEIVED, "hint", b"new")
    world.read_up_to(RECEIVED)
    found = world.audit()["A"]
    assert found.violations == 1500
    assert len(found.listed) == 1000
    assert {one.defect for one in found.listed} == {Defect.LOST}


def test_poison_that_is_buried_again_after_a_group_read_again_counts_once(world: World) -> None:
    bad = world.topics[RECEIVED][4]
    world.dead_letter(RECEIVED, f"id/received:0:{bad.offset}", bad.value or b"")
    assert world.defects() == []
