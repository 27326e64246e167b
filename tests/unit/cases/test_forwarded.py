"""What the regulator forwards has its own time, in whichever case of a matter it comes."""

from datetime import timedelta

import pytest

from schemas.added import ContactAdded
from schemas.vocabulary import Channel, ClockName
from services.domain.clocks.stages import clocks_of
from tests.support.builders import NOON
from tests.unit.cases.street import Street, with_law

DUE = NOON + timedelta(days=15.5)


@pytest.fixture
def street() -> Street:
    return Street(policies=with_law())


def a_pair(street: Street) -> tuple[str, str]:
    """Open two cases of one matter; the later one was forwarded by the regulator."""
    head = street.open("first", 0, waybill="SF1")
    street.desk.clock.time = NOON + timedelta(hours=12)
    return head, street.open("second", 720, waybill="SF2", channel=Channel.REGULATOR)


def runs(street: Street, case_id: str) -> set[ClockName]:
    return {one.clock for one in clocks_of(street.case(case_id)).runs}


def test_a_merged_case_brings_the_regulators_time_to_its_head(street: Street) -> None:
    head, child = a_pair(street)
    street.merge(head, child)
    assert ClockName.REGULATOR not in runs(street, head)
    street.until(15.4)
    assert ClockName.REGULATOR not in street.breached(head)
    street.until(16)
    assert street.breached(head)[ClockName.REGULATOR] == DUE
    assert street.breached(child)[ClockName.REGULATOR] == DUE


def test_the_heads_answer_in_time_meets_it(street: Street) -> None:
    head, child = a_pair(street)
    street.merge(head, child)
    street.until(3)
    street.act(head, "resolve", note="It was found.")
    street.deliver()
    street.until(20)
    assert ClockName.REGULATOR not in street.breached(head)


def test_an_appealed_case_that_the_regulator_forwards_is_reopened_under_its_clock(
    street: Street,
) -> None:
    case = street.open("first", 0, waybill="SF1")
    street.act(case, "resolve", note="It was found.")
    street.act(case, "appeal", note="It is broken.", contact=an_appellant(street, case))
    street.deliver()
    assert street.case(case).status == "appealed"
    received = NOON + timedelta(days=2)
    street.desk.clock.time = received
    street.contact(case, "again", received)
    assert street.case(case).status == "appealed"
    street.contact(case, "forwarded", received, channel=Channel.REGULATOR)
    assert street.case(case).status == "reopened"
    (run,) = [one for one in clocks_of(street.case(case)).runs if one.clock == "regulator"]
    assert (run.since, run.stopped_at) == (received, None)


def an_appellant(street: Street, case: str) -> ContactAdded:
    contact = street.history(case)[0].contact
    assert contact is not None
    return contact


def test_after_an_unmerge_only_the_case_it_came_to_has_it(street: Street) -> None:
    head, child = a_pair(street)
    street.merge(head, child)
    street.until(16)
    street.unmerge(head, child)
    assert not [mark for mark in street.case(head).fired if mark.startswith("regulator")]
    assert ClockName.REGULATOR not in runs(street, head)
    assert street.breached(child)[ClockName.REGULATOR] == DUE
