"""A case is raised by its contacts and moved by its clocks; counted on the way."""

import pytest

from schemas.codec import decode
from schemas.routes import PassedOver
from schemas.trends import ContactsCounted
from schemas.vocabulary import ChangeKind, ClockName, ClockStage, CommandKind
from tests.support.builders import a_contact, a_deduplicated, a_fired, a_routed, at
from tests.unit.cases.desk import (
    FIRST,
    Desk,
    another,
    changes,
    command,
    states,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


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


def test_who_calls_every_fifty_minutes_asks_again_whatever_comes_first(desk: Desk) -> None:
    for order in ((50, 100), (100, 50)):
        office = Desk()
        office.take(FIRST)
        first, last = (another(f"m{some}", received_at=at(minutes=some)) for some in order)
        office.take(first)
        (state,) = states(office.take(last))
        assert (state.askings, state.level) == (2, 2), order


def test_contacts_elsewhere_before_the_first_one_here_count_with_those_after_it(
    desk: Desk,
) -> None:
    """Told once by phone elsewhere, then here, then here again: the third contact."""
    desk.take(a_routed(a_deduplicated(a_contact(prior_contacts=1)), level=2))
    handled = desk.take(another("b", received_at=at(hours=20)))
    (state,) = states(handled)
    assert (state.askings, state.level, state.team) == (3, 3, "senior-desk")


def test_what_a_later_contact_says_of_earlier_ones_is_not_counted_twice(desk: Desk) -> None:
    desk.take(FIRST)
    handled = desk.take(another("b", received_at=at(hours=20), prior_contacts=1))
    assert states(handled)[0].askings == 2
    handled = desk.take(another("c", received_at=at(hours=40), prior_contacts=5))
    assert states(handled)[0].askings == 6


def test_a_graver_contact_says_which_teams_could_not_have_the_case(desk: Desk) -> None:
    desk.take(FIRST)
    routed = another("worse", level=3, team="senior-desk")
    passed = (PassedOver(team="claims", reason="hours"),)
    destination = routed.destination.model_copy(update={"passed_over": passed})
    handled = desk.take(routed.model_copy(update={"destination": destination}))
    told = [(c.kind, c.skipped, c.reason) for c in changes(handled) if c.skipped]
    assert told == [(ChangeKind.TEAM_PASSED_OVER, "claims", "hours")]


def test_a_double_click_is_not_asking_again(desk: Desk) -> None:
    handled = desk.take(FIRST, another("b", received_at=at(seconds=8)))
    assert states(handled)[0].level == 1


def test_a_level_never_falls_by_a_contact(desk: Desk) -> None:
    desk.take(a_routed(level=4, team="task-force"))
    handled = desk.take(another("mild"))
    assert (states(handled)[0].level, states(handled)[0].team) == (4, "task-force")


def test_a_fired_clock_takes_effect_once(desk: Desk) -> None:
    desk.take(FIRST)
    once = desk.take(a_fired(), a_fired(fired_at=at(hours=19)))
    assert [c.kind for c in changes(once)] == [ChangeKind.CLOCK_WARNED]
    assert states(once)[0].fired == ("acknowledgement:warn:0",)


def test_what_fired_took_effect_after_it_fired_though_this_clock_is_behind(desk: Desk) -> None:
    desk.take(FIRST)
    (change,) = changes(desk.take(a_fired(fired_at=at(hours=18, seconds=1))))  # it is noon here
    assert change.at == at(hours=18, seconds=1)


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
    handled = desk.take(a_fired(stage=ClockStage.ESCALATE, step=1, fired_at=at(hours=36)))
    (state,) = states(handled)
    assert state.team == "senior-desk"
    assert state.assignee is not None
    assert state.assignee.startswith("clerk-8")


def test_a_case_that_is_answered_and_reopened_for_ever_stays_small(desk: Desk) -> None:
    (state,) = states(desk.take(FIRST))
    for run in range(40):
        desk.clock.time = at(hours=240 * (run + 1))
        fired_at = desk.clock.time
        desk.take(a_fired(ClockName.RESOLUTION, ClockStage.BREACH, run=run, fired_at=fired_at))
        said = {"note": "x", "issued_at": fired_at}
        desk.take(command(CommandKind.RESOLVE, f"answer-{run}", **said))
        handled = desk.take(command(CommandKind.REOPEN, f"again-{run}", **said))
        (state,) = states(handled)
    assert state.reopened == 40
    assert state.fired == ("acknowledgement:breach:0", "resolution:breach:39")


def test_contacts_are_counted_per_hub_and_category_once(desk: Desk) -> None:
    record = desk.record(another("b", hub="郑州"))
    handled = desk.handle([desk.record(FIRST), record])
    counts = [decode(ContactsCounted, o.value) for o in handled.outbound if o.topic == "counts"]
    assert {(c.hub, c.category, c.count) for c in counts} == {
        ("unknown", "delay", 1),
        ("郑州", "delay", 1),
    }
