"""Somebody is told once, whatever names and addresses he gave one after the other."""

from typing import Any

import pytest

from schemas.notices import NoticeRequested
from schemas.vocabulary import ChangeKind
from services.domain.identity import person_index
from services.domain.preferences import Preferences
from services.notification.logic import Decision
from services.notification.recipients import Around, recipients
from services.sender.logic import way_of
from services.sender.policy import load_policy
from tests.support.builders import KEYS, TENANT, at
from tests.unit.notification.test_handler import Desk, requested
from tests.unit.notification.test_logic import POLICY, TEAMS, a_change, a_told, decided
from tests.unit.notification.test_many_people import CHOICE as BY

RESOLVED = a_change(ChangeKind.RESOLVED, 9, note="已找到")


@pytest.fixture
def desk() -> Desk:
    """Return a desk that knows a case opened by somebody who gave his phone alone."""
    made = Desk()
    made.take(a_change(ChangeKind.OPENED, 1, contact=made.contact("a", person="phone")))
    return made


def comes(desk: Desk, seq: int, name: str, customer: str, *aliases: str) -> dict[str, Any]:
    """Have somebody come who gives a customer number; return his contact."""
    person = person_index(KEYS, TENANT, customer)
    contact = desk.contact(name, person=person, customer=customer, aliases=aliases)
    desk.take(a_change(ChangeKind.CONTACT_ADDED, seq, contact=contact))
    return contact


def told_of(desk: Desk) -> list[NoticeRequested]:
    return requested(desk.take(RESOLVED))


def test_who_gave_his_phone_before_his_customer_number_gets_one_answer(desk: Desk) -> None:
    later = comes(desk, 2, "b", "cust-1", "phone")
    assert [one.recipient for one in told_of(desk)] == [f"contact:{later['contact_id']}"]


def test_after_two_changes_of_keys_he_still_gets_one(desk: Desk) -> None:
    comes(desk, 2, "b", "cust-1", "phone")
    under_new_keys = person_index(KEYS, TENANT, "cust-1")
    newest = comes(desk, 3, "c", "cust-9", under_new_keys, "phone")
    assert [one.recipient for one in told_of(desk)] == [f"contact:{newest['contact_id']}"]


def test_two_who_share_a_phone_each_get_theirs(desk: Desk) -> None:
    two = [comes(desk, 2, "b", "cust-1", "phone"), comes(desk, 3, "c", "cust-2", "phone")]
    assert {one.recipient for one in told_of(desk)} == {
        f"contact:{one['contact_id']}" for one in two
    }


def test_somebody_else_gets_his_own(desk: Desk) -> None:
    comes(desk, 2, "b", "cust-1", "another-phone")
    assert len(told_of(desk)) == 2


def test_a_replay_decides_as_before_another_name_was_known(desk: Desk) -> None:
    batch = [desk.inbound(a_change(ChangeKind.RESOLVED, 2, note="已找到"))]
    first = desk.handler.handle(batch, {})
    comes(desk, 3, "b", "cust-1", "phone")
    assert desk.handler.handle(batch, {}).outbound == first.outbound


def test_two_names_that_know_each_other_are_one_person() -> None:
    around = Around(
        earlier=[a_told("p1"), a_told("p2", 2)], aliases={"c-p1": ("p2",), "c-p2": ("p1",)}
    )
    (whom,) = (one.whom for one in POLICY.changes[ChangeKind.RESOLVED])
    found = list(recipients(whom, RESOLVED, around, POLICY, TEAMS))
    assert [one.who for one in found] == ["p1"]


# ------------------------------------------------------------------ what he chose


def test_who_chose_the_channel_that_he_would_have_got_keeps_the_ways_behind_it() -> None:
    desk = Desk()
    contact = desk.contact("a")
    desk.preferences.choose(f"{TENANT}|{contact['person']}", Preferences(channels=("email",)), BY)
    (notice,) = requested(desk.take(a_change(ChangeKind.OPENED, 1, contact=contact)))
    assert [str(one) for one in way_of(notice, load_policy())][:2] == ["email", "sms"]


# ------------------------------------------------------------------ after an answer


def progress(decisions: list[Decision]) -> list[str | None]:
    return [one.suppressed for one in decisions if one.kind == "progress"]


def test_who_comes_back_on_an_answer_is_told_so_however_lately_he_was_told_before_it() -> None:
    before = a_told("p1", 2, kind="progress", at=at(hours=98))
    answer = a_told("p1", 3, kind="result", at=at(hours=99))
    reopened = a_change(ChangeKind.REOPENED)
    assert progress(decided(reopened, a_told("p1"), before, answer)) == [None]
    since = a_told("p1", 4, kind="progress", at=at(hours=99))
    throttled = progress(decided(reopened, a_told("p1"), before, answer, since))
    assert throttled == ["throttled:reopened"]


def test_an_answer_that_was_not_told_begins_nothing_anew() -> None:
    before = a_told("p1", 2, kind="progress", at=at(hours=98))
    silent = a_told("p1", 3, kind="result", at=at(hours=99), is_requested=False)
    reopened = a_change(ChangeKind.REOPENED)
    assert progress(decided(reopened, before, silent)) == ["throttled:reopened"]
