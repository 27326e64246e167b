"""The rest of a long short message that comes when its beginning is a contact already."""

import pytest

from services.domain.errors import OutageError
from services.domain.sms_parts import GAP
from tests.support.api_desk import Desk
from tests.support.builders import TENANT
from tests.unit.api.provider_desk import contacts
from tests.unit.api.test_parted_sms import WORDS, desk, looked, part

__all__ = ["desk"]


@pytest.mark.parametrize("dies", [False, True])
def test_a_part_that_comes_late_is_a_contact_of_the_case_of_its_message(
    desk: Desk, dies: bool
) -> None:
    part(desk, 1)
    part(desk, 2)
    desk.clock.advance(10 * 60)
    looked(desk)
    begun = desk.pipeline.queries.contact(TENANT, contacts(desk)[0].contact_id)
    assert begun is not None
    part(desk, 3)
    desk.clock.advance(10 * 60)
    if dies:  # what was told before it died is told again, with the same id and case
        desk.pipeline.parts.before = lambda name: away_at("hand_on", name)
        assert looked(desk) == 0
        desk.pipeline.parts.before = lambda name: None
    assert looked(desk) == 1
    late = contacts(desk)[1:]
    assert {one.text for one in late} == {f"{GAP}{GAP}{WORDS[2]}"}
    assert {one.reply_to for one in late} == {begun.case_id}
    assert len({one.contact_id for one in late}) == 1


@pytest.mark.parametrize("numbers", [(1, 2, 3), (1,), (2, 3)])
def test_another_message_with_the_same_reference_is_none_of_that_case(
    desk: Desk, numbers: tuple[int, ...]
) -> None:
    part(desk, 1)
    part(desk, 2)
    desk.clock.advance(10 * 60)
    looked(desk)
    for number in numbers:
        part(desk, number, f"另一条的第{number}句。")
    desk.clock.advance(10 * 60)
    looked(desk)
    assert [one.reply_to for one in contacts(desk)] == [None, None]


def away_at(wanted: str, name: str) -> None:
    if name == wanted:
        raise OutageError("mongodb", "the copy died here")
