"""Check B asks whether whoever names a waybill next would find its case: a claim that is lost (a
restore without them, a row taken away) would open a second case of one parcel."""

import pytest

from services.audit.logic.findings import Defect
from tests.unit.audit.histories import DEDUPLICATED, World

NAMED = b'"waybill_index":"k1:abc",'
REPLY = b'"reasons":[{"rule":"reply_to_notice"}],'


@pytest.fixture
def waybill(world: World, single: str) -> str:
    """The case with one contact, which named a waybill and claimed it."""
    saying(world, NAMED)
    world.claims.append(single)
    return single


def saying(world: World, more: bytes) -> None:
    row = world.rows[2]
    value = row.out.replace(b'"policy":', more + b'"policy":')
    assert value != row.out
    world.rows[2] = row._replace(out=value)
    world.change(DEDUPLICATED, 2, value=value)


def test_a_case_that_its_waybill_leads_to_is_in_order(world: World, waybill: str) -> None:
    assert world.defects() == []


def test_a_claim_that_is_lost_is_named_by_its_case(world: World, waybill: str) -> None:
    world.claims.clear()
    assert world.defects() == [("B", Defect.UNCLAIMED, waybill)]


def test_a_claim_that_leads_to_another_case_is_none(world: World, waybill: str, case: str) -> None:
    world.claims[:] = [case, "default|CNONE"]
    assert world.defects() == [("B", Defect.UNCLAIMED, waybill)]


def test_whoever_answers_a_notice_claims_nothing(world: World) -> None:
    saying(world, NAMED + REPLY)
    assert world.defects() == []


def test_of_a_contact_whose_data_were_removed_nobody_knows_a_waybill(
    world: World, waybill: str
) -> None:
    world.claims.clear()
    world.rows[2] = world.rows[2]._replace(out=b"")
    assert world.defects() == []
