"""Who answers a question of ours does not ask again; whatever comes first."""

from collections.abc import Sequence
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest

from schemas.cases import CaseState
from schemas.routes import ContactRouted
from schemas.vocabulary import CommandKind, Relation
from tests.support.builders import at
from tests.unit.cases.desk import FIRST, Desk, another


@pytest.fixture
def desk() -> Desk:
    """A case that waits for its customer since one o'clock."""
    desk = Desk()
    desk.take(FIRST)
    desk.act(CommandKind.ACKNOWLEDGE)
    asks(desk, 1)
    return desk


def asks(desk: Desk, hours: float) -> None:
    """Let a clerk ask the customer something."""
    desk.clock.time = at(hours=hours)
    settled = desk.act(CommandKind.WAIT, waiting_for="customer", note="Which colour is it?")
    assert settled.refusal is None


def comes(hours: float, **changed: Any) -> ContactRouted:
    """Return a contact of the same customer, received so many hours after noon."""
    return another(f"after {hours}", received_at=at(hours=hours), **changed)


def hears(desk: Desk, *hours: float) -> tuple[int, int]:
    """Take contacts as they are received; return how often was asked, and the level."""
    for each in hours:
        desk.clock.time = max(desk.clock.time, at(hours=each))
        desk.take(comes(each))
    return desk.case().askings, desk.case().level


def test_a_reply_to_our_question_does_not_ask_again(desk: Desk) -> None:
    assert hears(desk, 20) == (1, 1)
    assert desk.case().status == "investigating"


def test_what_comes_after_the_reply_asks_again(desk: Desk) -> None:
    assert hears(desk, 20, 40) == (2, 2)
    assert hears(desk, 60) == (3, 3)


def test_each_question_has_its_reply(desk: Desk) -> None:
    hears(desk, 20)
    asks(desk, 30)
    assert hears(desk, 40) == (1, 1)
    assert hears(desk, 60) == (2, 2)


def test_what_was_received_before_the_question_is_no_reply_to_it(desk: Desk) -> None:
    hears(desk, 20)
    asks(desk, 30)
    desk.clock.time = at(hours=35)
    desk.take(comes(25))
    assert desk.case().askings == 2


def test_who_comes_after_a_clerk_went_on_without_a_reply_asks_again(desk: Desk) -> None:
    desk.clock.time = at(hours=5)
    desk.act(CommandKind.RESUME)
    assert hears(desk, 20) == (2, 2)


def test_a_wait_for_somebody_else_makes_nothing_a_reply(desk: Desk) -> None:
    hears(desk, 20)
    desk.act(CommandKind.WAIT, waiting_for="partner:p1", note="Where is it?")
    assert hears(desk, 40) == (2, 2)


def test_what_a_reply_says_of_contacts_elsewhere_counts(desk: Desk) -> None:
    desk.clock.time = at(hours=20)
    desk.take(comes(20, prior_contacts=2))
    assert desk.case().askings == 2


REPLIES = (
    comes(20, relation=Relation.NEW_FACT),
    comes(22),
    comes(45),
    comes(70, relation=Relation.SECOND_COMPLAINANT),
)


def received(one: ContactRouted) -> datetime:
    return one.scored.deduplicated.contact.received_at


def came_to(order: Sequence[ContactRouted], size: int) -> CaseState:
    """Return what becomes of contacts that are decided in this order, so many at a time."""
    desk = Desk()
    desk.take(FIRST)
    desk.act(CommandKind.ACKNOWLEDGE)
    asks(desk, 1)
    desk.clock.time = at(hours=100)
    for start in range(0, len(order), size):
        desk.take(*order[start : start + size])
    return desk.case()


@pytest.mark.parametrize("contacts", [REPLIES, (comes(20), comes(40), comes(-3))])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_whatever_comes_first_the_same_contact_is_the_reply(
    contacts: Sequence[ContactRouted], size: int
) -> None:
    expected = came_to(sorted(contacts, key=received), 1)
    for order in permutations(contacts):
        state = came_to(order, size)
        assert (state.askings, state.level) == (expected.askings, expected.level)
    assert expected.askings == 3
