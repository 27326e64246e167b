"""What contacts of one person come to, in whatever order and however often they come."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import chain
from random import Random
from typing import Final

import pytest

from schemas.contacts import ContactReceived, Role
from services.adapters.memory_dedup import MemoryDedupStore
from tests.support.builders import a_contact, at
from tests.support.dedup_desk import Desk

ORDERS: Final = ("5512087133", "778120945", "AB-20931-77", "20260601888")
OWNERS: Final = ("妈妈", "爸爸", "女儿", "公司")


def of_order(number: str, customer: str, place: int) -> list[ContactReceived]:
    """Everything that may come about one order of a coffee machine: with the waybill, without,
    in other words, from the sender; each names the order."""
    waybill = f"SF13{place}5{place}28{place}7561{place}0{place}"
    told = [
        (f"订单号{number}的咖啡机还没到", waybill, customer, Role.RECEIVER),
        (f"订单{number}的咖啡机没到", None, customer, Role.RECEIVER),
        (f"Order no. {number}: I want my money back", None, customer, Role.RECEIVER),
        (f"订单{number}到底有没有人管", None, customer, Role.RECEIVER),
        (f"客户的订单号{number}收不到货", None, f"sender-{place}", Role.SENDER),
    ]
    return [
        a_contact(
            f"{place}-{part}",
            waybill=waybill,
            customer=who,
            text=text,
            role=role,
            received_at=at(hours=7 * part + place),
        )
        for part, (text, waybill, who, role) in enumerate(told)
    ]


def of_owner(owner: str, customer: str, place: int) -> list[ContactReceived]:
    """A wheelchair, told twice by whose it is, and once by nothing: it may be any of them."""
    texts = (f"{owner}的轮椅还没到", f"给{owner}买的轮椅没人送", "轮椅还没到,再催一次")
    return [
        a_contact(
            f"o{place}-{part}",
            waybill=None,
            customer=customer,
            text=text,
            received_at=at(hours=5 * part) + timedelta(minutes=place),
        )
        for part, text in enumerate(texts)
    ]


def cases_of(given: Iterable[ContactReceived], seed: int) -> dict[str, str]:
    """Return the case of each contact: shuffled, some sent again, each batch decided by a worker
    that knows nothing but what is stored."""
    random, contacts = Random(seed), list(given)
    stream = [*contacts, *random.sample(contacts, len(contacts) // 3)]
    random.shuffle(stream)
    store = MemoryDedupStore()
    while stream:
        size = random.randint(1, 12)
        Desk(store).take(*stream[:size])
        del stream[:size]
    assert len(store.contacts) == len(contacts)
    return {row.contact_id: row.case_id for row in store.contacts.values()}


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> range:
    count: int = request.config.getoption("--any-order")
    return range(count)


def test_contacts_that_name_their_order_come_to_the_same_cases_in_any_order(seeds: range) -> None:
    orders = [of_order(number, "buyer", place) for place, number in enumerate(ORDERS, 1)]
    wanted = sorted(sorted(one.contact_id for one in contacts) for contacts in orders)
    for seed in seeds:
        groups = defaultdict(list)
        for contact_id, case_id in cases_of(chain(*orders), seed).items():
            groups[case_id].append(contact_id)
        assert sorted(map(sorted, groups.values())) == wanted, seed


def test_items_of_other_owners_are_never_in_one_case_in_any_order(seeds: range) -> None:
    """Only the contact that names no owner may come to either, by what came before it."""
    items = [of_owner(owner, "family", place) for place, owner in enumerate(OWNERS, 1)]
    owner_of = {
        one.contact_id: owner for owner, item in zip(OWNERS, items, strict=True) for one in item[:2]
    }
    for seed in seeds:
        groups = defaultdict(set)
        for contact_id, case_id in cases_of(chain(*items), seed).items():
            if contact_id in owner_of:
                groups[case_id].add(owner_of[contact_id])
        assert all(len(owners) == 1 for owners in groups.values()), seed
