"""Two cases become one matter by a link, and part again as if nothing had been."""

from datetime import timedelta

import pytest

from schemas.judgements import Correction
from schemas.vocabulary import ChangeKind, ClockName, ClockStage, Refusal
from services.domain.merging import gravest
from tests.support.builders import NOON, a_fired
from tests.unit.cases.district import District


@pytest.fixture
def district() -> District:
    return District()


def two(district: District, level: int = 1) -> tuple[str, str]:
    """Open two cases, the earlier first; ``level`` is the later one's."""
    head = district.open("first", 0, waybill="SF1")
    return head, district.open("second", 5, level, waybill="SF2")


def test_the_earlier_case_is_the_head_whichever_is_named_first() -> None:
    for is_turned in (False, True):
        district = District()
        head, child = two(district)
        wish = (child, head) if is_turned else (head, child)
        assert district.merge(*wish).settlement == "accepted"
        assert district.children(head) == {child}
        assert district.case(child).merged_into == head
        assert district.case(child).merge_id == district.case(head).merged[0].merge_id
        assert district.case(child).offers == district.case(head).offers == ()


def test_both_cases_tell_the_story_of_the_merge(district: District) -> None:
    head, child = two(district)
    district.merge(head, child)
    assert district.kinds(head) == ["opened", "merge_offered", "merged"]
    assert district.kinds(child) == ["opened", "absorbed_into", "head_changed"]


def test_a_refusal_names_the_head_and_the_merge_goes_there(district: District) -> None:
    a, b = two(district)
    c = district.open("third", 9, waybill="SF3")
    district.merge(b, c)
    district.merge(a, c)
    assert district.children(a) == {b, c}
    assert district.case(b).merged_into == district.case(c).merged_into == a
    assert district.case(b).merged == ()


def test_commands_of_clerks_to_a_merged_case_name_its_head(district: District) -> None:
    head, child = two(district)
    district.merge(head, child)
    settled = district.act(child, "acknowledge")
    assert (settled.refusal, settled.merged_into) == (Refusal.MERGED_INTO, head)
    assert district.act(child, "hold", note="court").settlement == "accepted"


def test_a_contact_stays_where_it_came_and_the_head_hears_of_it(district: District) -> None:
    head, child = two(district)
    district.merge(head, child)
    district.contact(child, "again", NOON + timedelta(hours=3), level=3)
    district.deliver()
    assert district.case(child).contacts == 2
    known = district.case(head).merged[0]
    assert (known.contacts, known.level, district.case(head).contacts) == (2, 3, 1)
    told = [one for one in district.history(head) if one.kind is ChangeKind.MERGED_CASE_CHANGED]
    link = told[0].merge
    assert link is not None
    assert link.origin is not None
    assert link.origin.contact_id is not None
    assert district.case(head).team == "senior-desk"
    assert all(one.merged_into == head for one in district.history(child)[2:])


def test_a_contact_to_a_child_reopens_the_answered_head(district: District) -> None:
    head, child = two(district)
    district.merge(head, child)
    district.act(head, "resolve", note="found it")
    district.deliver()
    district.contact(child, "again", NOON + timedelta(hours=3))
    district.deliver()
    assert district.case(head).status == "reopened"
    assert district.case(child).status == "received"


def test_complainants_of_a_child_get_the_answer_of_the_head(district: District) -> None:
    head, child = two(district)
    district.merge(head, child)
    district.act(head, "resolve", note="found it")
    district.deliver()
    last = district.history(child)[-1]
    assert (last.kind, last.note) == (ChangeKind.ANSWERED_THROUGH_HEAD, "found it")
    assert district.case(child).head_status == "resolved"


def fire(district: District, case: str, clock: ClockName, stage: ClockStage, **days: float) -> None:
    """Let a clock's stage be proposed so long after noon, with all that follows."""
    now = district.desk.clock.time = NOON + timedelta(**days)
    level, step = district.case(case).level, 1 if stage is ClockStage.ESCALATE else None
    district.take(a_fired(clock, stage, case, due_at=now, fired_at=now, level=level, step=step))
    district.deliver()


def test_the_limit_that_is_due_first_counts_for_the_head(district: District) -> None:
    head, child = two(district, level=2)
    district.merge(head, child)
    fire(district, child, ClockName.RESOLUTION, ClockStage.BREACH, days=5.5)
    assert district.kinds(head)[-2:] == ["merged_case_changed", "clock_breached"]
    assert "resolution:breach:0" in district.case(child).fired
    assert district.case(head).fired == ()
    assert district.case(head).merged[0].fired == ("resolution:breach:0",)


def test_what_the_head_did_in_time_keeps_a_childs_limit(district: District) -> None:
    head, child = two(district)
    district.merge(head, child)
    district.act(head, "acknowledge")
    fire(district, child, ClockName.ACKNOWLEDGEMENT, ClockStage.BREACH, days=2)
    assert "clock_breached" not in district.kinds(head)
    assert "clock_breached" in district.kinds(child)


def test_a_stage_takes_effect_once_for_the_whole_matter(district: District) -> None:
    head, child = two(district)
    district.merge(head, child)
    for case in (child, head):
        fire(district, case, ClockName.RESOLUTION, ClockStage.ESCALATE, days=8)
    escalated = [one for one in district.history(head) if one.kind is ChangeKind.ESCALATED]
    assert [one.team for one in escalated] == ["senior-desk", None]


def test_an_unmerge_makes_both_stand_alone(district: District) -> None:
    head, child = two(district)
    district.merge(head, child)
    assert district.unmerge(head, child).settlement == "accepted"
    assert district.case(head).merged == ()
    alone = district.case(child)
    assert (alone.merged_into, alone.merge_id, alone.head_status) == (None, None, None)
    assert district.act(child, "acknowledge").settlement == "accepted"
    district.merge(head, child)
    assert district.children(head) == {child}


def test_an_offer_that_nobody_answered_is_made_again(district: District) -> None:
    head, child = two(district)
    district.act(head, "merge", other=child)
    district.post.clear()  # lost on its way
    assert district.act(head, "follow_up", actor="system").refusal == Refusal.NOTHING_DUE
    district.desk.clock.time = NOON + timedelta(minutes=11)
    assert district.act(head, "follow_up", actor="system").settlement == "accepted"
    district.deliver()
    assert district.children(head) == {child}


def test_a_lost_answer_is_given_again(district: District) -> None:
    head, child = two(district)
    district.act(head, "merge", other=child)
    district.deliver(most=1)
    district.post.clear()
    district.desk.clock.time = NOON + timedelta(minutes=11)
    district.act(head, "follow_up", actor="system")
    district.deliver()
    assert district.children(head) == {child}
    assert district.kinds(child).count("absorbed_into") == 1


def test_an_offer_taken_back_while_it_is_answered_leaves_no_link(district: District) -> None:
    head, child = two(district)
    district.act(head, "merge", other=child)
    district.act(head, "unmerge", other=child)
    district.deliver()
    assert (district.case(head).merged, district.case(head).offers) == ((), ())
    assert district.case(child).merged_into is None


@pytest.mark.parametrize("spoilt", ["itself", "nobody", "answered"])
def test_what_cannot_be_merged_is_refused_and_leaves_nothing(
    district: District, spoilt: str
) -> None:
    head, child = two(district)
    if spoilt == "answered":
        district.act(child, "resolve", note="done")
    other = {"itself": head, "nobody": "CNOBODY"}.get(spoilt, child)
    district.merge(head, other)
    assert (district.case(head).merged, district.case(head).offers) == ((), ())
    assert district.case(child).merged_into is None


def test_a_head_that_was_answered_meanwhile_keeps_nothing(district: District) -> None:
    head, child = two(district)
    district.act(head, "merge", other=child)
    district.act(head, "resolve", note="done")
    district.deliver()
    assert district.case(head).merged == ()
    assert district.case(child).merged_into is None


def test_no_more_are_merged_than_the_policy_allows(district: District) -> None:
    head = district.open("first", 0)
    others = [district.open(f"other-{n}", n) for n in range(1, 22)]
    answers = [district.merge(head, other).settlement for other in others]
    assert answers == ["accepted"] * 20 + ["rejected"]
    assert len(district.case(head).model_dump_json(exclude_none=True)) < 16_000


def test_a_merged_case_is_corrected_itself_and_its_head_knows_the_new_level(
    district: District,
) -> None:
    head, child = two(district, level=3)
    district.merge(head, child)
    assert gravest(district.case(head)) == 3
    said = {"correction": Correction(level=1), "note": "x", "actor": "clerk:clerk-801"}
    assert district.act(child, "correct", **said).settlement == "accepted"
    district.deliver()
    assert gravest(district.case(head)) == 1
    assert district.case(head).level == 1
