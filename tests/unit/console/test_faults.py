"""A form that was not taken: the page names the field, and loses nothing that was typed."""

import re
from typing import Any

import pytest

from schemas.vocabulary import CommandKind
from services.console.acting import Outcome
from services.console.command_form import Incomplete, Typed, body_of
from services.console.language import LANGUAGES, texts_of
from services.console.refusals import case_words, field_of
from services.domain.teams import load_teams
from tests.support.console_desk import Console


def failure(page: str) -> str:
    """Return what the page says of what was not done."""
    found = re.search(r'id="failed">(.*?)</div>', page, re.DOTALL)
    assert found is not None
    return found[1]


def fields_marked(page: str) -> list[str]:
    """Return the fields that the page says are wrong."""
    return re.findall(r'id="([\w-]+)"[^>]*aria-invalid="true"', page)


@pytest.mark.parametrize(
    ("kind", "form", "label", "field"),
    [
        ("resolve", {"note": "  "}, "Answer to the customer", "note-resolve"),
        ("assign", {}, "Clerk id", "assignee"),
        ("assign", {"assignee": "王芳"}, "Clerk id", "assignee"),
        ("transfer", {"note": "theirs"}, "Unit", "unit-transfer"),
        ("transfer", {"unit": "Peking hub", "note": "theirs"}, "Unit", "unit-transfer"),
        ("transfer", {"unit": "team:nobody", "note": "theirs"}, "Unit", "unit-transfer"),
        ("reject", {"note": "no ground"}, "Ground", "reason-reject"),
        ("record", {"note": "no part"}, "What", "part-record"),
        (
            "record",
            {"part": "measure", "note": "sent again", "minutes": "30"},
            "“Working minutes” belongs to another entry",
            "minutes-record",
        ),
        ("record", {"part": "cost", "amount": "12,5"}, "Amount in yuan", "amount-record"),
        (
            "extend",
            {"clock": "resolution:60", "amount": "0", "reason": "x", "note": "x"},
            "By how much",
            "amount-extend",
        ),
        ("merge", {"other": "C-NONE"}, "no other case with this id", "other-merge"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_what_was_typed_is_kept(
    console: Console, kind: str, form: dict[str, str], label: str, field: str
) -> None:
    console.sign_in("clerk-901")
    case_id = console.case(id="a1")
    refused = console.act(case_id, kind, **form)
    assert refused.status_code in (409, 422)
    assert label in failure(refused.text)
    assert fields_marked(refused.text) == [field]
    assert all(typed.strip() in refused.text for typed in form.values())


def test_who_is_to_be_waited_for_is_named_by_the_field_that_says_it(console: Console) -> None:
    console.sign_in("clerk-901")
    case_id = console.case(id="a1")
    console.act(case_id, "acknowledge")
    form = {"waiting_for": "partner", "waiting_id": "转运中心", "note": "the parcel"}
    refused = console.act(case_id, "wait", key="k2", expected_seq="2", **form)
    assert fields_marked(refused.text) == ["waiting_id-wait"]
    assert "转运中心" in refused.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["extend", "give_task", "record", "withdraw_task", "note"])
def test_every_field_has_a_label_in_both_languages(language: Any, kind: str) -> None:
    texts, teams = texts_of(language), load_teams()
    for field in ("note", "unit", "amount", "reason"):
        fault = Outcome("invalid", rule="missing", field=field)
        words = case_words(fault, {"kind": kind}, texts, teams)
        assert (words != texts("failed.invalid"), "missing" in words) == (True, False)
        assert not re.search(r"[(（]", words)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("entry.finding.unit", "unit"),
        ("entry.measure.text", "note"),
        ("compensation.amount.minor", "amount"),
        ("payment.payment_id", "payment"),
        ("X-Session", ""),
    ],
)
def test_a_field_of_a_command_is_that_of_its_form(path: str, field: str) -> None:
    assert field_of(Outcome("invalid", field=path), {}) == field


@pytest.mark.parametrize("written", ["12,5", "1,50", "1,2345", ",5", "1,268,5", "一百", "1 000"])
def test_a_comma_that_may_be_a_point_is_asked_about(written: str) -> None:
    form = {"amount": written, "branch": "goodwill", "guidance": "g"}
    with pytest.raises(Incomplete) as fault:
        body_of(Typed(kind=CommandKind.COMPENSATE, key="k", expected_seq=1, **form))
    assert (fault.value.field, fault.value.rule) == ("amount", "wrong")


@pytest.mark.parametrize("written", ["￥1,268.50", "¥1268.5", "1268.50元", "１２６８．５"])
def test_an_amount_is_read_as_a_clerk_in_china_types_it(written: str) -> None:
    form = {"amount": written, "branch": "goodwill", "guidance": "g"}
    body = body_of(Typed(kind=CommandKind.COMPENSATE, key="k", expected_seq=1, **form))
    assert body["compensation"]["amount"] == {"minor": 126_850, "currency": "CNY"}


def test_a_choice_that_nobody_made_is_not_made_for_him(console: Console) -> None:
    console.sign_in("clerk-901")
    case_id = console.case(id="a1")
    page = console.page(f"/cases/{case_id}")
    for field in ("reason-reject", "part-record"):
        found = re.search(rf'<select id="{field}".*?<option value="([^"]*)"', page, re.DOTALL)
        assert found is not None
        assert found[1] == ""


def test_who_was_slower_keeps_his_words_although_their_form_is_gone(console: Console) -> None:
    console.sign_in("clerk-901")
    case_id = console.case(id="a1")
    console.api.act(case_id, "resolve", note="from a colleague")
    refused = console.act(case_id, "resolve", note="my long <answer>")
    assert refused.status_code == 409
    assert 'id="action-resolve"' not in refused.text
    assert "cannot be done any more" in failure(refused.text)
    assert "my long &lt;answer&gt;</textarea>" in failure(refused.text)


def test_who_may_decide_is_named_where_the_clerk_may_not(console: Console) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="快递员打人，我受伤住院了", channel="phone")
    refused = console.act(case_id, "reject", reason="out_of_time", note="too late")
    assert refused.status_code == 409
    assert re.search("is for (Senior desk|Task force) or a team above it", failure(refused.text))
    assert "too late</textarea>" in refused.text


@pytest.mark.parametrize("page", ["/cases/CX", "/incidents/IX"])
def test_the_address_of_a_refused_form_leads_to_its_page(console: Console, page: str) -> None:
    answer = console.client.get(f"{page}/commands")
    assert (answer.status_code, answer.headers["location"]) == (303, page)


def test_who_has_a_case_is_said_to_be_in_no_team_where_no_team_has_him(console: Console) -> None:
    console.sign_in("clerk-901")
    case_id = console.case(id="a1")
    for number, clerk in enumerate(("clerk-1o1", "clerk:clerk-101"), 1):
        form = {"assignee": clerk, "key": f"k{number}", "expected_seq": str(number)}
        assert console.act(case_id, "assign", **form).status_code == 303
        for path in ("/cases", f"/cases/{case_id}"):
            page = console.page(path)
            assert ("clerk-1o1 (in no team)" in page) is (number == 1)
            assert (">clerk-101<" in page) is (number == 2)


def test_who_proposed_money_is_told_that_a_second_person_approves_it(console: Console) -> None:
    console.sign_in("clerk-901")
    case_id = console.case(id="a1", text="包裹丢了,要求赔偿", declared_value_cny=9000)
    console.act(case_id, "acknowledge")
    form = {"amount": "9000", "branch": "uninsured", "guidance": "g", "note": "lost"}
    proposed = console.act(case_id, "compensate", key="k2", expected_seq="2", **form)
    assert proposed.status_code == 303
    # A page from before he proposed it, or a form of his own, still asks.
    own = console.act(case_id, "approve_compensation", key="k3", expected_seq="3", decision="1")
    assert (own.status_code, "a second person" in failure(own.text)) == (409, True)
