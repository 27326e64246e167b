"""The auditor's own arithmetic, and what it says of a limit that passed in silence."""

import copy
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml
from pydantic_core import from_json

from schemas.cases import CaseChanged
from schemas.codec import encode
from schemas.tasks import TaskWanted
from schemas.vocabulary import ChangeKind, ClockName, ClockStage, CommandKind
from services.audit.logic.findings import Defect
from services.audit.logic.fold import summed
from services.audit.logic.history import Entry, Event, History
from services.audit.logic.law_ends import end_of
from services.audit.logic.open_minutes import OpenMinutes, instant_of
from services.audit.logic.overdue import OverdueCheck
from services.domain.calendars import policy as calendars
from services.domain.clocks import limits, policy
from services.domain.clocks.deadlines import strand_due
from services.domain.clocks.events import ClockId, ClockKind
from services.domain.clocks.ledger import Ledger, Strand
from services.domain.clocks.limits import Limit, Unit
from tests.support.builders import ELAPSED, NOON, a_fired, at
from tests.unit.cases.desk import FIRST, Desk, changes, command, states

FILES = {"sla": ELAPSED, "calendars": calendars.SHIPPED, "limits": limits.SHIPPED}
TEXTS = {kind: path.read_text(encoding="utf-8") for kind, path in FILES.items()}
CONTENT = {kind: yaml.safe_load(text) for kind, text in TEXTS.items()}
CALENDARS = calendars.load_calendars()


def judged(history: list[CaseChanged], now, sla=CONTENT["sla"]):  # type: ignore[no-untyped-def]
    check = OverdueCheck(now)
    for kind, content in (CONTENT | {"sla": sla}).items():
        check.read(kind, content["version"], content)
    events = [
        Event(n, one.seq, "", encode(one), from_json(encode(one)))
        for n, one in enumerate(history, 1)
    ]
    entries = [Entry(event.n, (), (event,), ()) for event in events]
    check.case(History("default|C1", entries, None))
    return check


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_open_case_whose_limit_passed_in_silence_is_found(desk: Desk) -> None:
    history = changes(desk.take(FIRST))
    check = judged(history, at(hours=25))
    assert [(one.defect, one.id) for one in check.findings().listed] == [
        (Defect.UNESCALATED, "default|C1")
    ]
    assert check.lag() == (1, 3600.0)


def test_before_it_is_due_and_within_the_grace_nothing_is_wrong(desk: Desk) -> None:
    history = changes(desk.take(FIRST))
    assert judged(history, at(hours=24, minutes=2)).lag() == (0, 0.0)


def test_a_breach_answers_for_the_limit_until_a_rung_is_due(desk: Desk) -> None:
    history = changes(desk.take(FIRST))
    breach = a_fired(stage=ClockStage.BREACH, due_at=at(hours=24), fired_at=at(hours=24))
    history += changes(desk.take(breach))
    assert judged(history, at(hours=30)).lag() == (0, 0.0)
    assert judged(history, at(hours=37)).lag().overdue_unescalated_cases == 1


def test_an_acknowledged_case_is_not_asked_for_it_and_an_answered_one_for_nothing(
    desk: Desk,
) -> None:
    history = changes(desk.take(FIRST, command(CommandKind.ACKNOWLEDGE)))
    assert judged(history, at(days=6)).lag() == (0, 0.0)
    assert judged(history, at(days=8)).lag().overdue_unescalated_cases == 1
    history += changes(desk.take(command(CommandKind.RESOLVE, "cmd-2", note="Found.")))
    assert history[-1].kind is ChangeKind.RESOLVED
    assert judged(history, at(days=30)).lag() == (0, 0.0)


def test_a_next_update_is_asked_for_again_an_interval_after_the_one_that_was_missed(
    desk: Desk,
) -> None:
    sla = copy.deepcopy(CONTENT["sla"])
    sla["levels"][1]["next_update"] = sla["levels"][1]["acknowledgement"] | {
        "limit": {"span": "4h", "calendar": "always"},
        "escalate": {"spans": []},
    }
    opened = changes(desk.take(FIRST))
    missed = opened[0].model_copy(
        update={
            "seq": opened[-1].seq + 1,
            "kind": ChangeKind.CLOCK_BREACHED,
            "at": at(hours=4),
            "contact": None,
            "clock": ClockName.NEXT_UPDATE,
            "stage": "next_update:breach:0",
        }
    )

    def silent(history: list[CaseChanged], hours: int) -> list[str]:
        listed = judged(history, at(hours=hours), sla).findings().listed
        return [str(one.detail).partition(" was")[0] for one in listed]

    assert silent(opened, 5) == ["next_update:breach:0"]
    assert silent([*opened, missed], 7) == []
    assert silent([*opened, missed], 9) == ["next_update:breach:1"]
    told = missed.model_copy(
        update={
            "kind": ChangeKind.EXTENDED,
            "stage": None,
            "at": at(hours=6),
            "seq": missed.seq + 1,
        }
    )
    assert silent([*opened, missed, told], 9) == []
    assert silent([*opened, missed, told], 11) == ["next_update:breach:2"]


def test_clocks_that_are_not_what_the_log_adds_up_to_are_seen(desk: Desk) -> None:
    handled = desk.take(FIRST, command(CommandKind.ACKNOWLEDGE))
    waits = command(CommandKind.WAIT, "cmd-2", waiting_for="customer", note="Photos, please.")
    history = changes(handled) + changes(last := desk.take(waits))
    events = [
        Event(n, one.seq, "", encode(one), from_json(encode(one)))
        for n, one in enumerate(history, 1)
    ]
    state = from_json(encode(states(last)[0]))
    assert summed(events).differing(state) == []
    without = {**state, "clocks": {**state["clocks"], "waits": []}}
    assert summed(events).differing(without) == ["clocks.waits"]
    other = {**state["clocks"], "policies": {**state["clocks"]["policies"], "sla": "another"}}
    assert summed(events).differing({**state, "clocks": other}) == ["clocks.policies"]


def test_the_policies_are_read_as_they_stand_in_the_archive() -> None:
    check = OverdueCheck(NOON)
    check.policy("sla", "shipped", policy.SHIPPED.read_text(encoding="utf-8"))
    assert check.findings().examined == 0


def listed(history: list[CaseChanged], now: datetime, sla: Any) -> list[str]:
    found = judged(history, now, sla).findings().listed
    return [str(one.detail).partition(" was")[0] for one in found]


def test_the_clock_of_a_team_and_then_that_of_a_partner_are_watched(desk: Desk) -> None:
    sla = copy.deepcopy(CONTENT["sla"])
    slow = {"limit": {"span": "999h", "calendar": "always"}, "escalate": {"spans": []}}
    for name, span in (("team", "4h"), ("partner", "6h")):
        limit = {"span": span, "calendar": "always"}
        sla["levels"][1][name] = slow | {"limit": limit}
    history = changes(desk.take(FIRST))
    assert listed(history, at(hours=3), sla) == []
    assert listed(history, at(hours=5), sla) == ["team:breach:0"]
    desk.clock.time = at(hours=1)
    desk.act(CommandKind.TRANSFER, unit="partner:gb", note="Theirs.")
    assert listed(desk.history(), at(hours=6), sla) == []
    assert listed(desk.history(), at(hours=8), sla) == ["partner:breach:0"]
    desk.clock.time = at(hours=6)
    desk.act(CommandKind.ACKNOWLEDGE)
    assert listed(desk.history(), at(hours=9), sla) == []
    assert listed(desk.history(), at(hours=11), sla) == ["team:breach:1"]


@pytest.mark.parametrize(
    ("unit", "amount", "name"),
    [
        ("working_days", 10, "partner-au"),
        ("working_days", 5, "cn-office"),
        ("months", 2, "always"),
        ("months", 6, "partner-gb"),
        ("years", 1, "cn-office"),
        ("days", 7, "partner-au"),
    ],
)
def test_a_limit_of_the_law_ends_when_the_workers_say(unit: str, amount: int, name: str) -> None:
    content = CONTENT["calendars"]
    calendar = content["calendars"][name]
    own = OpenMinutes(calendar, content["days"].get(calendar.get("days")))
    limit = Limit("law", amount, Unit(unit), name, "test")
    for day in range(0, 400, 7):
        start = NOON + timedelta(days=day, hours=day % 24)
        strand = Strand(ClockId(ClockKind.STATUTORY), 0, start, limit)
        expected = strand_due(Ledger(), strand, CALENDARS.named)
        found = end_of(unit, amount, start, own)
        assert expected is not None
        assert found is not None
        assert abs(instant_of(found) - expected) <= timedelta(minutes=1), start


@pytest.mark.parametrize("unit", ["working_days", "months", "years"])
def test_a_limit_of_the_law_that_passed_in_silence_is_found_in_every_unit(
    desk: Desk, unit: str
) -> None:
    check = OverdueCheck(NOON)
    for kind, content in CONTENT.items():
        check.read(kind, content["version"], content)
    rows = copy.deepcopy(CONTENT["limits"])
    for row in rows["limits"]:
        if row["matter"] == "company-answer":
            row.update(unit=unit, amount=1)
    check.read("limits", rows["version"], rows)
    statutory = yaml.safe_load(policy.SHIPPED.read_text(encoding="utf-8"))["statutory"]
    sla = CONTENT["sla"] | {"statutory": statutory}
    check.read("sla", sla["version"], sla)
    event = changes(desk.take(FIRST))[0]
    body = from_json(encode(event))
    entries = [Entry(1, (), (Event(1, event.seq, "", encode(event), body),), ())]
    stages = [one.stage for one in check.left(History("default|C1", entries, None)) or ()]
    assert "statutory:breach:0" in stages


def test_a_task_of_somebody_else_whose_time_passed_in_silence_is_found(desk: Desk) -> None:
    holders = ("partner:gb", "team:claims")
    wanted = tuple(TaskWanted(holder=one, part="destination") for one in holders)
    destination = FIRST.destination.model_copy(update={"tasks": wanted})
    history = changes(desk.take(FIRST.model_copy(update={"destination": destination})))
    sla = copy.deepcopy(CONTENT["sla"])
    for clock in ("acknowledgement", "resolution", "next_update"):
        sla["levels"][1].get(clock, {"limit": {}})["limit"]["span"] = "900h"
    sla["levels"][1] |= dict.fromkeys(("team", "partner"), ONE_HOUR)
    dues = _left(history, sla)
    assert {"task:breach:1", "task:breach:2"} <= dues.keys()

    desk.clock.time = at(minutes=30)
    history += changes(desk.take(command(CommandKind.FINISH_TASK, task=1, note="妥投")))
    dues = _left(history, sla)
    assert "task:breach:1" not in dues
    assert "task:breach:2" in dues

    history += changes(desk.take(command(CommandKind.RESOLVE, name="end", note="找到了")))
    assert _left(history, sla) == {}


def test_a_task_that_a_clerk_gave_counts_from_when_it_was_given(desk: Desk) -> None:
    history = changes(desk.take(FIRST))
    desk.clock.time = at(hours=4)
    asked = {"unit": "team:claims", "note": "监控"}
    history += changes(desk.take(command(CommandKind.GIVE_TASK, **asked)))
    sla = copy.deepcopy(CONTENT["sla"])
    sla["levels"][1] |= {"team": ONE_HOUR}
    assert abs(_left(history, sla)["task:breach:1"] - at(hours=5)) <= timedelta(minutes=1)


ONE_HOUR = {"limit": {"span": "1h"}, "escalate": {"spans": []}, "pauses_for": ["customer"]}


def _left(history: list[CaseChanged], sla: dict[str, Any]) -> dict[str, datetime]:
    """Return when each stage that took no effect is due."""
    check = OverdueCheck(at(hours=9))
    for kind, content in (CONTENT | {"sla": sla}).items():
        check.read(kind, content["version"], content)
    events = [
        Event(n, one.seq, "", encode(one), from_json(encode(one)))
        for n, one in enumerate(history, 1)
    ]
    entries = [Entry(event.n, (), (event,), ()) for event in events]
    left = check.left(History("default|C1", entries, None)) or ()
    return {one.stage: one.due for one in left}
