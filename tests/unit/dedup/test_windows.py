"""How far apart two contacts may lie and still be about one parcel: the same whichever came first,
and whoever else is in the batch."""

from itertools import permutations

import pytest

from services.adapters.memory_dedup import MemoryDedupStore
from tests.support.builders import a_contact, at
from tests.support.dedup_desk import Desk

LAST_YEARS = a_contact("old", customer="cust-old", received_at=at(days=-250))
THIS_YEARS = a_contact("new", customer="cust-new", received_at=at(days=0))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("order", list(permutations((LAST_YEARS, THIS_YEARS))))
@pytest.mark.parametrize("is_one_batch", [False, True])
def test_a_number_used_again_is_another_parcel_whichever_contact_comes_first(
    order: tuple[object, ...], is_one_batch: bool
) -> None:
    """A letter from last year that comes late is not shown to whoever has the number now."""
    store = MemoryDedupStore()
    batches = [order] if is_one_batch else [(one,) for one in order]
    decided = [one for batch in batches for one in Desk(store).take(*batch)]  # type: ignore[arg-type]
    assert {one.relation for one in decided} == {"new"}
    assert len({one.case_id for one in decided}) == 2


def test_each_parcel_of_a_number_keeps_its_later_contacts_whichever_was_known_first(
    desk: Desk,
) -> None:
    new, old = desk.take(THIS_YEARS)[0], desk.take(LAST_YEARS)[0]
    later = desk.take(a_contact("later", customer="cust-new", received_at=at(days=9)))[0]
    earlier = desk.take(a_contact("earlier", customer="cust-old", received_at=at(days=-240)))[0]
    assert (later.case_id, later.relation) == (new.case_id, "repeat")
    assert (earlier.case_id, earlier.relation) == (old.case_id, "repeat")


def test_a_contact_that_comes_late_is_still_of_its_parcel(desk: Desk) -> None:
    first = desk.take(a_contact("first", received_at=at(days=3)))[0]
    late = desk.take(a_contact("late", received_at=at(days=0)))[0]
    assert late.case_id == first.case_id


def test_what_is_compared_does_not_hang_on_who_else_is_in_the_batch() -> None:
    """Forty days ago the same person spoke of the same goods: too long ago to be joined."""
    told = {"waybill": None, "customer": "cust-1"}
    before = a_contact("before", text="我的咖啡机还没到", received_at=at(days=-40), **told)
    now = a_contact("now", text="咖啡机还没到,再催一次", received_at=at(days=0), **told)
    other = a_contact("x", customer="else", waybill=None, text="多收钱", received_at=at(days=-35))
    ends = []
    for batch in ((now,), (other, now)):
        store = MemoryDedupStore()
        Desk(store).take(before)
        found = {one.contact.contact_id: one for one in Desk(store).take(*batch)}
        ends.append((found[now.contact_id].relation, found[now.contact_id].perhaps))
    assert ends == [("new", ())] * 2
