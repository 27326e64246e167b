"""Whatever hands a case to another team goes by the ladder that the case began with; who works
in a team is today's."""

from pathlib import Path
from typing import Any

import pytest

from schemas.added import ContactAdded
from schemas.cases import CaseCommand
from schemas.codec import decode
from schemas.judgements import Correction
from schemas.routes import ContactRouted
from schemas.vocabulary import Channel, CommandKind, Relation
from services.cases.merging import team_for
from services.cases.story import Story
from services.domain import teams as ladders
from tests.support.builders import a_contact, a_routed, at
from tests.unit.cases.desk import Desk, another
from tests.unit.cases.test_pinned import SKIPPING, Office

SENIOR = "\n  3: senior-desk"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def opened(office: Office, old: str, new: str, team: str = "front-desk", level: int = 1) -> Desk:
    """Open a case, then edit the teams; return the desk of today."""
    first = a_routed(level=level, team=team)
    office.start().take(first)
    office.edit("teams", ladders.SHIPPED, old, new)
    return again(office, first)


def again(office: Office, first: ContactRouted) -> Desk:
    """Return the desk of today, to which what was taken in before is brought once more."""
    desk = office.start()
    desk.take(first)
    return desk


def without(team: str) -> dict[str, Any]:
    """Return the words that replace a team by another one."""
    return {"old": f"\n  {team}:\n", "new": "\n  other-desk:\n"}


def asks_again(desk: Desk) -> str | None:
    repeats = (another(f"r{hour}", received_at=at(hours=hour)) for hour in (20, 40))
    desk.take(*repeats)
    assert desk.case().level == 3
    return desk.case().team


def test_a_case_that_is_asked_about_again_rises_on_its_own_ladder(office: Office) -> None:
    assert asks_again(opened(office, SENIOR, "\n  3: task-force")) == "senior-desk"


def test_a_team_of_its_ladder_that_is_gone_is_not_given_the_case(office: Office) -> None:
    first = a_routed()
    office.start().take(first)
    text = office.files.teams.replace("senior-desk", "other-desk")
    office.files = office.files._replace(teams=text.replace("teams-2026.4", "teams-edited"))
    assert asks_again(again(office, first)) == "task-force"


def test_a_graver_contact_moves_no_case_down_its_own_ladder(office: Office) -> None:
    desk = opened(office, *SKIPPING, team="senior-desk")
    desk.take(another("graver", 2, "front-desk", relation=Relation.NEW_FACT))
    assert (desk.case().level, desk.case().team) == (2, "senior-desk")


def test_a_poor_rating_is_reviewed_by_the_next_team_of_its_own_ladder(office: Office) -> None:
    desk = opened(office, *SKIPPING)
    desk.act(CommandKind.RESOLVE, note="It was found.")
    desk.act(CommandKind.RATE, rating=1, actor="customer")
    assert (desk.case().status, desk.case().team) == ("reopened", "senior-desk")


def test_a_merge_hands_the_head_up_its_own_ladder(office: Office) -> None:
    desk = opened(office, SENIOR, "\n  3: task-force")
    policies, state = desk.handler._policies(), desk.case()
    story = Story(state.tenant, state.case_id, state, at())
    assert team_for(story, state, 3, policies)["team"] == "senior-desk"
    assert team_for(story, state, 1, policies) == {}


def test_a_correction_upwards_moves_no_case_down_its_own_ladder(office: Office) -> None:
    desk = opened(office, *SKIPPING, team="senior-desk")
    said = {"actor": "clerk:clerk-901", "note": "x", "correction": Correction(level=2)}
    assert desk.act(CommandKind.CORRECT, **said).refusal is None
    assert (desk.case().level, desk.case().team) == (2, "senior-desk")


def appealed(desk: Desk) -> Any:
    desk.act(CommandKind.RESOLVE, note="It was found.")
    contact = ContactAdded(
        contact_id=a_contact().contact_id,
        relation=Relation.NEW,
        channel=Channel.APP,
        received_at=at(),
    )
    desk.act(CommandKind.APPEAL, actor="customer", note="too little", contact=contact)
    sent = [decode(CaseCommand, o.value) for o in desk.last.outbound if o.topic == "commands"]
    desk.take(sent[0])
    return desk.case(sent[0].case_id)


def test_an_appeal_is_opened_under_the_ladder_of_today_and_keeps_it(office: Office) -> None:
    appeal = appealed(opened(office, *SKIPPING))
    assert (appeal.team, appeal.clocks.policies.teams) == ("task-force", "teams-edited")


def test_an_appeal_about_the_answer_of_a_team_that_is_gone_goes_to_the_team_of_its_level(
    office: Office,
) -> None:
    appeal = appealed(opened(office, **without("front-desk")))
    assert (appeal.team, appeal.assignee is None) == ("senior-desk", False)
