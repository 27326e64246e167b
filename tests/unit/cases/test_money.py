"""Compensation: proposed, approved by rank, requested once."""

import pytest

from schemas.vocabulary import CommandKind, Refusal
from services.cases.payer import payment_id_of
from services.cases.policies import load_policies
from services.domain.approval import load_approval
from services.domain.errors import SettingsError
from services.domain.teams import load_teams
from tests.unit.cases.desk import CASE, Desk, another, changes, command
from tests.unit.cases.till import FORCE, OWN, SENIOR, a_desk, order, requested


@pytest.fixture
def desk() -> Desk:
    return a_desk()


def test_a_clerk_decides_alone_within_the_own_limit(desk: Desk) -> None:
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(20_000))
    assert desk.kinds() == ["compensation_proposed", "compensation_approved", "payment_requested"]
    assert requested(desk) == [payment_id_of("default", CASE, 1)]


def test_above_it_a_second_person_of_rank_approves(desk: Desk) -> None:
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(20_001))
    assert desk.kinds() == ["compensation_proposed"]
    no = desk.act(CommandKind.APPROVE_COMPENSATION, actor="clerk:clerk-102", decision=1)
    assert (no.refusal, no.explanation) == (
        Refusal.NOT_PERMITTED,
        "actor: this is for senior-desk or a team above it",
    )
    desk.act(CommandKind.APPROVE_COMPENSATION, actor=SENIOR, decision=1)
    assert desk.kinds() == ["compensation_approved", "payment_requested"]


def test_nobody_approves_the_own_proposal(desk: Desk) -> None:
    desk.act(CommandKind.COMPENSATE, actor=SENIOR, compensation=order(50_000))
    answer = desk.act(CommandKind.APPROVE_COMPENSATION, actor=SENIOR, decision=1)
    assert (answer.refusal, answer.explanation) == (
        Refusal.NOT_PERMITTED,
        "actor: a second person approves",
    )


def test_a_grave_case_needs_rank_whatever_the_amount() -> None:
    desk = Desk()
    desk.take(another("fire", level=4, team="task-force"))
    desk.act(CommandKind.ACKNOWLEDGE)
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(1))
    money = desk.case().compensation
    assert money is not None
    assert (money.step, money.approval) == ("proposed", "task-force")


@pytest.mark.parametrize(
    ("minor", "level", "team"),
    [
        (20_000, 1, None),
        (20_001, 1, "senior-desk"),
        (100_001, 1, "task-force"),
        (10**9, 1, "head-office"),
        (1, 3, "senior-desk"),
        (10**9, 3, "head-office"),
        (1, 4, "task-force"),
    ],
)
def test_the_amount_and_the_level_say_who_approves(
    minor: int, level: int, team: str | None
) -> None:
    assert load_approval().team_for(minor, level, load_teams()) == team


def test_the_same_command_again_pays_nothing_twice(desk: Desk) -> None:
    once = command(CommandKind.COMPENSATE, "pay", actor=OWN, compensation=order(500))
    desk.take(once, once)
    desk.take(once)
    assert len(requested(desk)) == 1


def test_a_second_press_under_another_id_pays_nothing_twice(desk: Desk) -> None:
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(500))
    answer = desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(500))
    assert answer.refusal is Refusal.ALREADY_DECIDED
    assert "supplements" in (answer.explanation or "")
    assert len(requested(desk)) == 1


def test_two_who_approve_at_once_pay_once(desk: Desk) -> None:
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(50_000))
    desk.take(
        command(CommandKind.APPROVE_COMPENSATION, "a", actor=SENIOR, decision=1),
        command(CommandKind.APPROVE_COMPENSATION, "b", actor=FORCE, decision=1),
    )
    assert len(requested(desk)) == 1


def test_a_supplement_names_the_payment_it_adds_to(desk: Desk) -> None:
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(500))
    first = payment_id_of("default", CASE, 1)
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(300, supplements=first))
    assert requested(desk) == [first, payment_id_of("default", CASE, 2)]


def test_a_proposal_that_waits_is_decided_before_another_one(desk: Desk) -> None:
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(50_000))
    answer = desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(1))
    assert answer.refusal is Refusal.ALREADY_DECIDED


def test_what_is_not_approved_may_be_proposed_anew_and_has_another_payment(desk: Desk) -> None:
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(50_000))
    desk.act(CommandKind.REFUSE_COMPENSATION, actor=SENIOR, decision=1, note="too much")
    assert desk.case().status == "acknowledged"  # never a refusal of the customer
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(10_000))
    assert requested(desk) == [payment_id_of("default", CASE, 2)]


def test_a_proposer_may_take_a_proposal_back(desk: Desk) -> None:
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(50_000))
    answer = desk.act(CommandKind.REFUSE_COMPENSATION, actor=OWN, decision=1, note="a slip")
    assert answer.refusal is None


def test_the_payers_answer_is_recorded_once(desk: Desk) -> None:
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(500))
    payment = {"payment_id": payment_id_of("default", CASE, 1), "is_paid": True}
    desk.act(CommandKind.SETTLE_PAYMENT, actor="system", payment=payment)
    money = desk.case().compensation
    assert money is not None
    assert money.step == "paid"
    again = desk.act(CommandKind.SETTLE_PAYMENT, actor="system", payment=payment)
    assert again.refusal is Refusal.ALREADY_DECIDED
    other = payment | {"payment_id": "pay-other"}
    wrong = desk.act(CommandKind.SETTLE_PAYMENT, actor="system", payment=other)
    assert wrong.refusal is Refusal.INVALID_FIELD


def test_a_payment_that_failed_may_be_decided_anew(desk: Desk) -> None:
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(500))
    payment = {"payment_id": payment_id_of("default", CASE, 1), "is_paid": False}
    desk.act(CommandKind.SETTLE_PAYMENT, actor="system", payment=payment)
    desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=order(500))
    desk.act(CommandKind.APPROVE_COMPENSATION, actor=SENIOR, decision=2)
    assert len(set(requested(desk))) == 2


def test_money_is_decided_by_a_person_in_the_money_of_the_policy(desk: Desk) -> None:
    machine = desk.act(CommandKind.COMPENSATE, actor="system", compensation=order(5))
    assert machine.refusal is Refusal.NOT_PERMITTED
    for wrong in (order(0), order(5, currency="USD"), order(5, supplements="pay-none")):
        answer = desk.act(CommandKind.COMPENSATE, actor=OWN, compensation=wrong)
        assert answer.refusal is Refusal.INVALID_FIELD
    assert changes(desk.last) == []


def test_rules_about_a_team_that_is_none_are_refused_at_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    teams = load_teams()
    less = teams.model_copy(
        update={"teams": {name: t for name, t in teams.teams.items() if name != "head-office"}}
    )
    monkeypatch.setattr("services.cases.policies.load_teams", lambda _: less)
    with pytest.raises(SettingsError, match="head-office"):
        load_policies()
