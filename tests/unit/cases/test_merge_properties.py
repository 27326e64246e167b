"""What merges promise, over random histories: an unmerge leaves nothing behind, and the order of
things makes no difference. A failing seed is in the test's name."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from schemas.cases import CaseState
from schemas.ledger import CaseClocks
from schemas.vocabulary import ClockName, ClockStage
from services.domain.clocks.stages import clocks_of
from tests.support.builders import NOON, a_fired
from tests.unit.cases.desk import POLICIES
from tests.unit.cases.district import District

OF_THE_CASE = (
    "contacts", "complainants", "opened_at", "first_contact_id", "last_contact_at", "channel",
    "level", "askings", "category", "waybill_index", "fired", "legal_hold", "acknowledged_at",
    "resolved_at", "reopened",
)  # fmt: skip
"""Contacts, what came in and what the clocks did: the same after an unmerge as without a merge."""
OF_THE_WORK = ("status", "team", "assignee", "waiting_for", "clocks")
"""What only clerks and clocks change: the same on the child, whose clerks had nothing to do."""
STEPS = 25


def facts(state: CaseState, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(state, name) for name in names}


def clocks_of_the_matter(state: CaseState) -> CaseClocks:
    """Return the clocks of a case but for that of its team: it measures who has the case."""
    clocks = clocks_of(state)
    runs = tuple(one for one in clocks.runs if one.clock is not ClockName.TEAM)
    return clocks.model_copy(update={"runs": runs})


def live(seed: int, merges: bool, answers: bool) -> District:
    """Play one history; ``merges`` says whether the cases are merged in the midst of it."""
    rng = Random(seed)
    district = District(Random(seed + 1), troubled=merges)
    head = district.open("first", 0, level=rng.randint(1, 2), waybill="SF1")
    child = district.open("second", 5, level=rng.randint(1, 2), waybill="SF2")
    begin, end = rng.randint(0, 5), rng.randint(STEPS - 5, STEPS)
    for step in range(STEPS):
        district.desk.clock.time = NOON + timedelta(hours=12 * (step + 1))
        if merges and step == begin:
            district.merge(head, child)
        _happen(rng, district, head, child, step, merges and begin <= step < end, answers)
        if merges and step == end:
            district.unmerge(head, child)
    if merges:
        if district.case(child).merged_into:
            district.unmerge(head, child)
        district.deliver()
    return district


def _happen(
    rng: Random,
    district: District,
    head: str,
    child: str,
    step: int,
    is_merged: bool,
    answers: bool,
) -> None:
    """Something comes in to one of the two, or a clerk acts on the head."""
    case = rng.choice((head, child))
    what, level, minute = rng.random(), rng.randint(1, 4), rng.randint(-50, 30)
    clock = rng.choice((ClockName.ACKNOWLEDGEMENT, ClockName.RESOLUTION))
    stage = rng.choice((ClockStage.WARN, ClockStage.BREACH, ClockStage.ESCALATE))
    act = rng.choice(("acknowledge", "note", "investigate", "resolve" if answers else "note"))
    now = district.desk.clock.time
    if what < 0.35:
        district.contact(case, f"more-{step}", now + timedelta(minutes=minute), level)
    elif what < 0.6:
        state = district.case(case)
        run = next(one.run for one in clocks_of(state).runs if one.clock is clock)
        own, rung = state.level, 1 if stage is ClockStage.ESCALATE else None
        district.take(
            a_fired(clock, stage, case, due_at=now, fired_at=now, level=own, run=run, step=rung)
        )
    elif what < 0.7:
        hold = "release" if district.case(case).legal_hold else "hold"
        district.act(case, hold, note="court")
    else:
        district.act(head, act, note="looked", expected_seq=None)
    if is_merged:
        district.deliver()


@pytest.mark.parametrize("seed", range(25))
def test_an_unmerge_leaves_a_child_as_if_it_had_never_been_merged(seed: int) -> None:
    fair, merged = live(seed, False, True), live(seed, True, True)
    _, child = _cases(fair)
    names = (*OF_THE_CASE, *OF_THE_WORK)
    assert facts(merged.case(child), names) == facts(fair.case(child), names)
    assert merged.case(child).merged_into is None


@pytest.mark.parametrize("seed", range(100, 125))
def test_an_unmerge_leaves_a_heads_contacts_and_clocks_alone_but_not_its_team(seed: int) -> None:
    """The team to which a merged case raised the matter keeps it (ADR 0026), under its own clock;
    it is never lower than it would have been."""
    fair, merged = live(seed, False, False), live(seed, True, False)
    head, _ = _cases(fair)
    alone, was_head = fair.case(head), merged.case(head)
    assert clocks_of_the_matter(was_head) == clocks_of_the_matter(alone)
    assert not POLICIES.teams.is_above(alone.team or "", was_head.team or "")
    assert facts(merged.case(head), OF_THE_CASE) == facts(fair.case(head), OF_THE_CASE)
    assert (merged.case(head).merged, merged.case(head).offers) == ((), ())


def _cases(district: District) -> list[str]:
    """Return the cases in the order in which they were opened."""
    return [key.partition("|")[2] for key in district.desk.store.cases]


@pytest.mark.parametrize("seed", range(200, 260))
def test_merges_in_any_order_with_duplicates_and_crashes_end_alike(seed: int) -> None:
    rng = Random(seed)
    count = rng.randint(3, 6)
    # A tree: every case is joined to one before it, so all are one matter in the end.
    pairs = [(n, rng.randrange(n)) for n in range(1, count)]
    pairs += [tuple(rng.sample(range(count), 2)) for _ in range(rng.randint(0, 3))]  # type: ignore[misc]
    cases: list[str] = []
    ends = []
    for attempt in range(2):
        post = Random(seed * 7 + attempt)
        district = District(post, troubled=bool(attempt))
        cases = [district.open(f"case-{n}", n) for n in range(count)]
        post.shuffle(pairs)
        for one, other in pairs:
            wish = post.sample((one, other), 2)
            settled = district.act(cases[wish[0]], "merge", other=cases[wish[1]])
            while settled.merged_into:  # as clerks do, who are told each time
                settled = district.act(settled.merged_into, "merge", other=cases[wish[1]])
            district.deliver(most=post.randint(0, 6))
        district.deliver()
        links_hold(district, cases)
        ends.append([district.case(case).merged_into for case in cases])
    assert ends[0] == ends[1] == [None, *([cases[0]] * (count - 1))]


def links_hold(district: District, cases: list[str]) -> None:
    """Links are symmetric, heads are not merged themselves, nothing is left open."""
    for case in cases:
        state = district.case(case)
        assert state.offers == ()
        if state.merged_into is not None:
            head = district.case(state.merged_into)
            assert head.merged_into is None
            assert state.merge_id in {one.merge_id for one in head.merged}
            assert state.merged == ()
        for child in state.merged:
            assert district.case(child.case_id).merged_into == case
