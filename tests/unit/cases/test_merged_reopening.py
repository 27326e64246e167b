"""A head that a contact of a merged case takes up again: its clocks count from then."""

from datetime import datetime, timedelta

import pytest

from schemas.vocabulary import ClockName
from services.domain.clocks.stages import clocks_of
from tests.support.builders import NOON
from tests.unit.cases.district import District

LATER = NOON + timedelta(hours=10)


def begun(district: District, case_id: str) -> dict[ClockName, datetime | None]:
    return {run.clock: run.since for run in clocks_of(district.case(case_id)).runs}


@pytest.mark.parametrize(
    ("asked", "answered"),
    [(0, 0), (30, 20)],
    ids=["in the same moment", "and his contact came first though it was received later"],
)
def test_its_own_contacts_from_before_the_answer_take_no_time_from_it(
    asked: int, answered: int
) -> None:
    """Nobody may be too late by hours that had passed before he was asked again."""
    district = District()
    head, child = district.open("first"), district.open("second", 0, customer="c2")
    if district.case(child).case_id < district.case(head).case_id:
        head, child = child, head
    district.act(head, "merge", other=child)
    district.deliver()
    district.desk.clock.time = NOON + timedelta(minutes=40)
    if asked:
        district.contact(head, "meanwhile", NOON + timedelta(minutes=asked))
    accepted_at = NOON + timedelta(minutes=answered)
    district.act(head, "resolve", note="found", issued_at=accepted_at)
    district.deliver()
    district.desk.clock.time = LATER
    district.contact(child, "again", LATER, customer="c2")
    district.deliver()
    assert district.case(head).status == "reopened"
    since = begun(district, head)
    assert {since[ClockName.RESOLUTION], since[ClockName.STATUTORY]} == {LATER}


def test_a_contact_of_its_own_that_takes_it_up_again_counts_from_its_receipt() -> None:
    district = District()
    case_id = district.open("first")
    district.act(case_id, "resolve", note="found")
    district.desk.clock.time = LATER
    district.contact(case_id, "again", LATER - timedelta(hours=3))
    assert begun(district, case_id)[ClockName.RESOLUTION] == LATER - timedelta(hours=3)
