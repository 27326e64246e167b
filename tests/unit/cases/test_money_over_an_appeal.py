"""Whatever people and the payer do about money in a case and in the appeal against it, in any order
and however late one hears of the other: the damage is paid once, and the audit finds nothing."""

from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.handling import Compensation
from schemas.handling_words import CompensationStep
from services.console.record_view import adds_to
from services.domain.compensation.payments import standing
from tests.unit.cases.district import District
from tests.unit.cases.test_paid_in_appeals import appealed, approve, forwarded, found
from tests.unit.cases.till import FORCE, OWN, SENIOR, order

Step = tuple[str, int, int, str]
_PEOPLE: Final = st.sampled_from((OWN, SENIOR, FORCE))
_AMOUNTS: Final = st.sampled_from((1, 9_000, 20_000, 60_000))
_WHERE: Final = st.sampled_from((0, 1))
_STEPS: Final = st.one_of(
    st.tuples(st.sampled_from(("pay", "add")), _WHERE, _AMOUNTS, _PEOPLE),
    st.tuples(st.just("approve"), _WHERE, st.just(0), _PEOPLE),
    st.tuples(st.sampled_from(("paid", "failed")), _WHERE, _WHERE, st.just("system")),
    st.tuples(st.sampled_from(("forwarded", "hears")), _WHERE, st.just(0), st.just("system")),
)


def act(district: District, cases: tuple[str, ...], step: Step) -> bool:
    """Do one step in one of the cases, if it can be done; return whether a payment that had failed
    went through after all."""
    what, where, number, who = step
    case = cases[where % len(cases)]
    state = district.case(case)
    match what:
        case "pay" | "add":
            to = adds_to(state) if what == "add" else None
            money = order(number) if to is None else order(number, supplements=to)
            district.act(case, "compensate", actor=who, compensation=money)
        case "approve" if state.compensation is not None:
            approve(district, case, who)
        case "paid" | "failed" if state.payments:
            one = state.payments[number % len(state.payments)]
            result = {"payment_id": one.payment_id, "is_paid": what == "paid"}
            said = district.act(case, "settle_payment", actor=who, payment=result)
            has_failed = one.step is CompensationStep.PAYMENT_FAILED
            return said.refusal is None and has_failed
        case "forwarded":
            if district.case(cases[0]).status == "appealed":
                forwarded(district, cases[0])
        case "hears":
            district.deliver()
    return False


def plain(district: District, cases: tuple[str, ...]) -> list[Compensation]:
    """Return the standing payments that add to none."""
    stands = (one for case in cases for one in standing(district.case(case)))
    return [one for one in stands if one.supplements is None]


@settings(max_examples=120, deadline=None)
@given(st.lists(_STEPS, max_size=5), st.lists(_STEPS, min_size=2, max_size=14))
def test_the_damage_is_paid_once(before: list[Step], after: list[Step]) -> None:
    district = District()
    case = district.open("first", 0, waybill="SF1")
    district.act(case, "acknowledge")
    cases: tuple[str, ...] = (case,)
    went_through = [act(district, cases, step) for step in before if step[0] != "forwarded"]
    cases = (case, appealed(district, case))
    for step in after:
        went_through.append(act(district, cases, step))
        assert len(plain(district, cases)) <= 1 or any(went_through)
    district.deliver()
    said = found(district, *cases)
    assert [one for one in said if not one.startswith("paid after all")] == []
    assert not said or any(went_through)
