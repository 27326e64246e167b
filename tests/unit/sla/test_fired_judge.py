"""The judge of I4: a stage that fires twice, early, unproposed or out of order is found."""

from typing import Any

from tests.support.fired import fired_problems

DUE, LATER = "2026-03-02T12:00:00Z", "2026-03-02T12:00:05Z"
CASE = {"tenant": "t", "case_id": "C1"}


def proposed(stage: str = "warn", step: int | None = None, **changes: Any) -> dict[str, Any]:
    fields = {"clock": "team", "stage": stage, "step": step, "run": 0}
    return CASE | fields | {"due_at": DUE, "fired_at": LATER} | changes


def took(kind: str, stage: str, **changes: Any) -> dict[str, Any]:
    return CASE | {"kind": kind, "stage": stage, "at": LATER, "due_at": DUE} | changes


WARNED = took("clock_warned", "team:warn:0")
BREACHED = took("clock_breached", "team:breach:0")
CLIMBED = took("escalated", "team:escalate1:0")
TAKEN_BACK = took("breach_retracted", "team:breach:0")
ALL = [proposed(), proposed("breach"), proposed("escalate", 1)]


def test_a_clock_that_goes_its_way_is_well() -> None:
    assert fired_problems(ALL, [WARNED, BREACHED, CLIMBED]) == []


def test_what_fires_again_is_found_and_after_a_breach_was_taken_back_is_well() -> None:
    assert fired_problems(ALL, [WARNED, WARNED]) == ["t|C1: team:warn:0 fired again"]
    again = [WARNED, BREACHED, CLIMBED, TAKEN_BACK, BREACHED, CLIMBED]
    assert fired_problems(ALL, again) == []
    assert fired_problems(ALL, [WARNED, BREACHED, TAKEN_BACK, WARNED])


def test_what_is_proposed_or_takes_effect_early_is_found() -> None:
    early = "2026-03-02T11:59:59Z"
    assert len(fired_problems([proposed(fired_at=early)], [WARNED])) == 1
    assert len(fired_problems(ALL, [WARNED | {"at": early}])) == 1


def test_what_nobody_proposed_is_found_unless_a_command_came_too_late() -> None:
    assert len(fired_problems([], [WARNED])) == 1
    assert fired_problems([], [BREACHED | {"reason": "stopped_too_late"}]) == []


def test_a_stage_after_a_later_one_of_its_run_is_found() -> None:
    assert fired_problems(ALL, [BREACHED, WARNED]) == ["t|C1: team:warn:0 came after team:breach:0"]
    other_run = took("clock_warned", "team:warn:1")
    assert fired_problems([*ALL, proposed(run=1)], [BREACHED, other_run]) == []


def test_cases_and_clocks_of_merged_cases_are_counted_apart() -> None:
    other = WARNED | {"case_id": "C2"}
    both = [*ALL, proposed(case_id="C2")]
    assert fired_problems(both, [WARNED, other, BREACHED | {"merge": {"case_id": "C3"}}]) == []


def test_what_is_no_stage_says_nothing() -> None:
    assert fired_problems([], [CASE | {"kind": "opened", "seq": 1}]) == []
