"""More time for a limit: the change says until when, for the customer is told."""

from datetime import timedelta
from typing import Any, Final

from schemas.vocabulary import ChangeKind, ClockName, CommandKind
from services.cases.policies import load_policies
from services.domain.clocks.stages import Clocks, clocks_of
from tests.support.builders import at
from tests.unit.cases.desk import FIRST, Desk, changes, command, states

SHIPPED = load_policies()
MORE: Final[dict[str, Any]] = {
    "clock": ClockName.RESOLUTION,
    "amount": 450,  # minutes of working time: a working day
    "reason": "still searching",
    "note": "We are still searching.",
}


def test_an_extension_says_when_the_limit_is_from_then_on() -> None:
    desk = Desk(policies=SHIPPED)
    desk.take(FIRST)
    last = desk.take(command(CommandKind.EXTEND, **MORE))
    (extended,) = changes(last)
    assert (extended.kind, extended.note) == (ChangeKind.EXTENDED, "We are still searching.")
    state = states(last)[0]
    clocks = Clocks(state, SHIPPED.book.terms(clocks_of(state).policies))
    one = clocks.of(ClockName.RESOLUTION)
    assert one is not None
    assert one.run.extended == 450
    assert extended.due_at == clocks.due(one)


def test_each_extension_moves_the_date_on_by_as_much() -> None:
    desk = Desk(policies=SHIPPED)
    desk.take(FIRST)
    (first,) = changes(desk.take(command(CommandKind.EXTEND, **MORE)))
    (second,) = changes(desk.take(command(CommandKind.EXTEND, "cmd-2", **MORE)))
    assert first.due_at is not None
    assert second.due_at is not None
    assert second.due_at - first.due_at == timedelta(days=1)


def test_while_a_wait_holds_the_limit_an_extension_promises_no_date() -> None:
    desk = Desk(policies=SHIPPED)
    desk.take(FIRST, command(CommandKind.ACKNOWLEDGE, "cmd-0"))
    desk.clock.time = at(minutes=5)
    desk.take(command(CommandKind.WAIT, waiting_for="customer", note="Photos, please."))
    (extended,) = changes(desk.take(command(CommandKind.EXTEND, "cmd-2", **MORE)))
    assert extended.kind is ChangeKind.EXTENDED
    assert extended.due_at is None
