"""A payment that the payer does not answer: the case says so, once, and orders nothing again."""

import pytest

from schemas.cases import CommandSettled
from schemas.vocabulary import ChangeKind, CommandKind, Refusal
from services.cases.policies import load_policies
from services.domain.clocks.book import MemoryPolicyArchive, open_book
from services.domain.compensation.payments import left_unpaid, to_look_after, unanswered
from services.domain.merging import next_look_at
from tests.support.builders import ELAPSED, at
from tests.unit.cases.desk import FIRST, Desk
from tests.unit.cases.district import District
from tests.unit.cases.till import OWN, audited, order, pay, payment, requested, settle

POLICIES = load_policies()
DUE = at(hours=70)
"""Monday evening in Shanghai and three working days: Thursday at 18:00."""


@pytest.fixture
def desk() -> Desk:
    """Return a desk with a case whose payment was ordered, under the shipped limits."""
    return with_payment(Desk(policies=POLICIES))


def with_payment(desk: Desk) -> Desk:
    desk.take(FIRST)
    desk.act(CommandKind.ACKNOWLEDGE)
    pay(desk, 10_000)
    return desk


def look(desk: Desk, **span: float) -> CommandSettled:
    """Let the case be looked at, so long after the answer was due."""
    desk.clock.time = max(desk.clock.time, DUE + (at(**span) - at()))
    return desk.act(CommandKind.FOLLOW_UP, actor="system")


def told(desk: Desk) -> list[str | None]:
    """Return the payments of which the case said that they were not answered, in order."""
    return [
        change.compensation.payment_id
        for change in desk.history()
        if change.kind is ChangeKind.PAYMENT_UNANSWERED and change.compensation
    ]


def open_of(desk: Desk) -> list[str | None]:
    return [one.payment_id for one in unanswered(desk.case())]


def test_the_case_is_to_be_looked_at_when_three_working_days_are_over(desk: Desk) -> None:
    assert next_look_at(desk.case()) == DUE
    assert look(desk, hours=-0.1).refusal == Refusal.NOTHING_DUE
    assert (told(desk), open_of(desk)) == ([], [])


def test_it_is_told_once_and_nothing_is_ordered_again(desk: Desk) -> None:
    assert look(desk).refusal is None
    assert look(desk, hours=1).refusal == Refusal.NOTHING_DUE
    assert look(desk, days=300).refusal == Refusal.NOTHING_DUE
    assert told(desk) == [payment(1)]
    assert requested(desk) == [payment(1)]
    assert (open_of(desk), next_look_at(desk.case())) == ([payment(1)], None)
    assert to_look_after(desk.case())
    assert pay(desk, 10_000).refusal == Refusal.ALREADY_DECIDED
    assert audited(desk) == []


@pytest.mark.parametrize("is_paid", [True, False])
def test_a_late_answer_settles_it(desk: Desk, is_paid: bool) -> None:
    look(desk)
    assert settle(desk, 1, is_paid=is_paid).refusal is None
    assert open_of(desk) == []
    assert bool(left_unpaid(desk.case())) is not is_paid
    money = desk.case().compensation
    assert money is not None
    assert (money.answer_by, money.is_unanswered) == (None, None)
    assert audited(desk) == []


def test_an_answer_in_time_is_the_end_of_it(desk: Desk) -> None:
    settle(desk, 1)
    assert next_look_at(desk.case()) is None
    assert look(desk).refusal == Refusal.NOTHING_DUE


def test_each_payment_has_a_time_of_its_own(desk: Desk) -> None:
    desk.clock.time = at(hours=24)
    pay(desk, 5_000, adds_to=1)
    look(desk, days=10)
    assert told(desk) == [payment(1)]
    look(desk, days=10)
    assert told(desk) == [payment(1), payment(2)]
    assert look(desk, days=10).refusal == Refusal.NOTHING_DUE
    assert audited(desk) == []


def test_of_a_new_attempt_it_is_told_again(desk: Desk) -> None:
    look(desk)
    settle(desk, 1, is_paid=False)
    pay(desk, 10_000)
    desk.act(CommandKind.APPROVE_COMPENSATION, actor="clerk:clerk-801", decision=2)
    look(desk, days=10)
    assert told(desk) == [payment(1), payment(2)]
    assert open_of(desk) == [payment(2)]


def test_the_answer_and_the_end_of_a_case_change_nothing(desk: Desk) -> None:
    desk.act(CommandKind.RESOLVE, actor=OWN, note="We pay.")
    desk.act(CommandKind.CLOSE)
    desk.act(CommandKind.ARCHIVE)
    assert next_look_at(desk.case()) == DUE
    look(desk)
    assert told(desk) == [payment(1)]


def test_a_merged_case_says_it_of_its_own_payment() -> None:
    district = District(policies=POLICIES)
    head, child = (district.open(name, waybill=name) for name in ("first", "second"))
    for case in (head, child):
        district.act(case, "acknowledge")
    district.act(child, "compensate", actor=OWN, compensation=order(10_000))
    district.merge(head, child)
    district.desk.clock.time = DUE
    assert next_look_at(district.case(child)) == DUE
    assert district.act(child, "follow_up", actor="system").refusal is None
    assert district.kinds(child)[-1] == "payment_unanswered"
    assert unanswered(district.case(child))
    assert not unanswered(district.case(head))


def test_under_limits_that_know_of_none_today_s_are_taken() -> None:
    archive = MemoryPolicyArchive()
    older = Desk(policies=load_policies(open_book(archive, sla_file=ELAPSED)))
    older.take(FIRST)
    today = Desk(older.store, load_policies(open_book(archive)))
    today.act(CommandKind.ACKNOWLEDGE)
    pay(today, 10_000)
    assert next_look_at(today.case()) == DUE


def test_where_no_limit_is_set_at_all_the_payment_is_listed_from_its_request_on() -> None:
    desk = with_payment(Desk())
    assert next_look_at(desk.case()) is None
    assert open_of(desk) == [payment(1)]
