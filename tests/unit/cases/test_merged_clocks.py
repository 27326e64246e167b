"""The limits of merged cases: the one that is due first counts, what is taken back of a case is
taken back of its head, and a merge neither gives time nor keeps any."""

from datetime import datetime, timedelta
from random import Random

import pytest

from schemas.cases import CaseState
from schemas.ledger import ClockRun
from schemas.vocabulary import ChangeKind, ClockName
from services.domain.clocks.stages import clocks_of
from tests.support.builders import NOON
from tests.unit.cases.street import POLICIES, Street, generous, with_hours


def two(street: Street, level: int = 2) -> tuple[str, str]:
    """Open a case of level 1, and half a day later another one, which is due before it."""
    head = street.open("first", 0, waybill="SF1")
    street.desk.clock.time = NOON + timedelta(hours=12)
    return head, street.open("second", 720, level, waybill="SF2")


def acknowledged(street: Street, head: str, *children: str) -> None:
    """Merge the cases, and let a clerk acknowledge the head."""
    for child in children:
        street.merge(head, child)
    street.act(head, "acknowledge")


def a_merged_pair() -> tuple[Street, str, str]:
    """Return a street with a head, acknowledged, and its child."""
    street = Street()
    head, child = two(street)
    acknowledged(street, head, child)
    return street, head, child


def kinds(street: Street, case_id: str) -> list[str]:
    return [one for one in street.kinds(case_id) if one in ("clock_breached", "breach_retracted")]


def test_a_breach_that_a_child_takes_back_is_taken_back_of_the_head() -> None:
    street, head, child = a_merged_pair()
    street.until(6)
    assert street.breached(head) == {ClockName.RESOLUTION: NOON + timedelta(days=5.5)}
    street.act(child, "rebase", actor="system", policies=generous(), reason="new limits")
    street.deliver()
    assert kinds(street, head) == ["clock_breached", "breach_retracted"]
    assert street.breached(head) == {}
    assert street.case(head).merged[0].fired == ("resolution:warn:0",)
    assert "resolution:breach:0" not in street.case(child).fired
    street.until(7.5)  # the head's own limit
    assert street.breached(head) == {ClockName.RESOLUTION: NOON + timedelta(days=7)}


def test_when_one_child_takes_a_breach_back_that_of_another_counts() -> None:
    street = Street()
    head, child = two(street)
    third = street.open("third", 780, 2, waybill="SF3")
    acknowledged(street, head, child, third)
    street.until(6)
    street.act(child, "rebase", actor="system", policies=generous(), reason="new limits")
    street.deliver()
    assert kinds(street, head) == ["clock_breached", "breach_retracted", "clock_breached"]
    due = NOON + timedelta(days=5, minutes=780)
    assert street.breached(head) == {ClockName.RESOLUTION: due}


def test_a_command_to_the_head_accepted_in_time_takes_a_childs_breach_back() -> None:
    street, head, _child = a_merged_pair()
    street.until(5.6)
    in_time = NOON + timedelta(days=5.4)
    street.act(head, "resolve", note="found it", issued_at=in_time)
    assert kinds(street, head) == ["clock_breached", "breach_retracted"]
    last = [one for one in street.history(head) if one.kind is ChangeKind.BREACH_RETRACTED][-1]
    assert last.reason == "accepted_in_time"


def test_a_command_to_the_head_accepted_too_late_for_a_child_takes_nothing_back() -> None:
    street, head, _child = a_merged_pair()
    street.until(5.6)
    too_late = NOON + timedelta(days=5.51)
    street.act(head, "resolve", note="found it", issued_at=too_late)
    assert kinds(street, head) == ["clock_breached"]


def test_a_case_that_was_breached_before_the_merge_makes_its_head_so_at_once() -> None:
    street = Street()
    head, child = two(street)
    street.act(head, "acknowledge")
    street.until(5.6)
    assert street.breached(head) == {}
    street.merge(head, child)
    assert street.breached(head) == {ClockName.RESOLUTION: NOON + timedelta(days=5.5)}
    told = next(one for one in street.history(head) if one.kind is ChangeKind.CLOCK_BREACHED)
    assert (told.reason, told.late) == ("merged_case", True)


def test_after_an_unmerge_the_head_has_its_own_limits_and_those_of_the_others() -> None:
    street = Street()
    head, child = two(street)
    third = street.open("third", 780, 2, waybill="SF3")
    acknowledged(street, head, child, third)
    street.until(6)
    street.unmerge(head, child)
    (left,) = street.case(head).merged
    assert "resolution:breach:0" in left.fired
    street.unmerge(head, third)
    assert street.case(head).fired == ("resolution:warn:0",)
    street.until(7.5)
    assert "resolution:breach:0" in street.case(head).fired


def test_an_answer_through_the_head_meets_the_limits_of_its_children() -> None:
    """The case is asked about again; what was answered in time is not overdue by that."""
    street, head, child = a_merged_pair()
    street.until(4)
    street.act(head, "resolve", note="found it")
    street.deliver()
    street.contact(child, "again", NOON + timedelta(days=4.2))
    street.deliver()
    assert street.case(head).status == "reopened"
    street.until(6)
    assert "resolution:breach:0" in street.case(child).fired
    assert street.breached(head) == {}


def test_a_head_that_a_child_reopens_is_as_grave_as_the_child() -> None:
    """Else the new limit would be longer than the one that the child had."""
    street = Street()
    head, child = two(street, level=3)
    acknowledged(street, head, child)
    street.act(head, "resolve", note="found it")
    street.deliver()
    street.contact(child, "again", NOON + timedelta(days=1))
    street.deliver()
    assert (street.case(head).status, street.case(head).level) == ("reopened", 3)
    street.until(4.1)
    assert street.breached(head) == {ClockName.RESOLUTION: NOON + timedelta(days=3.5)}


def climbs(street: Street, case_id: str) -> list[tuple[str, str | None, str | None]]:
    """Return who was passed over and who got the case by a child's escalations, in order."""
    return [
        (one.kind, one.skipped or one.team, one.reason)
        for one in street.history(case_id)
        if one.merge and one.kind in (ChangeKind.ESCALATED, ChangeKind.ESCALATION_SKIPPED)
    ]


def test_a_childs_clock_brings_the_head_to_the_next_team_up_that_is_on_duty() -> None:
    street = Street(policies=with_hours(senior_desk="cn-office"))
    head, child = two(street)
    acknowledged(street, head, child)
    street.until(6.1)  # a Sunday evening
    assert climbs(street, head) == [
        ("escalation_skipped", "senior-desk", "off_duty"),
        ("escalated", "task-force", "merged_case"),
    ]
    skip = next(one for one in street.history(head) if one.kind is ChangeKind.ESCALATION_SKIPPED)
    assert skip.merge is not None
    assert skip.merge.child == child
    assert street.case(head).team == "task-force"


def test_a_head_behind_its_childs_clock_is_warned_breached_and_escalated_when_due() -> None:
    street = Street()
    head, child = two(street)
    street.merge(head, child)
    behind = timedelta(seconds=65)
    deliver = street.deliver

    def deliver_by_a_slow_clock(most: int | None = None) -> int:
        ahead, street.desk.clock.time = street.desk.clock.time, street.desk.clock.time - behind
        count = deliver(most)
        street.desk.clock.time = ahead
        return count

    street.deliver = deliver_by_a_slow_clock  # type: ignore[method-assign]
    street.until(6.6)
    told = [one for one in street.history(head) if one.stage is not None and one.merge is not None]
    kinds_told = {ChangeKind.CLOCK_WARNED, ChangeKind.CLOCK_BREACHED, ChangeKind.ESCALATED}
    assert {one.kind for one in told} == kinds_told
    assert [one for one in told if one.due_at is None or one.at < one.due_at] == []


def test_where_nobody_above_is_on_duty_a_childs_clock_brings_it_to_the_next_team_anyway() -> None:
    off = dict.fromkeys(("senior_desk", "task_force", "head_office"), "cn-office")
    street = Street(policies=with_hours(**off))
    head, child = two(street)
    acknowledged(street, head, child)
    street.until(6.1)
    assert climbs(street, head) == [("escalated", "senior-desk", "nobody_on_duty")]


def test_at_the_top_a_childs_clock_says_that_nobody_is_above() -> None:
    street = Street()
    head, child = two(street)
    street.merge(head, child)
    street.until(6.6)  # both rungs for the first answer, then two of the resolution
    assert climbs(street, head) == [
        ("escalated", "senior-desk", "merged_case"),
        ("escalated", "task-force", "merged_case"),
        ("escalated", "head-office", "merged_case"),
        ("escalation_skipped", "head-office", "no_superior"),
        ("escalated", None, "merged_case"),
    ]


@pytest.mark.parametrize("seed", range(15))
def test_of_a_matter_each_limit_is_breached_when_that_of_the_first_of_its_cases_would_be(
    seed: int,
) -> None:
    """Where nothing moves a limit: else one may be due before another that was breached first."""
    fair, merged = (live(seed, is_merged, merges_until=0.003) for is_merged in (False, True))
    assert merged.breached(_head(merged)) == _first(fair)


@pytest.mark.parametrize("seed", range(100, 125))
def test_a_merge_never_gives_time_and_an_unmerge_gives_the_clocks_back(seed: int) -> None:
    """Contacts of any level come to any of three cases, their limits are moved to other policies
    and back, and they are merged whenever it may be: the matter is breached by exactly those
    clocks by which one of its cases would be, and alone again each is as if never merged."""
    fair, merged = (live(seed, is_merged, 8, moves=True) for is_merged in (False, True))
    head = _head(merged)
    assert merged.breached(head).keys() == _first(fair).keys()
    for name in _names(merged)[1:]:
        merged.unmerge(head, name)
    for name in _names(merged):
        assert merged.case(name).fired == fair.case(name).fired
        assert runs(merged.case(name)) == runs(fair.case(name))


def _names(street: Street) -> list[str]:
    return [key.partition("|")[2] for key in street.desk.store.cases]


def _head(street: Street) -> str:
    (head,) = (name for name in _names(street) if street.case(name).merged_into is None)
    return head


def _first(street: Street) -> dict[ClockName, datetime]:
    """Return the earliest breach of each clock, over all cases."""
    found: dict[ClockName, datetime] = {}
    for name in _names(street):
        for clock, due in street.breached(name).items():
            found[clock] = min(due, found.get(clock, due))
    return found


def runs(state: CaseState) -> list[ClockRun]:
    """Return the clocks of the matter; a team that was handed the case while merged keeps it."""
    return [one for one in clocks_of(state).runs if one.clock is not ClockName.TEAM]


def live(seed: int, is_merged: bool, merges_until: float, moves: bool = False) -> Street:
    """Play one history of eight days, with or without its merges."""
    rng, post = Random(seed), Random(seed + 1)
    street = Street(post)
    cases = [
        street.open(f"case-{number}", number, rng.randint(1, 4), waybill=f"SF{number}")
        for number in range(3)
    ]
    merges = sorted(rng.uniform(0.0025, merges_until) for _ in cases[1:])
    others = rng.sample(cases[1:], 2)
    for step in range(16):
        at = (step + 1) / 2
        while merges and merges[0] <= at:
            street.until(merges.pop(0))
            other = others.pop()
            if is_merged:
                street.merge(cases[0], other)
        street.until(at)
        case, level, what = rng.choice(cases), rng.randint(1, 4), rng.random()
        if what < 0.5 and moves:
            when = NOON + timedelta(days=at, minutes=-rng.randint(0, 300))
            street.contact(case, f"more-{step}", when, level)
        elif what < 0.7 and moves:
            is_generous = clocks_of(street.case(case)).policies == generous()
            versions = POLICIES.book.current if is_generous else generous()
            street.act(case, "rebase", actor="system", policies=versions, reason="new limits")
        street.deliver()
    street.until(9)
    return street
