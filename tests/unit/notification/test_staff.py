"""Clerks and partners: who is told what about the case that they have or are waited for."""

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
