"""Who approves a compensation follows from the case as it stands then, not only as it stood."""

import pytest

from schemas.judgements import Correction
from schemas.vocabulary import CommandKind, Refusal
from services.domain.compensation.deciding import deciding
from tests.unit.cases.desk import POLICIES, Desk, another
from tests.unit.cases.till import (
    FORCE,
    OWN,
    SENIOR,
    a_desk,
    approve,
    audited,
    pay,
    requested,
    take_back,
)

ANOTHER_SENIOR = "clerk:clerk-802"


@pytest.fixture
def desk() -> Desk:
    """Return a desk with a proposal that the senior desk may approve, by its amount."""
    desk = a_desk()
    pay(desk, 50_000)
    return desk


def lower(desk: Desk, level: int) -> None:
    said = Correction(level=level)
    desk.act(CommandKind.CORRECT, actor=FORCE, correction=said, note="less grave than it seemed")


def test_a_level_that_rose_since_asks_for_whom_it_asks_now(desk: Desk) -> None:
    desk.take(another("c2", level=4, team="task-force"))
    refused = approve(desk, 1, SENIOR)
    assert refused.refusal == Refusal.NOT_PERMITTED
    assert refused.explanation == "actor: this is for task-force or a team above it"
    assert take_back(desk, 1, SENIOR).refusal == Refusal.NOT_PERMITTED
    assert requested(desk) == []
    assert approve(desk, 1, FORCE).refusal is None
    assert len(requested(desk)) == 1
    approved = [one for one in desk.history() if one.kind == "compensation_approved"]
    assert [one.compensation and one.compensation.approval for one in approved] == ["task-force"]
    assert audited(desk) == []


def test_a_level_that_was_lowered_since_still_asks_for_whom_it_asked() -> None:
    desk = a_desk()
    desk.take(another("c2", level=4, team="task-force"))
    pay(desk, 10_000)
    lower(desk, 1)
    assert approve(desk, 1, SENIOR).refusal == Refusal.NOT_PERMITTED
    assert take_back(desk, 1).refusal is None
    # Who proposes it again is asked what the case asks now.
    pay(desk, 10_000)
    assert len(requested(desk)) == 1


def test_the_audit_names_an_approval_that_fell_behind_the_level(desk: Desk) -> None:
    approve(desk, 1, SENIOR)
    history = desk.history()
    at = next(n for n, one in enumerate(history) if one.kind == "compensation_approved")
    raised = history[at - 1].model_copy(update={"level": 4, "compensation": None})
    changes = [*history[:at], raised, *history[at:]]
    assert audited(desk, changes) == ["who approved it may not, by sum"]


def test_whom_the_case_would_let_is_known_before_he_asks(desk: Desk) -> None:
    def who_may() -> tuple[list[str], list[str]]:
        state = desk.case()
        who = deciding(state, POLICIES.approval, POLICIES.teams, POLICIES.teams)
        assert who is not None
        people = (OWN, SENIOR, ANOTHER_SENIOR, FORCE)
        may_approve = [one for one in people if who.may_approve(one)]
        return may_approve, [one for one in people if who.may_refuse(one)]

    above = [SENIOR, ANOTHER_SENIOR, FORCE]
    assert who_may() == (above, [OWN, *above])
    desk.take(another("c2", level=4, team="task-force"))
    assert who_may() == ([FORCE], [OWN, FORCE])
    approve(desk, 1, FORCE)
    assert deciding(desk.case(), POLICIES.approval, POLICIES.teams, POLICIES.teams) is None
