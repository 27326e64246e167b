"""What else check L sees: an answer that came too late in silence, policies that are gone; and what
check T then says of a timer that comes too late."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml
from pydantic_core import from_json

from schemas.cases import CaseChanged
from schemas.codec import encode
from schemas.vocabulary import ChangeKind, ClockStage, CommandKind
from services.audit.logic.findings import Defect
from services.audit.logic.history import Entry, Event, History
from services.audit.logic.overdue import NO_POLICY, OverdueCheck
from services.audit.logic.places import Places, Span
from services.audit.logic.timers import TimersCheck
from services.domain.calendars import policy as calendars
from services.domain.clocks import limits
from tests.support.builders import ELAPSED, a_fired, at
from tests.unit.cases.desk import FIRST, KEY, Desk, another, changes
from tests.unit.cases.street import with_law

FILES = {"sla": ELAPSED, "calendars": calendars.SHIPPED, "limits": limits.SHIPPED}
CONTENT: dict[str, Any] = {
    kind: yaml.safe_load(path.read_text(encoding="utf-8")) for kind, path in FILES.items()
}
LAW = {
    "matter": "company-answer",
    "appeal_matter": "appeal-answer",
    "jurisdiction": "CN",
    "escalate": {"spans": []},
}
UNDER_LAW = CONTENT["sla"] | {"version": "elapsed-law", "statutory": LAW}


def history_of(changes_: list[CaseChanged]) -> History:
    events = [
        Event(n, one.seq, "", encode(one), from_json(encode(one)))
        for n, one in enumerate(changes_, 1)
    ]
    return History(KEY, [Entry(event.n, (), (event,), ()) for event in events], None)


LONG_AFTER = at(days=90)


def a_check(now: datetime = LONG_AFTER, sla: Any = CONTENT["sla"], *left_out: str) -> OverdueCheck:
    check = OverdueCheck(now)
    for kind, content in (CONTENT | {"sla": sla}).items():
        if kind not in left_out:
            check.read(kind, content["version"], content)
    return check


def found(changes_: list[CaseChanged], **more: Any) -> list[tuple[Defect, str]]:
    check = a_check(**more)
    check.case(history_of(changes_))
    return [(one.defect, one.detail.partition(" was")[0]) for one in check.findings().listed]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def answered(desk: Desk, days: float) -> list[CaseChanged]:
    """Open a case, and answer it so many days later, while no timer ever fired."""
    desk.take(FIRST)
    desk.clock.time = at(days=days)
    desk.act(CommandKind.RESOLVE, note="Found.")
    return desk.history()


def test_an_answer_after_the_limit_that_no_breach_tells_of_is_found(desk: Desk) -> None:
    history = answered(desk, 8)
    assert found(history) == []  # the worker itself owns up to it
    silent = [one for one in history if one.kind is not ChangeKind.CLOCK_BREACHED]
    assert found(silent) == [(Defect.ANSWERED_LATE, "resolution:breach:0")]


def test_a_case_that_was_taken_up_again_is_asked_for_its_first_answer_too(desk: Desk) -> None:
    history = answered(desk, 8)
    history += changes(desk.take(another("again", received_at=at(days=8))))
    desk.clock.time = at(days=9)
    desk.act(CommandKind.RESOLVE, note="Again.")
    history = [one for one in desk.history() if one.kind is not ChangeKind.CLOCK_BREACHED]
    assert found(history) == [(Defect.ANSWERED_LATE, "resolution:breach:0")]


def test_an_answer_in_time_is_in_order_whatever_becomes_of_the_level_later(desk: Desk) -> None:
    history = answered(desk, 6)
    assert found(history) == []
    graver = history[-1].model_copy(
        update={"seq": history[-1].seq + 1, "kind": ChangeKind.CORRECTED, "level": 4}
    )
    assert found([*history, graver]) == []


def test_an_older_contact_that_comes_after_the_answer_shows_that_the_law_was_missed() -> None:
    desk = Desk(policies=with_law())
    answered(desk, 5)
    desk.take(another("late", received_at=at(days=-4)))
    history, now = desk.history(), at(days=5, hours=1)
    assert found(history, now=now, sla=UNDER_LAW) == []
    silent = [one for one in history if one.kind is not ChangeKind.CLOCK_BREACHED]
    assert found(silent, now=now, sla=UNDER_LAW) == [(Defect.ANSWERED_LATE, "statutory:breach:0")]


@pytest.mark.parametrize("kind", ["sla", "calendars", "limits"])
def test_an_open_case_whose_policy_is_not_in_the_archive_is_found(desk: Desk, kind: str) -> None:
    """As after a restore without them: nobody could say when it is due."""
    history = changes(desk.take(FIRST))
    check = a_check(at(), CONTENT["sla"], kind)
    check.case(history_of(history))
    assert [(one.defect, one.id) for one in check.findings().listed] == [(Defect.NO_POLICY, KEY)]
    assert check.lag() == (0, 0.0)
    left = check.left(history_of(history))
    assert left is not None
    assert [one.stage for one in left] == [NO_POLICY]


def armed(history: History, due: datetime | None, timer: datetime, seq: int = 1) -> list[Defect]:
    """What check T says of a timer of the case's newest state."""
    check = TimersCheck(Places({"state": "id"}, {("state", 0): Span(0, 1)}, {("state", 0): 1}))
    check.state(0, KEY, {"seq": 1, "status": "received"})
    check.case(history, due)
    check.timer(KEY, seq, int(timer.timestamp() * 1_000_000))
    return [one.defect for one in check.findings().listed]


def test_a_timer_that_comes_after_the_next_limit_is_found_before_that_has_passed(
    desk: Desk,
) -> None:
    history = history_of(changes(desk.take(FIRST)))
    due = a_check(at()).case(history)
    assert due == at(days=1)  # the acknowledgement
    assert armed(history, due, at(hours=18)) == []  # a warning comes before it
    assert armed(history, due, at(days=1, minutes=2)) == []
    assert armed(history, due, at(days=2)) == [Defect.UNARMED]
    # One of a newer state than the log that was read is not compared with it.
    assert armed(history, due, at(days=2), seq=2) == []


def test_after_a_breach_the_next_rung_of_its_ladder_is_what_a_timer_must_come_for(
    desk: Desk,
) -> None:
    desk.take(FIRST)
    desk.clock.time = at(days=1)
    desk.take(a_fired(stage=ClockStage.BREACH, due_at=at(days=1), fired_at=at(days=1)))
    due = a_check(at()).case(history_of(desk.history()))
    assert due == at(days=1) + timedelta(hours=12)
