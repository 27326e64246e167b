"""A head is merged itself: what its merged cases were paid is not paid again by the new head."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from schemas.cases import CommandSettled
from schemas.vocabulary import ChangeKind, Refusal
from services.cases import merging
from services.cases.merge_messages import to_hand_on
from services.cases.payer import payment_id_of
from services.domain.compensation.payments import standing_sum
from tests.support.builders import NOON, TENANT
from tests.unit.cases.district import District
from tests.unit.cases.test_paid_in_appeals import found
from tests.unit.cases.till import OWN, order

AMOUNT = 200


def three(district: District) -> tuple[str, str, str]:
    """Return a case, one that is to be merged into it, and one that is merged into that."""
    new_head, head, child = (district.open(f"case-{n}", n, waybill=f"SF{n}") for n in range(3))
    for case in (new_head, head, child):
        district.act(case, "acknowledge")
    return new_head, head, child


def pay(district: District, case: str, **more: Any) -> CommandSettled:
    return district.act(case, "compensate", actor=OWN, compensation=order(AMOUNT, **more))


def test_what_a_child_was_paid_the_new_head_knows_before_it_pays() -> None:
    for steps in range(12):
        district = District()
        new_head, head, child = three(district)
        pay(district, child)
        district.merge(head, child)
        district.act(new_head, "merge", other=head)
        district.deliver(most=steps)
        early = pay(district, new_head)
        assert early.refusal in (Refusal.NOT_ALLOWED_NOW, Refusal.ALREADY_DECIDED), steps
        district.deliver()
        assert standing_sum(district.case(new_head)) == AMOUNT
        assert found(district, new_head, head, child) == []


def test_a_child_pays_nothing_while_its_head_moves() -> None:
    for steps in range(12):
        district = District()
        new_head, head, child = three(district)
        district.merge(head, child)
        district.act(new_head, "merge", other=head)
        district.deliver(most=steps)
        assert pay(district, child).refusal is Refusal.MERGED_INTO, steps
        district.deliver()
        assert pay(district, new_head).refusal is None
        assert district.children(new_head) == {head, child}


def test_a_head_that_was_not_taken_keeps_its_merged_cases() -> None:
    for steps in range(4):
        for ending in ("resolve", "unmerge"):
            district = District()
            new_head, head, child = three(district)
            pay(district, child)
            district.merge(head, child)
            district.act(new_head, "merge", other=head)
            district.deliver(most=1)
            district.act(new_head, ending, other=head, note="done")
            district.deliver(most=steps)
            assert pay(district, head).refusal in (Refusal.MERGED_INTO, Refusal.ALREADY_DECIDED)
            district.deliver()
            assert district.children(head) == {child}
            assert (district.case(head).merged_into, district.children(new_head)) == (None, set())
            supplements = payment_id_of(TENANT, child, 1)
            assert pay(district, head, supplements=supplements).refusal is None


def test_a_head_that_could_not_hold_so_many_takes_none_of_them() -> None:
    district = District()
    new_head, head = district.open("first", 0), district.open("second", 1)
    own = [district.open(f"own-{n}", 2 + n) for n in range(10)]
    brought = [district.open(f"brought-{n}", 20 + n) for n in range(10)]
    for one, other in zip(own, brought, strict=True):
        district.merge(new_head, one)
        district.merge(head, other)
    district.merge(new_head, head)
    assert district.children(new_head) == set(own)
    assert district.children(head) == set(brought)
    assert district.case(head).merged_into is None


def test_a_child_that_begins_earlier_by_now_becomes_the_head_of_all() -> None:
    district = District()
    new_head, head, child = three(district)
    district.merge(head, child)
    district.act(new_head, "merge", other=head)
    district.contact(child, "lost for long", NOON - timedelta(days=1))
    district.deliver()
    assert district.children(child) == {new_head, head}


def test_whom_the_head_had_asked_meanwhile_the_new_head_asks() -> None:
    for seed in range(40):
        district = District(Random(seed), troubled=bool(seed % 2))
        new_head, head, asked = three(district)
        district.act(head, "merge", other=asked)
        district.act(new_head, "merge", other=head)
        district.deliver()
        assert district.children(new_head) == {head, asked}, seed
        assert (district.children(head), district.case(head).offers) == (set(), ())


def has_taken(district: District, case: str, children: list[str]) -> bool:
    """Return whether a case has taken one of the children, or a head that brought them, and was
    not parted from the matter since."""
    state = district.case(case)
    taken = {one.case_id for one in to_hand_on(state) or ()}
    for change in district.history(case):
        link = change.merge
        if link and change.kind is ChangeKind.DETACHED and link.then_into is None:
            taken = {one.case_id for one in to_hand_on(state) or ()}
        elif link and change.kind is ChangeKind.MERGED:
            taken |= {link.child, *(one.case_id for one in link.handed_on or ())}
    return not taken.isdisjoint(children)


@pytest.mark.parametrize("seed", range(100))
def test_in_any_order_the_matter_is_paid_once_and_can_be_paid_in_the_end(seed: int) -> None:
    """Heads move into heads, offers are taken back and made again, while every case tries to
    pay at every moment."""
    rng = Random(seed)
    district = District(Random(seed + 1), troubled=bool(seed % 2))
    cases = [district.open(f"case-{n}", n, waybill=f"SF{n}") for n in range(5)]
    for case in cases:
        district.act(case, "acknowledge")
    first, second, head, *children = cases
    for child in children:
        pay(district, child)
        district.merge(head, child)
    wishes = [(second, head), (first, second), (first, head)] * 2
    rng.shuffle(wishes)
    for one, other in wishes:
        settled = district.act(one, "merge", other=other)
        while settled.merged_into:
            settled = district.act(settled.merged_into, "merge", other=other)
        if rng.random() < 0.3:
            district.act(one, "unmerge", other=other)
        for _ in range(rng.randint(0, 8)):
            district.deliver(most=1)
            heads = [case for case in (first, second) if has_taken(district, case, children)]
            for case in (*children, *heads):
                assert pay(district, case).refusal is not None
    district.deliver()
    top = district.case(children[0]).merged_into
    assert top is not None
    assert district.children(top) >= set(children)
    assert all(district.case(case).offers == () for case in cases)
    assert pay(district, top, supplements=payment_id_of(TENANT, children[0], 1)).refusal is None
    assert found(district, *cases) == []


def test_the_audit_finds_a_head_that_paid_before_it_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "_take_over", lambda *given: None)
    district = District()
    new_head, head, child = three(district)
    pay(district, child)
    district.merge(head, child)
    district.act(new_head, "merge", other=head)
    district.deliver(most=2)
    while not district.children(new_head):
        district.deliver(most=1)
    assert pay(district, new_head).refusal is None
    district.deliver()
    assert found(district, new_head, head, child) == [f"{child} may have been paid"]
