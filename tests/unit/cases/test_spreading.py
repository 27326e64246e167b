"""Who of a team gets a case, which team has it when the first choice is full, and what is said."""

from dataclasses import replace
from typing import Any

from schemas.cases import CaseChanged
from schemas.routes import Partner, PassedOver
from schemas.vocabulary import ChangeKind, WayPart
from services.cases.logic import contact_events
from services.cases.policies import load_policies
from tests.support.builders import NOON, a_contact, a_deduplicated, a_routed

POLICIES = load_policies()
CLAIMS = POLICIES.teams.teams["claims"]


def told(
    loads: dict[str, int] | None = None, name: str = "c", **destination: Any
) -> list[CaseChanged]:
    """Return what the first contact of a case for the claims team is told as."""
    routed = a_routed(a_deduplicated(a_contact(name)), team="claims")
    routed = routed.model_copy(
        update={"destination": routed.destination.model_copy(update=destination)}
    )
    teams = POLICIES.teams.model_copy(
        update={
            "teams": {
                **POLICIES.teams.teams,
                "claims": CLAIMS.model_copy(update={"capacity": 100}),
            }
        }
    )
    return contact_events(
        None, routed, replace(POLICIES, teams=teams, loads=loads or {}), NOON
    ).events


def test_a_case_goes_to_one_of_those_who_have_the_fewest() -> None:
    busy, free, busier = CLAIMS.members
    loads = {busy: 50, free: 10, busier: 90}
    assert {told(loads, f"c{n}")[0].assignee for n in range(20)} == {free}


def test_small_differences_do_not_send_a_whole_batch_to_one_person() -> None:
    first, second, third = CLAIMS.members
    chosen = {told({first: 10, second: 11, third: 12}, f"c{n}")[0].assignee for n in range(60)}
    assert chosen == set(CLAIMS.members)


def test_the_same_case_has_the_same_person_whenever_it_is_decided() -> None:
    loads = dict.fromkeys(CLAIMS.members, 5)
    assert told(loads)[0].assignee == told(loads)[0].assignee


def test_where_the_whole_team_is_full_the_next_one_up_has_the_case_and_it_is_said() -> None:
    opened, passed = told(dict.fromkeys(CLAIMS.members, 100))
    assert opened.team == "senior-desk"
    assert opened.assignee in POLICIES.teams.teams["senior-desk"].members
    assert (passed.kind, passed.skipped, passed.reason) == (
        ChangeKind.TEAM_PASSED_OVER,
        "claims",
        "full",
    )


def test_whom_routing_passed_over_stands_in_the_history() -> None:
    over = (PassedOver(team="delivery", reason="conflict_of_interest"),)
    _, passed = told(passed_over=over)
    assert (passed.skipped, passed.reason) == ("delivery", "conflict_of_interest")
    assert passed.actor == "system"


def test_other_operators_on_the_way_stand_in_the_case_each_once() -> None:
    gb = Partner(operator="gb", part=WayPart.DESTINATION)
    us = Partner(operator="us", part=WayPart.TRANSIT)
    routed = a_routed(a_deduplicated(a_contact("p")), team="claims")

    def via(*partners: Partner) -> Any:
        destination = routed.destination.model_copy(update={"partners": partners})
        return routed.model_copy(update={"destination": destination})

    story = contact_events(None, via(gb), POLICIES, NOON)
    assert story.state is not None
    assert story.state.partners == (gb,)
    later = contact_events(story.state, via(gb, us), POLICIES, NOON)
    assert later.state is not None
    assert later.state.partners == (gb, us)
