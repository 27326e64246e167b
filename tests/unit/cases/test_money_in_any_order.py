"""Whatever people and the payer do about money, in any order: nothing is paid beyond what was
approved for the sum, nothing twice, and the audit, which counts for itself, finds nothing."""

from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.cases import CommandSettled
from tests.unit.cases.desk import Desk
from tests.unit.cases.till import (
    FORCE,
    OWN,
    SENIOR,
    a_desk,
    approve,
    audited,
    pay,
    requested,
    settle,
    take_back,
)

MAY: Final = {"system": 20_000, SENIOR: 100_000, FORCE: 1_000_000}
"""Up to which sum who approves in a case of level 1; ``system`` for the clerk's own limit."""
_PEOPLE: Final = st.sampled_from((OWN, SENIOR, FORCE))
_AMOUNTS: Final = st.sampled_from((1, 9_000, 20_000, 20_001, 60_000, 100_000))
_NEWEST: Final = st.sampled_from((0, 0, 0, 1))
"""How many decisions ago."""
_STEPS: Final = st.one_of(
    st.tuples(st.just("pay"), _AMOUNTS, st.booleans(), _PEOPLE),
    st.tuples(st.just("add"), _AMOUNTS, _NEWEST, _PEOPLE),
    st.tuples(st.just("approve"), _NEWEST, st.none(), _PEOPLE),
    st.tuples(st.just("take back"), _NEWEST, st.none(), _PEOPLE),
    st.tuples(st.just("settle"), _NEWEST, st.booleans(), st.none()),
)


def act(desk: Desk, what: str, first: int, second: int | None, who: str) -> CommandSettled:
    """Do one step; ``add`` and ``settle`` are about a payment that there is, if there is one."""
    money = desk.case().compensation
    newest = money.decision if money else 1
    paid = [one.decision for one in desk.case().payments or ()] or [newest]
    if what == "pay":
        return pay(desk, first, actor=who)
    if what == "add":
        return pay(desk, first, adds_to=paid[-1 - (second or 0) % len(paid)], actor=who)
    if what == "settle":
        return settle(desk, paid[-1 - first % len(paid)], is_paid=bool(second))
    decide = approve if what == "approve" else take_back
    return decide(desk, max(1, newest - first), who)


def counted(desk: Desk) -> None:
    """Go through the history with a ledger of our own."""
    standing: dict[str | None, int] = {}
    proposed: list[int] = []
    said: dict[str | None, str] = {}
    limit = 0
    for change in desk.history():
        money = change.compensation
        if money is None:
            continue
        if change.kind == "compensation_proposed":
            proposed.append(money.decision)
        if change.kind == "compensation_approved":
            limit = MAY[change.actor]
        if change.kind == "payment_requested":
            assert not standing or money.supplements is not None
            standing[money.payment_id] = money.amount.minor
            assert sum(standing.values()) <= limit
        if change.kind == "payment_settled":
            assert said.get(money.payment_id) != money.step
            said[money.payment_id] = money.step
            if money.step == "payment_failed":
                del standing[money.payment_id]
            else:  # perhaps of one that was said to have failed
                standing[money.payment_id] = money.amount.minor
    assert proposed == list(range(1, len(proposed) + 1))
    assert len(set(requested(desk))) == len(requested(desk))


@settings(max_examples=120, deadline=None)
@given(st.lists(_STEPS, min_size=4, max_size=16))
def test_no_order_of_decisions_pays_more_than_was_approved_for_the_sum(
    steps: list[tuple[str, int, int | None, str]],
) -> None:
    desk = a_desk()
    for step in steps:
        act(desk, *step)
    counted(desk)
    # That the payer paid after all what he had said he could not, no order of ours prevents.
    assert [one for one in audited(desk) if not one.startswith("paid after all")] == []
