"""What is decided not to be told, or not now, is counted by channel and reason; each once."""

import pytest

from schemas.vocabulary import ChangeKind
from services.domain.identity import person_index
from services.domain.preferences import Choice, Preferences, key_of
from services.notification.policy import load_policy
from tests.support.builders import KEYS, TENANT
from tests.unit.notification.test_handler import Desk
from tests.unit.notification.test_logic import a_change

MOST = load_policy().storm.rates["team"].most


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.take(a_change(ChangeKind.OPENED, 1, contact=made.contact("a", person="p")))
    return made


def test_what_was_told_not_long_ago_is_throttled(desk: Desk) -> None:
    assert desk.take(a_change(ChangeKind.ASSIGNED, 2)).withheld == {}
    handled = desk.take(a_change(ChangeKind.INVESTIGATION_STARTED, 3))
    assert handled.withheld == {("email", "throttled"): 1}


def test_who_does_not_want_it_is_not_told(desk: Desk) -> None:
    choice = Choice(desk.clock.now(), "page", True)
    desk.preferences.choose(key_of(TENANT, "p"), Preferences(opt_out=True), choice)
    handled = desk.take(a_change(ChangeKind.INVESTIGATION_STARTED, 2))
    assert handled.withheld == {("email", "opted_out"): 1}


def test_nor_who_said_so_by_phone_before_he_gave_a_customer_number(desk: Desk) -> None:
    choice = Choice(desk.clock.now(), "sms", True)
    desk.preferences.choose(key_of(TENANT, "phone"), Preferences(opt_out=True), choice)
    person = person_index(KEYS, TENANT, "cust-1")
    later = desk.contact("b", person=person, aliases=("phone",))
    known = desk.take(a_change(ChangeKind.OPENED, 1, case_id="case-2", contact=later))
    assert known.withheld == {}  # an acknowledgement has to come
    change = a_change(ChangeKind.INVESTIGATION_STARTED, 2, case_id="case-2", note="x")
    assert desk.take(change).withheld == {("email", "opted_out"): 1}


def test_quiet_hours_are_told_from_what_is_not_sent_at_all(desk: Desk) -> None:
    desk.clock.advance(6 * 3600)  # two at night in China
    handled = desk.take(a_change(ChangeKind.INVESTIGATION_STARTED, 2))
    assert handled.withheld == {("email", "quiet"): 1}


def test_a_storm_is_counted_as_bundled(desk: Desk) -> None:
    storm = [
        a_change(ChangeKind.BREACH_RETRACTED, 2, case_id=f"case-{n}", team="claims")
        for n in range(MOST + 3)
    ]
    assert desk.take(*storm).withheld == {("chat", "bundled"): 3}


def test_who_has_no_address_is_counted_without_a_channel(desk: Desk) -> None:
    mute = desk.contact("b", email=None)
    handled = desk.take(a_change(ChangeKind.OPENED, 1, case_id="case-2", contact=mute))
    assert handled.withheld == {("none", "no_address"): 1}


def test_a_replay_and_a_change_that_comes_twice_count_nothing_again(desk: Desk) -> None:
    desk.clock.advance(6 * 3600)
    batch = [desk.inbound(a_change(ChangeKind.INVESTIGATION_STARTED, 2))]
    desk.handler.handle(batch, {})
    desk.clock.advance(1)
    assert desk.handler.handle(batch, {}).withheld == {}
    assert desk.take(a_change(ChangeKind.INVESTIGATION_STARTED, 2)).withheld == {}
