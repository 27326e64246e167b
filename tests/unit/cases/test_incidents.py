"""A case and its incident: it joins one, has at least its level while it is open, and leaves it."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.cases import CaseCommand, CommandSettled
from schemas.incident_links import IncidentLink
from schemas.judgements import Correction
from schemas.vocabulary import Category, ChangeKind, Refusal
from tests.support.builders import NOON, a_command
from tests.unit.cases.desk import settlements
from tests.unit.cases.district import District

SENIOR = "clerk:clerk-901"


@pytest.fixture
def district() -> District:
    return District()


def say(
    district: District, case_id: str, kind: str, name: str = "I1", level: int = 3, **more: Any
) -> CommandSettled:
    """Let an incident say something to a case."""
    district.number += 1
    link = IncidentLink.model_validate({"hub": "东莞", "category": "loss", "level": level})
    fields = {"other": name, "incident": link, "actor": "system"} | more
    command: CaseCommand = a_command(kind, case_id, f"say-{district.number}", **fields)
    return settlements(district.take(command))[0]


def test_a_case_that_joins_has_the_incidents_level_and_says_why(district: District) -> None:
    case_id = district.open("first")
    assert say(district, case_id, "join_incident").settlement == "accepted"
    state = district.case(case_id)
    assert (state.incident_id, state.incident_level, state.level) == ("I1", 3, 3)
    assert (state.team, district.kinds(case_id)[1:]) == (
        "senior-desk",
        ["incident_joined", "level_raised"],
    )
    raised = district.history(case_id)[-1]
    assert (raised.reason, raised.incident_id, raised.actor) == ("incident:I1", "I1", "system")


def test_a_case_raised_to_its_incident_names_the_policy_by_which_that_has_its_level(
    district: District,
) -> None:
    def link(level: int, policy: str | None) -> IncidentLink:
        return IncidentLink(hub="东莞", category=Category.LOSS, level=level, policy=policy)

    def raised() -> list[tuple[int | None, str | None]]:
        history = district.history(case_id)
        return [(one.level, one.level_policy) for one in history if one.kind == "level_raised"]

    case_id = district.open("first")
    say(district, case_id, "join_incident", incident=link(2, "incidents-1"))
    say(district, case_id, "tell_incident_level", incident=link(3, "incidents-2"))
    say(district, case_id, "tell_incident_level", incident=link(4, None))
    assert raised() == [(2, "incidents-1"), (3, "incidents-2"), (4, None)]


def test_a_case_that_is_graver_itself_stays_so(district: District) -> None:
    case_id = district.open("first", level=4)
    say(district, case_id, "join_incident")
    assert district.kinds(case_id) == ["opened", "incident_joined"]
    assert district.case(case_id).level == 4


def test_a_case_follows_its_incident_up_and_never_down(district: District) -> None:
    case_id = district.open("first")
    say(district, case_id, "join_incident")
    say(district, case_id, "tell_incident_level", level=4)
    assert (district.case(case_id).level, district.case(case_id).incident_level) == (4, 4)
    say(district, case_id, "tell_incident_level", level=3)
    assert (district.case(case_id).level, district.case(case_id).incident_level) == (4, 3)
    again = say(district, case_id, "tell_incident_level", level=3)
    assert again.refusal is Refusal.ALREADY_DECIDED


def test_a_case_is_part_of_one_incident_at_most(district: District) -> None:
    case_id = district.open("first")
    say(district, case_id, "join_incident")
    assert say(district, case_id, "join_incident").refusal is Refusal.ALREADY_DECIDED
    other = say(district, case_id, "join_incident", "I2")
    assert (other.refusal, "I1" in (other.explanation or "")) == (Refusal.ALREADY_DECIDED, True)
    assert say(district, case_id, "leave_incident", "I2").refusal is Refusal.NOT_OF_INCIDENT
    assert say(district, case_id, "leave_incident").settlement == "accepted"
    assert district.case(case_id).incident_id is None
    assert say(district, case_id, "join_incident", "I2").settlement == "accepted"


def test_leaving_takes_no_level_away(district: District) -> None:
    case_id = district.open("first")
    say(district, case_id, "join_incident")
    say(district, case_id, "leave_incident")
    assert (district.case(case_id).level, district.case(case_id).incident_level) == (3, None)


def test_an_answered_case_is_not_raised_until_it_is_taken_up_again(district: District) -> None:
    case_id = district.open("first")
    district.act(case_id, "resolve", note="found")
    say(district, case_id, "join_incident")
    assert district.case(case_id).level == 1
    district.contact(case_id, "again", NOON + timedelta(hours=3))
    assert district.case(case_id).level == 3


def test_every_change_of_a_member_names_its_incident(district: District) -> None:
    case_id = district.open("first")
    say(district, case_id, "join_incident")
    district.act(case_id, "note", note="seen")
    say(district, case_id, "leave_incident")
    district.act(case_id, "note", note="after")
    named = [one.incident_id for one in district.history(case_id)]
    assert named == [None, "I1", "I1", "I1", "I1", None]


def test_a_merged_case_keeps_its_own_incident_and_the_head_hears_of_its_level(
    district: District,
) -> None:
    head, child = district.open("first", waybill="SF1"), district.open("second", 5, waybill="SF2")
    district.merge(head, child)
    say(district, child, "join_incident", level=4)
    district.deliver()
    assert (district.case(child).level, district.case(head).level) == (4, 1)
    assert district.case(head).merged[0].level == 4
    assert district.case(head).team == district.case(child).team == "task-force"
    district.unmerge(head, child)
    assert district.case(child).incident_id == "I1"
    assert district.case(head).incident_id is None


def test_a_suggestion_is_dismissed_once_and_remembered(district: District) -> None:
    case_id = district.open("first")
    assert district.act(case_id, "dismiss_suggestion", other="C9").settlement == "accepted"
    assert district.history(case_id)[-1].kind is ChangeKind.SUGGESTION_DISMISSED
    assert district.case(case_id).dismissed == ("C9",)
    again = district.act(case_id, "dismiss_suggestion", other="C9")
    assert again.refusal is Refusal.ALREADY_DECIDED
    own = district.act(case_id, "dismiss_suggestion", other=case_id)
    assert own.refusal is Refusal.INVALID_FIELD


def test_a_person_who_judges_a_case_lower_than_its_incident_is_not_overruled(
    district: District,
) -> None:
    case_id = district.open("first")
    say(district, case_id, "join_incident")
    lower = Correction(level=2)
    settled = district.act(
        case_id, "correct", correction=lower, note="his parcel was elsewhere", actor=SENIOR
    )
    assert settled.settlement == "accepted", settled.explanation
    assert district.case(case_id).level == 2
    district.contact(case_id, "again", NOON + timedelta(hours=3))
    assert district.case(case_id).level == 2
    say(district, case_id, "tell_incident_level", level=4)
    assert district.case(case_id).level == 4


NEWS = "火已扑灭,两天内逐一答复。"


def tell(district: District, case_id: str, **more: Any) -> CommandSettled:
    """Let an incident tell a case what its customers are to hear, always under one name."""
    fields = {"other": "I1", "note": NEWS, "actor": SENIOR} | more
    command = a_command("tell_incident_news", case_id, "news-I1-7", **fields)
    return settlements(district.take(command))[0]


def told(district: District, case_id: str) -> list[tuple[str | None, str | None, str]]:
    history = district.history(case_id)
    return [(one.note, one.reason, one.actor) for one in history if one.kind == "customer_updated"]


def test_what_all_customers_of_an_incident_hear_is_told_in_each_case_once(
    district: District,
) -> None:
    case_id = district.open("first")
    say(district, case_id, "join_incident")
    tell(district, case_id)
    tell(district, case_id)
    assert told(district, case_id) == [(NEWS, "incident:I1", SENIOR)]


def test_a_case_that_left_or_is_answered_tells_its_customer_nothing(district: District) -> None:
    gone, answered = district.open("first"), district.open("second", customer="c2")
    for case_id in (gone, answered):
        say(district, case_id, "join_incident")
    say(district, gone, "leave_incident")
    district.act(answered, "resolve", note="found")
    assert tell(district, gone).refusal is Refusal.NOT_OF_INCIDENT
    assert tell(district, answered).refusal is Refusal.NOT_ALLOWED_NOW
    assert tell(district, district.open("third", customer="c3"), actor="system").refusal


@pytest.mark.parametrize(
    ("of_it", "hears"),
    [((True, True), (True, False)), ((True, False), (False, True)), ((False, True), (True, False))],
)
def test_of_a_merged_case_the_customers_hear_the_news_once_by_its_head_or_by_itself(
    district: District, of_it: tuple[bool, bool], hears: tuple[bool, bool]
) -> None:
    head, child = district.open("first"), district.open("second", 5, customer="c2")
    district.act(head, "merge", other=child)
    district.deliver()
    for case_id, is_member in zip((head, child), of_it, strict=True):
        if is_member:
            say(district, case_id, "join_incident")
            tell(district, case_id)
    district.deliver()
    by_head = [one.note for one in district.history(child) if one.kind == "head_changed"]
    assert (told(district, child) == [(NEWS, "incident:I1", SENIOR)], NEWS in by_head) == hears
