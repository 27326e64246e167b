"""Check M names what was planted: a merge that one side forgot, a chain."""

import json

from services.audit.logic.findings import Defect
from services.audit.logic.history import Entry, Event, History, Sent
from services.audit.logic.merges import MergesCheck


def a_case(name: str, *kinds: str, head: str = "H", child: str = "C", sent: str = "") -> History:
    link = {"merge_id": f"M{child}", "head": head, "child": child}
    events = []
    for seq, kind in enumerate(kinds, 1):
        body = {"kind": kind, "merge": link}
        events.append(Event(1, seq, "s", json.dumps(body).encode(), body))
    told = (Sent(f"t|{child}", sent),) if sent else ()
    return History(f"t|{name}", [Entry(1, ("s",), tuple(events), (), told)], None)


def found(*cases: History) -> list[tuple[Defect, str]]:
    check = MergesCheck()
    for case in cases:
        check.case(case)
    return [(one.defect, one.id) for one in check.findings().listed]


def test_a_merge_known_on_both_sides_is_in_order() -> None:
    assert found(a_case("H", "merged"), a_case("C", "absorbed_into")) == []
    parted = a_case("H", "merged", "unmerged"), a_case("C", "absorbed_into", "detached")
    assert found(*parted) == []


def test_a_merge_that_one_side_forgot_is_named() -> None:
    assert found(a_case("H", "merged"), a_case("C")) == [(Defect.ONE_SIDED, "t|H")]
    assert found(a_case("H"), a_case("C", "absorbed_into")) == [(Defect.ONE_SIDED, "t|C")]


def test_while_the_cases_still_talk_they_may_differ() -> None:
    assert (
        found(a_case("H", "merged", "unmerged", sent="detach-MC"), a_case("C", "absorbed_into"))
        == []
    )


def test_a_head_that_is_merged_itself_is_named() -> None:
    chain = [
        a_case("H", "merged"),
        a_case("C", "absorbed_into"),
        a_case("H", "absorbed_into", head="G", child="H"),
        a_case("G", "merged", head="G", child="H"),
    ]
    assert found(*chain) == [(Defect.CHAINED, "t|C")]


def test_a_head_that_moved_may_name_its_case_until_it_heard_that_it_is_taken() -> None:
    away = [
        a_case("H", "merged"),
        a_case("H", "absorbed_into", head="G", child="H"),
        a_case("C", "absorbed_into", head="G"),
        a_case("G", "merged", head="G"),
    ]
    told = a_case("G", "merged", head="G", child="H", sent="merged-MH")
    assert found(*away, told) == []
    assert found(*away, a_case("G", "merged", head="G", child="H")) == [(Defect.ONE_SIDED, "t|H")]
