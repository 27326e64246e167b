"""Teams, clerks and partners: who is told what about the case that they have or are waited for."""

import pytest

from schemas.tasks import TaskOf
from schemas.vocabulary import ChangeKind, ClockName
from services.domain.notice_store import Standing
from tests.support.builders import at
from tests.unit.notification.test_logic import a_change, a_told, decided, told


def test_a_change_about_a_clock_reaches_the_team_and_the_clerk_that_the_case_is_with() -> None:
    warned = a_change(ChangeKind.CLOCK_WARNED, clock=ClockName.RESOLUTION)
    standing = Standing(2, "claims", "clerk-201")
    assert told(decided(warned, standing=standing)) == [
        ("warning", "team:claims", None),
        ("warning", "clerk:clerk-201", None),
    ]


def test_before_the_next_update_is_due_the_clerk_has_a_task_and_the_team_no_alarm() -> None:
    warned = a_change(ChangeKind.CLOCK_WARNED, clock=ClockName.NEXT_UPDATE)
    found = decided(warned, a_told("p1"), standing=Standing(1, "claims", "clerk-201"))
    assert told(found) == [("task", "clerk:clerk-201", None)]


def test_when_the_next_update_is_due_the_customer_is_told_however_lately_he_was() -> None:
    breached = a_change(ChangeKind.CLOCK_BREACHED, clock=ClockName.NEXT_UPDATE)
    lately = a_told("p1", seq=3, kind="progress", at=at(hours=99))
    found = decided(breached, a_told("p1"), lately, standing=Standing(1, "claims"))
    assert ("progress", "contact:c-p1", None) in told(found)
    assert next(one for one in found if one.kind == "progress").rule == "update_due"


def test_what_a_clerk_tells_the_customer_reaches_every_complainant_however_lately_told() -> None:
    lately = [a_told(who, seq=3, kind="progress", at=at(hours=99)) for who in ("p1", "p2")]
    found = decided(a_change(ChangeKind.CUSTOMER_UPDATED, note="in customs"), *lately)
    assert told(found) == [
        ("progress", "contact:c-p1", None),
        ("progress", "contact:c-p2", None),
    ]


def test_a_partner_that_is_waited_for_is_asked_and_asked_again_in_time() -> None:
    waiting = a_change(ChangeKind.WAITING_STARTED, waiting_for="partner:humen")
    assert ("enquiry", "partner:humen", None) in told(decided(waiting))
    warned = a_change(ChangeKind.CLOCK_WARNED, clock=ClockName.PARTNER)
    standing = Standing(1, "claims", None, "partner:humen")
    assert told(decided(warned, standing=standing)) == [
        ("enquiry", "partner:humen", None),
        ("warning", "team:claims", None),
    ]


def test_nobody_is_asked_while_the_customer_is_waited_for() -> None:
    waiting = a_change(ChangeKind.WAITING_STARTED, waiting_for="customer")
    assert told(decided(waiting)) == []


def test_a_warning_goes_to_the_team_of_the_case() -> None:
    warned = a_change(ChangeKind.CLOCK_WARNED, team="claims", clock=ClockName.RESOLUTION)
    assert told(decided(warned)) == [("warning", "team:claims", None)]


def test_a_breach_goes_to_the_team_and_to_the_one_above() -> None:
    breached = a_change(ChangeKind.CLOCK_BREACHED, team="claims", clock=ClockName.RESOLUTION)
    assert told(decided(breached)) == [
        ("breach", "team:claims", None),
        ("breach", "team:senior-desk", None),
        ("breach", "team:head-office", "daily:breached_daily"),
    ]


def test_at_the_end_of_the_ladder_the_missing_team_is_recorded() -> None:
    breached = a_change(ChangeKind.CLOCK_BREACHED, team="head-office", clock=ClockName.TEAM)
    assert told(decided(breached))[1] == (
        "breach",
        "team:above-head-office",
        "no_team_above",
    )


def test_a_change_that_names_no_team_warns_the_fallback_rather_than_nobody() -> None:
    warned = a_change(ChangeKind.CLOCK_WARNED, clock=ClockName.TEAM)
    assert told(decided(warned)) == [("warning", "team:front-desk", None)]


def test_an_escalation_goes_to_the_new_team_and_those_to_be_informed() -> None:
    change = a_change(ChangeKind.ESCALATED, team="task-force", inform=("privacy",))
    assert told(decided(change)) == [
        ("escalation", "team:task-force", None),
        ("assigned", "team:privacy", None),
        ("escalation", "team:head-office", "daily:escalated_daily"),
    ]


@pytest.mark.parametrize(("level", "count"), [(3, 0), (4, 1)])
def test_only_the_highest_level_alarms_the_team(level: int, count: int) -> None:
    change = a_change(ChangeKind.LEVEL_RAISED, level=level, team="task-force")
    assert len(decided(change)) == count


def test_a_correction_is_told_to_the_team_that_has_the_case_by_it_and_to_no_customer() -> None:
    handed_over = a_change(ChangeKind.CORRECTED, level=4, team="task-force")
    assert told(decided(handed_over)) == [("assigned", "team:task-force", None)]
    assert decided(a_change(ChangeKind.CORRECTED, level=2)) == []
    assert decided(a_change(ChangeKind.CONFIRMED)) == []


def test_a_breach_that_is_taken_back_is_news_and_no_warning() -> None:
    change = a_change(ChangeKind.BREACH_RETRACTED, team="claims", clock=ClockName.RESOLUTION)
    assert told(decided(change)) == [("assigned", "team:claims", None)]


@pytest.mark.parametrize("holder", ["partner:gb", "team:desk-southwest"])
def test_whoever_is_given_a_task_is_asked_at_once_and_again_before_and_after_its_time(
    holder: str,
) -> None:
    task = TaskOf(number=1, holder=holder, part="destination")
    for kind in (ChangeKind.TASK_GIVEN, ChangeKind.CLOCK_WARNED, ChangeKind.CLOCK_BREACHED):
        clock = None if kind is ChangeKind.TASK_GIVEN else ClockName.TASK
        found = decided(a_change(kind, team="claims", clock=clock, task=task))
        assert ("enquiry", holder, None) in told(found)


def test_a_task_that_was_not_done_in_time_alarms_the_team_that_leads_and_no_customer() -> None:
    task = TaskOf(number=1, holder="partner:gb", part="destination")
    late = a_change(ChangeKind.CLOCK_BREACHED, team="claims", clock=ClockName.TASK, task=task)
    assert told(decided(late, a_told("p1"))) == [
        ("breach", "team:claims", None),
        ("enquiry", "partner:gb", None),
        ("breach", "team:head-office", "daily:breached_daily"),
    ]


def test_a_task_in_a_merged_case_is_asked_for_though_the_team_hears_through_the_head() -> None:
    task = TaskOf(number=1, holder="partner:gb", part="destination")
    late = a_change(
        ChangeKind.CLOCK_BREACHED,
        team="claims",
        clock=ClockName.TASK,
        task=task,
        merged_into="CHEAD",
    )
    found = told(decided(late))
    assert ("enquiry", "partner:gb", None) in found
    assert ("breach", "team:claims", "merged") in found
