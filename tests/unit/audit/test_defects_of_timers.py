"""A deadline missed in silence is a harm: the audit sees a case that nobody watches."""

import re

import pytest

from services.audit.logic.findings import Defect
from services.audit.logic.history import Event
from tests.unit.audit.histories import STATE, World, good_world, rewritten, with_value


@pytest.fixture
def world() -> World:
    made = good_world()
    made.read_up_to(STATE)
    return made


def test_a_good_history_has_every_timer(world: World) -> None:
    assert world.defects() == []
    assert world.audit()["T"].examined == 2


def test_an_open_case_without_a_timer_is_unarmed(world: World) -> None:
    case, _, _ = world.timers.pop()
    assert world.defects() == [("T", Defect.UNARMED, case)]


def test_a_timer_of_an_older_state_does_not_count(world: World) -> None:
    case, seq, due = world.timers.pop(0)
    world.timers.append((case, seq - 1, due))
    assert world.defects() == [("T", Defect.UNARMED, case)]


def test_a_disarmed_timer_of_an_open_case_is_unarmed(world: World) -> None:
    case, seq, _ = world.timers.pop()
    world.timers.append((case, seq, None))
    assert world.defects() == [("T", Defect.UNARMED, case)]


def test_a_state_that_sla_has_not_read_is_waiting(world: World) -> None:
    world.timers.clear()
    world.positions[STATE, 0] = 0
    assert world.defects() == []
    assert world.audit()["T"].waiting == 2


def test_a_clock_that_took_effect_before_it_was_due_is_early(world: World) -> None:
    case = world.timers[-1][0]

    def too_early(event: Event) -> Event:
        clock = b'"kind":"clock_warned","due_at":"2999-01-01T00:00:00Z"'
        return with_value(event, event.value.replace(b'"kind":"opened"', clock))

    rewritten(world, case, 1, too_early)
    assert ("T", Defect.EARLY, f"{case}#1") in world.defects()


def test_a_change_that_is_dated_before_the_one_it_follows_ran_back(world: World) -> None:
    case = world.timers[0][0]

    def long_ago(event: Event) -> Event:
        return with_value(event, re.sub(rb'"at":"....', b'"at":"1999', event.value))

    rewritten(world, case, 2, long_ago)
    assert [one for one in world.defects() if one[0] == "T"] == [
        ("T", Defect.RAN_BACK, f"{case}#3")
    ]


def remove(world: World, case: str) -> None:
    """Put a tombstone at the end of the states."""
    world.put(STATE, case, b"")
    world.change(STATE, -1, value=None)
    world.read_up_to(STATE)


def test_a_removed_case_needs_no_timer(world: World) -> None:
    case, _, _ = world.timers.pop()
    del world.entries[case], world.documents[case]
    remove(world, case)
    assert [defect for check, defect, _ in world.defects() if check == "T"] == []


def test_a_state_that_is_removed_while_its_case_lives_is_missed(world: World) -> None:
    case = world.timers[-1][0]
    remove(world, case)
    assert world.defects() == [("E", Defect.NOT_PRODUCED, case)]
