"""Check I names what was planted: a case and its incident that do not agree."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.audit.logic.findings import Defect
from services.audit.logic.history import Entry, Event, History
from services.audit.logic.incidents import IncidentsCheck
from tests.support.builders import NOON

Row = dict[str, Any]
LATER = NOON + timedelta(hours=1)


def a_case(
    name: str, *kinds: str, told: int = 3, levels: tuple[int, ...] = (3,), incident: str = "I1"
) -> History:
    """Return a case; the last of ``levels`` holds for what comes after, too."""
    events = []
    for seq, kind in enumerate(kinds, 1):
        level = levels[min(seq, len(levels)) - 1]
        body = {"kind": kind, "status": "received", "at": NOON.isoformat(), "level": level}
        if kind.startswith("incident"):
            body |= {"incident_id": incident, "incident": {"level": told}}
        events.append(Event(1, seq, "s", json.dumps(body).encode(), body))
    return History(f"t|{name}", [Entry(1, ("s",), tuple(events), ())], None)


def change(seq: int, kind: str, cases: int, level: int = 3) -> Row:
    return {"incident_id": "I1", "seq": seq, "kind": kind, "cases": cases, "level": level,
            "at": NOON.isoformat()}  # fmt: skip


def member(case: str, is_in: bool = True, *changes: Row) -> Row:
    return {"about": "I1", "member": {"case": case, "in": is_in}, "changes": list(changes)}


OPENED: Row = {"about": "I1", "changes": [change(1, "opened", 0)]}
JOINED = member("A", True, change(2, "cases_joined", 1))


def found(
    cases: list[History], rows: list[Row], is_busy: bool = False, now: Any = LATER
) -> list[tuple[Defect, str]]:
    check = IncidentsCheck(now, is_busy)
    for case in cases:
        check.case(case)
    for row in rows:
        check.row("t|东莞|loss", row)
    return [(one.defect, one.id) for one in check.findings().listed]


def test_an_incident_and_its_cases_that_agree_are_in_order() -> None:
    assert found([a_case("A", "opened", "incident_joined")], [OPENED, JOINED]) == []
    left = member("A", False, change(3, "cases_left", 0))
    case = a_case("A", "opened", "incident_joined", "incident_left")
    assert found([case], [OPENED, JOINED, left]) == []


def test_a_case_of_an_incident_that_does_not_exist_is_named() -> None:
    case = a_case("A", "opened", "incident_joined", incident="I9")
    assert found([case], []) == [(Defect.NO_INCIDENT, "t|A")]


def test_a_case_that_only_one_side_counts_is_named() -> None:
    case = a_case("A", "opened", "incident_joined")
    assert found([case], [OPENED]) == [(Defect.NOT_A_MEMBER, "t|A")]
    assert found([a_case("A", "opened")], [OPENED, JOINED]) == [(Defect.NOT_A_MEMBER, "t|A")]


def test_a_case_that_joined_after_the_end_is_named_unless_it_left_again() -> None:
    case = a_case("A", "opened", "incident_joined")
    ended: Row = {"about": "I1", "changes": [change(2, "ended", 0)]}
    assert found([case], [OPENED, ended, member("A")]) == [(Defect.AFTER_THE_END, "t|A")]
    gone = a_case("A", "opened", "incident_joined", "incident_left")
    assert found([gone], [OPENED, ended, member("A"), member("A", False)]) == []


def test_a_count_that_is_not_the_number_of_cases_is_named() -> None:
    wrong = member("A", True, change(2, "cases_joined", 7))
    case = a_case("A", "opened", "incident_joined")
    assert found([case], [OPENED, wrong]) == [(Defect.MISCOUNTED, "t|I1")]


def test_customers_that_go_on_counting_when_their_cases_left_are_named() -> None:
    def row(case: str, is_in: bool, seq: int, count: int, customers: int, who: str | None) -> Row:
        kind = "cases_joined" if is_in else "cases_left"
        said = member(case, is_in, change(seq, kind, count) | {"customers": customers})
        return said | {"member": said["member"] | ({"who": who} if who else {})}

    def rows(customers: int, who: str | None) -> list[Row]:
        joined = [row("A", True, 2, 1, 1, who), row("B", True, 3, 2, 2, "w2")]
        return [OPENED, *joined, row("A", False, 4, 1, customers, None)]

    stays = a_case("B", "opened", "incident_joined")
    cases = [a_case("A", "opened", "incident_joined", "incident_left"), stays]
    assert found(cases, rows(2, "w1")) == [(Defect.MISCOUNTED, "t|I1")]
    assert found(cases, rows(1, "w1")) == []
    assert found(cases, rows(2, None)) == []  # who joined before that was kept counts on


def test_a_case_of_two_incidents_is_named() -> None:
    case = a_case("A", "opened", "incident_joined", "incident_joined")
    assert (Defect.TWO_INCIDENTS, "t|A") in found([case], [OPENED, JOINED])


def test_a_case_below_its_incident_is_named_and_one_that_was_not_told() -> None:
    below = a_case("A", "opened", "incident_joined", levels=(2,))
    assert found([below], [OPENED, JOINED]) == [(Defect.LEVEL_BELOW, "t|A")]
    raised: Row = {"about": "I1", "changes": [change(3, "level_raised", 1, 4)]}
    untold = a_case("A", "opened", "incident_joined")
    assert found([untold], [OPENED, JOINED, raised]) == [(Defect.LEVEL_BELOW, "t|A")]


def test_a_case_that_a_person_judged_lower_is_in_order() -> None:
    case = a_case("A", "opened", "incident_joined", "corrected", levels=(3, 3, 2))
    assert found([case], [OPENED, JOINED]) == []


def test_a_change_that_is_missing_or_doubled_is_named() -> None:
    gap = member("A", True, change(3, "cases_joined", 1))
    case = a_case("A", "opened", "incident_joined")
    assert found([case], [OPENED, gap]) == [(Defect.GAP, "t|I1")]
    assert found([case], [OPENED, OPENED, JOINED]) == [(Defect.GAP, "t|I1")]


def test_what_is_under_way_is_waited_for() -> None:
    case = a_case("A", "opened", "incident_joined")
    assert found([case], [OPENED], is_busy=True) == []
    assert found([case], [OPENED], now=NOON + timedelta(seconds=30)) == []


def told(case: History, seq: int) -> History:
    """Return the case after its customers heard what change ``seq`` had for them."""
    n = len(case.entries) + 1
    body = {"kind": "customer_updated", "status": "received", "at": NOON.isoformat(),
            "command_id": f"news-I1-{seq}", "reason": "incident:I1"}  # fmt: skip
    event = Event(1, n, "s", json.dumps(body).encode(), body)
    return replace(case, entries=[*case.entries, Entry(n, ("s",), (event,), ())])


def test_a_case_whose_customers_were_not_told_what_the_incident_had_for_them_is_named() -> None:
    news = change(3, "customers_updated", 1) | {"at": (NOON + timedelta(minutes=5)).isoformat()}
    rows = [OPENED, JOINED, {"about": "I1", "changes": [news]}]
    case = a_case("A", "opened", "incident_joined")
    assert found([case], rows) == [(Defect.NEWS_MISSED, "t|A")]
    assert found([told(case, 2)], rows) == [(Defect.NEWS_MISSED, "t|A")]
    assert found([told(case, 3)], rows) == []
    early = news | {"at": (NOON - timedelta(minutes=5)).isoformat()}
    assert found([case], [OPENED, JOINED, {"about": "I1", "changes": [early]}]) == []
    answered = a_case("A", "opened", "incident_joined")
    json_of = answered.entries[-1].events[-1].body
    assert isinstance(json_of, dict)
    json_of["status"] = "resolved"
    assert found([answered], rows) == []
