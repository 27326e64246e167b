"""Whoever comes back in a merged case asks about the whole matter, from when the contact was
received: a backlog, or a letter that was typed late, gives the head no time."""

from datetime import datetime, timedelta

import pytest
from pydantic_core import from_json

from schemas.codec import encode
from schemas.vocabulary import ClockName
from services.audit.logic.history import Event
from services.audit.logic.watched import Watched, take
from services.domain.clocks.stages import clocks_of
from tests.support.builders import NOON
from tests.unit.cases.district import District

RECEIVED = NOON + timedelta(hours=6)
TYPED = NOON + timedelta(days=3)


@pytest.fixture
def district() -> District:
    return District()


def a_pair(district: District) -> tuple[str, str]:
    head = district.open("first", 0, waybill="SF1")
    child = district.open("second", 5, waybill="SF2")
    district.merge(head, child)
    district.desk.clock.time = NOON + timedelta(hours=3)
    return head, child


def comes_late(district: District, case: str, received: datetime = RECEIVED) -> None:
    """Let a contact be worked on days after it was received."""
    district.desk.clock.time = TYPED
    district.contact(case, "again", received)
    district.deliver()


def audited(district: District, case: str) -> Watched:
    """Return the clocks of a case as the auditor counts them."""
    seen = Watched()
    for one in district.history(case):
        take(seen, Event(1, one.seq, "", encode(one), from_json(encode(one))))
    return seen


@pytest.mark.parametrize("to_child", [False, True])
def test_the_limits_of_a_reopened_head_count_from_when_the_contact_was_received(
    district: District, to_child: bool
) -> None:
    head, child = a_pair(district)
    district.act(head, "resolve", note="It was found.")
    district.deliver()
    comes_late(district, child if to_child else head)
    runs = {one.clock: one for one in clocks_of(district.case(head)).runs}
    assert district.case(head).status == "reopened"
    assert runs[ClockName.STATUTORY].since == runs[ClockName.RESOLUTION].since == RECEIVED
    assert audited(district, head).restarted == RECEIVED


@pytest.mark.parametrize("to_child", [False, True])
def test_a_wait_for_the_customer_ends_when_his_contact_was_received(
    district: District, to_child: bool
) -> None:
    head, child = a_pair(district)
    district.act(head, "acknowledge")
    district.act(head, "wait", waiting_for="customer", note="which colour?")
    district.deliver()
    comes_late(district, child if to_child else head)
    (wait,) = clocks_of(district.case(head)).waits
    assert wait.until == RECEIVED
    assert audited(district, head).waits[0][1] == RECEIVED


def test_what_was_received_before_the_answer_counts_from_when_it_became_known(
    district: District,
) -> None:
    head, child = a_pair(district)
    district.act(head, "resolve", note="It was found.")
    district.deliver()
    comes_late(district, child, NOON + timedelta(hours=1))
    runs = {one.clock: one for one in clocks_of(district.case(head)).runs}
    assert runs[ClockName.STATUTORY].since == district.case(head).reopened_at
