"""The time of a case never runs back, though the next worker's clock may be behind (ADR 0054)."""

from datetime import timedelta
from itertools import pairwise

import pytest

from schemas.vocabulary import ClockStage, CommandKind
from tests.support.builders import NOON, a_fired, at
from tests.unit.cases.desk import FIRST, Desk, another, changes, command, settlements

BEHIND = timedelta(minutes=3)
DUE = at(hours=24)
"""When a case of level 1 has to be acknowledged."""


@pytest.fixture
def breached() -> Desk:
    """A desk at which the first limit was missed; then a worker whose clock is behind took over."""
    desk = Desk()
    desk.take(FIRST)
    desk.clock.time = DUE
    (breach,) = changes(desk.take(a_fired(stage=ClockStage.BREACH, due_at=DUE, fired_at=DUE)))
    assert (breach.kind, breach.at) == ("clock_breached", DUE)
    desk.clock.time = DUE - BEHIND
    return desk


@pytest.mark.parametrize(
    "sent",
    [
        another("later", received_at=DUE - BEHIND),
        command(CommandKind.NOTE, note="x", issued_at=DUE - BEHIND),
        a_fired(fired_at=DUE - BEHIND),
    ],
    ids=["contact", "command", "fired clock"],
)
def test_no_change_is_dated_before_the_one_it_follows(breached: Desk, sent: object) -> None:
    handled = breached.take(sent)  # type: ignore[arg-type]
    assert [change.at for change in changes(handled)] == [DUE] * len(changes(handled)) != []
    assert all(one.at == DUE for one in settlements(handled))
    assert all(one.at <= other.at for one, other in pairwise(breached.history()))


def test_a_true_breach_is_not_taken_back_by_a_clock_that_is_behind(breached: Desk) -> None:
    breached.act(CommandKind.NOTE, note="x")
    assert breached.kinds() == ["noted"]
    assert "acknowledgement:breach:0" in breached.case().fired


def test_what_was_accepted_in_time_is_still_known_by_when_it_was_accepted(breached: Desk) -> None:
    breached.act(CommandKind.ACKNOWLEDGE, issued_at=DUE - BEHIND)
    assert breached.kinds() == ["acknowledged", "breach_retracted"]
    accepted = breached.history()[-1].accepted_at
    assert (accepted, breached.case().acknowledged_at) == (DUE - BEHIND, DUE)


def test_a_proposal_counts_by_the_clock_that_made_it_where_both_others_are_behind(
    breached: Desk,
) -> None:
    later = DUE + timedelta(seconds=5)
    assert [change.at for change in changes(breached.take(a_fired(fired_at=later)))] == [later]


def test_a_case_that_nobody_touched_goes_by_the_workers_clock() -> None:
    desk = Desk()
    desk.clock.time = NOON - BEHIND
    assert changes(desk.take(FIRST))[0].at == NOON - BEHIND
