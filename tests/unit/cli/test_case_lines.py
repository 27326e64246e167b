"""A case as a terminal shows it."""

from typing import Any

from services.cli.case_lines import case_lines, record_lines, track_lines

STATE: dict[str, Any] = {
    "case_id": "C1",
    "status": "waiting",
    "seq": 4,
    "contacts": 1,
    "complainants": 1,
    "opened_at": "2026-03-02T12:00:00Z",
    "updated_at": "2026-03-02T12:00:00Z",
    "waiting_for": "partner:p1",
    "legal_hold": True,
    "record": {"minutes": 45, "cost": {"minor": 3000, "currency": "CNY"}},
    "compensation": {
        "decision": 1,
        "amount": {"minor": 26850, "currency": "CNY"},
        "branch": "perishable",
        "step": "proposed",
        "approval": "senior-desk",
    },
}
FINDING = {"finding": {"outcome": "valid", "party": "contractor", "text": "left in\na locker"}}
HISTORY: list[dict[str, Any]] = [
    {"seq": 3, "at": "t", "kind": "recorded", "entry": FINDING},
    {"seq": 4, "at": "t", "kind": "waiting_started", "waiting_for": "partner:p1", "note": "photo"},
]


def test_the_record_is_told_with_sums_and_what_the_money_needs() -> None:
    assert record_lines(STATE, HISTORY) == [
        "     3  finding        valid; contractor; left in a locker",
        "        handling took  45 min, 30.00 CNY",
        "  compensation 1: 268.50 CNY, perishable, proposed, needs senior-desk or above",
    ]


def test_a_supplement_is_told_with_the_sum_that_it_is_approved_by() -> None:
    money = STATE["compensation"] | {"total": {"minor": 53700, "currency": "CNY"}}
    needs = ", needs senior-desk or above"
    told = "  compensation 1: 268.50 CNY, perishable, proposed, 537.00 CNY in all" + needs
    assert record_lines({"compensation": money}, []) == [told]
    refused = record_lines({"compensation": money | {"step": "refused"}}, [])
    assert refused == ["  compensation 1: 268.50 CNY, perishable, refused"]


def test_a_case_says_for_whom_it_waits_and_that_it_is_on_hold() -> None:
    lines = case_lines({"state": STATE, "history": HISTORY, "contacts": []})
    assert "  waiting for: partner:p1" in lines
    assert "  on legal hold: yes" in lines
    assert "     4  t  waiting_started partner:p1  photo" in lines


def test_a_case_says_who_judged_it_and_a_correction_what_stood_before() -> None:
    judged = {"category": "loss", "nature": "product", "cause": "staff", "level": 3}
    scored = {"policy": "severity-1", "confidence": 0.415}
    before = {"category": "delay", "nature": "service", "cause": "staff", "level": 1}
    review = {"before": before, "after": judged}
    history = [{"seq": 2, "at": "t", "kind": "corrected", "note": "why", "review": review}]
    told = case_lines(
        {"state": STATE | judged | {"reviewed": {"seq": 2}}, "history": history, "contacts": []}
    )
    assert "  judged: loss, cause staff, level 3, by a person in change 2" in told
    words = "category delay → loss, nature service → product, level 1 → 3  why"
    assert f"     2  t  corrected      {words}" in told
    machine = STATE | judged | {"scored": scored, "unsure": True}
    told = case_lines({"state": machine, "history": [], "contacts": []})
    assert "  judged: loss, cause staff, level 3, by severity-1, 42% sure: to be checked" in told


def test_whom_nothing_reached_stands_out_in_the_history() -> None:
    told = {"seq": 3, "recipient": "contact:c1", "channel": "none", "kind": "result"}
    told |= {"state": "suppressed", "reason": "no_address", "unreached": True}
    lines = case_lines({"state": STATE, "history": HISTORY, "contacts": [], "notices": [told]})
    assert any(line.endswith("(no_address); had to be told, nobody was reached") for line in lines)


def test_a_move_to_other_policies_names_the_versions_that_count_from_then_on() -> None:
    before = {"sla": "sla-1", "calendars": "c-1", "limits": "l-1"}
    change = {"seq": 5, "at": "t", "kind": "rebased", "reason": "from May"}
    change |= {"move": {"run": "may", "before": before}}
    change |= {"policies": before | {"sla": "sla-2", "teams": "t-1"}}
    lines = case_lines({"state": STATE, "history": [change], "contacts": []})
    assert any(line.endswith("rebased        sla-2, t-1  from May") for line in lines)


def test_who_else_has_a_part_stands_with_what_came_of_it() -> None:
    gb = {"number": 1, "holder": "partner:gb", "part": "destination", "since": "t1"}
    south = {"number": 2, "holder": "team:desk-south", "part": "origin", "since": "t1"}
    tasks = [gb | {"ended_at": "t2", "end": "done"}, south]
    state = STATE | {"clocks": {"tasks": tasks}, "fired": ["task:breach:1"]}
    lines = case_lines({"state": state, "history": [], "contacts": []})
    assert "     1  partner:gb (destination)  since t1: done t2, late" in lines
    assert "     2  team:desk-south (origin)  since t1: open" in lines


def test_an_appeal_says_what_was_paid_on_the_case_that_it_is_about() -> None:
    paid = {"payment_id": "pay-1", "minor": 20_000, "currency": "CNY"}
    before = [paid, paid | {"payment_id": "pay-2", "has_failed": True}]
    assert record_lines({"appeal_of": "C1", "paid_before": before}, []) == [
        "  paid on C1: 200.00 CNY, pay-1",
        "  paid on C1: 200.00 CNY, payment_failed, pay-2",
    ]


def test_what_a_code_opens_in_part_is_said_to_be_one() -> None:
    answer: dict[str, Any] = {"summary": "We have answered.", "steps": (), "contacts": ()}
    assert "a part only" not in str(track_lines(answer | {"in_part": False}))
    assert "a part only" in track_lines(answer | {"in_part": True})[1]
