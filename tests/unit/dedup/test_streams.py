"""Decisions about whole streams: the labelled ones, and any order of contacts."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from schemas.codec import decode
from schemas.contacts import ContactDeduplicated, ContactReceived
from services.adapters.memory_dedup import MemoryDedupStore
from services.cli.offline import judged
from services.dedup.evaluation import Judged, b_cubed, incidents, merged_matters
from services.dedup.policy import load_policy
from services.domain.incidents.policy import load_incident_policy
from tests.support.builders import a_contact, at
from tests.support.dedup_desk import AClock, Desk

CORPUS = Path(__file__).parents[2] / "corpus"
STREAM = CORPUS / "contact_stream.jsonl"
POLICY = load_policy()
GOODS = ("青花茶盘", "电热水壶", "羽绒睡袋", "violin bow", "望远镜支架", "wedding dress")


def labelled(file: Path) -> list[Judged]:
    """Return what dedup decided about a labelled stream, all of whose lines are good."""
    lines = file.read_bytes().splitlines()
    found = judged(lines, POLICY, load_incident_policy(), AClock())
    stream = [one for one in found if isinstance(one, Judged)]
    assert len(stream) == len(lines)
    return stream


def test_the_labelled_stream_is_decided_as_people_would() -> None:
    stream = labelled(STREAM)
    found, invented = incidents(stream)
    assert merged_matters(stream) == []
    assert b_cubed(stream).f1 >= 0.99
    assert sum(one.relation == one.given_relation for one in stream) >= 0.98 * len(stream)
    assert all(one.is_found for one in found)
    assert invented == []


def test_numbers_in_a_row_batches_and_two_like_items_of_one_person_are_not_taken_for_one() -> None:
    stream = labelled(CORPUS / "contact_traps.jsonl")
    assert merged_matters(stream) == []
    assert b_cubed(stream).f1 >= 0.98
    assert incidents(stream) == ([], [])


def test_items_of_one_person_that_differ_in_what_they_name_stay_apart_and_repeats_are_found() -> (
    None
):
    """Pairs without a waybill: other order numbers, owners, measures, brands, shops, receivers,
    days of purchase; and the same item told again."""
    stream = labelled(CORPUS / "contact_items.jsonl")
    assert merged_matters(stream) == []
    assert b_cubed(stream).f1 >= 0.99


def test_a_stream_that_somebody_else_wrote_is_decided_nearly_as_well() -> None:
    stream = labelled(CORPUS / "contact_blind.jsonl")
    assert merged_matters(stream) == []
    assert b_cubed(stream).f1 >= 0.965
    found, invented = incidents(stream)
    assert all(one.is_found for one in found)
    assert invented == []


@pytest.mark.parametrize(
    ("file", "least"), [("contact_festival.jsonl", 0.98), ("contact_autumn.jsonl", 0.975)]
)
def test_streams_in_the_words_of_many_are_decided_as_people_would(file: str, least: float) -> None:
    """In the first, trucks burn, a ferry stops and a shop closes; five days, 425 contacts."""
    stream = labelled(CORPUS / file)
    found, invented = incidents(stream)
    assert merged_matters(stream) == []
    assert b_cubed(stream).f1 >= least
    assert sum(one.relation == one.given_relation for one in stream) >= 0.93 * len(stream)
    assert all(one.is_found and one.precision >= 0.9 for one in found)
    assert invented == []


def matter(number: int, goods: str) -> list[ContactReceived]:
    """Everything that may come about one parcel: with waybill, mistyped, without, from two."""
    waybill = f"SF13{number}5{number}28{number}7561{number}0{number}"
    slipped = waybill[:7] + str((int(waybill[7]) + 3) % 10) + waybill[8:]
    sender, buyer = f"sender-{number}", f"buyer-{number}"
    said = f"我买的{goods}一直没到,{goods}急用"
    return [
        a_contact(f"{number}-a", waybill=waybill, customer=buyer, text=said),
        a_contact(
            f"{number}-b",
            waybill=slipped,
            customer=buyer,
            text=f"{goods}还没到,再催",
            received_at=at(days=1),
        ),
        a_contact(
            f"{number}-c",
            waybill=None,
            customer=buyer,
            text=f"上次说的{goods},{goods}没到",
            received_at=at(days=2),
        ),
        a_contact(
            f"{number}-d",
            waybill=waybill,
            customer=sender,
            text=f"我寄的{goods}没送到",
            received_at=at(days=3),
        ),
    ]


CONTACTS = [one for number, goods in enumerate(GOODS, 1) for one in matter(number, goods)]


@pytest.mark.parametrize("seed", range(16))
def test_order_duplicates_batches_and_restarts_mix_no_matters_and_lose_none(seed: int) -> None:
    """Never two matters in one case; and of one matter, whatever did not meet is suggested: who
    comes first with a slip, and who without a waybill, have nothing else in common."""
    random = Random(seed)
    size = random.randint(1, 30)
    stream = [*CONTACTS, *random.sample(CONTACTS, 8)]
    random.shuffle(stream)
    store = MemoryDedupStore()
    for start in range(0, len(stream), size):
        Desk(store).take(*stream[start : start + size])  # each time a worker that knows nothing
    matters = {one.contact_id: one.text for one in CONTACTS}
    assert len(store.contacts) == len(CONTACTS)
    cases = defaultdict(set)
    linked = defaultdict(set)
    for row in store.contacts.values():
        goods = next(goods for goods in GOODS if goods in matters[row.contact_id])
        cases[row.case_id].add(goods)
        linked[goods].add(frozenset({row.case_id}))
        for one in decode(ContactDeduplicated, row.out).perhaps:
            linked[goods].add(frozenset({row.case_id, one.case_id}))
    assert all(len(goods) == 1 for goods in cases.values())
    assert all(len(joined(links)) == 1 for links in linked.values())


def joined(links: Iterable[frozenset[str]]) -> list[set[str]]:
    """Return the cases that are one matter, once a clerk has followed the suggestions."""
    groups: list[set[str]] = []
    for link in links:
        apart = [group for group in groups if group.isdisjoint(link)]
        groups = [*apart, set(link).union(*(group for group in groups if group & link))]
    return groups


def test_in_the_order_in_which_they_were_received_each_matter_is_one_case() -> None:
    decided = Desk().take(*sorted(CONTACTS, key=lambda one: one.received_at))
    assert len({one.case_id for one in decided}) == len(GOODS)
