"""The console where a case is worked on: waiting, transfer, record, money, appeal."""

import re
from typing import Any

import pytest

from services.console.command_form import Incomplete, Typed, body_of
from tests.support.console_desk import Console


def typed(kind: str, **fields: str) -> Typed:
    return Typed(kind=kind, key="k", expected_seq=1, **fields)


@pytest.mark.parametrize(
    ("kind", "fields", "body"),
    [
        ("wait", {"waiting_for": "customer", "note": "photos"}, {"waiting_for": "customer"}),
        ("wait", {"waiting_for": "partner", "waiting_id": "p1"}, {"waiting_for": "partner:p1"}),
        ("transfer", {"unit": "team:claims", "note": "x"}, {"unit": "team:claims"}),
        ("rate", {"rating": "4"}, {"rating": 4}),
        (
            "extend",
            {"clock": "resolution:60", "amount": "7.5", "reason": "遗失查找", "note": "还在查找"},
            {"clock": "resolution", "amount": 450, "reason": "遗失查找", "note": "还在查找"},
        ),
        ("extend", {"clock": "statutory:1", "amount": "2", "reason": "x"}, {"amount": 2}),
        ("approve_compensation", {"decision": "2"}, {"decision": 2}),
        ("give_task", {"unit": "partner:gb", "note": "x"}, {"unit": "partner:gb", "note": "x"}),
        ("finish_task", {"task": "2", "note": "x"}, {"task": 2, "note": "x"}),
        (
            "record",
            {"part": "finding", "outcome": "valid", "party": "staff", "note": "x"},
            {"entry": {"finding": {"outcome": "valid", "party": "staff", "text": "x"}}},
        ),
        (
            "record",
            {"part": "cost", "minutes": "30", "amount": "12.5"},
            {"entry": {"cost": {"minutes": 30, "money": {"minor": 1250, "currency": "CNY"}}}},
        ),
        (
            "settle_payment",
            {"payment": "p1", "paid": "payment_failed"},
            {"payment": {"payment_id": "p1", "is_paid": False}},
        ),
        (
            "compensate",
            {"amount": "1,268.50", "branch": "uninsured", "guidance": "g"},
            {
                "compensation": {
                    "amount": {"minor": 126_850, "currency": "CNY"},
                    "branch": "uninsured",
                    "guidance": "g",
                }
            },
        ),
    ],
)
def test_a_form_says_what_the_command_needs(
    kind: str, fields: dict[str, str], body: dict[str, Any]
) -> None:
    made = body_of(typed(kind, **fields))
    assert {name: made[name] for name in body} == body


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("wait", {"waiting_for": "partner", "note": "x"}),
        ("transfer", {"note": "x"}),
        ("give_task", {"note": "x"}),
        ("reject", {"note": "x"}),
        ("rate", {"rating": "five"}),
        ("extend", {"clock": "resolution:60", "amount": "2", "note": "x"}),
        ("extend", {"amount": "2", "reason": "x", "note": "x"}),
        ("extend", {"clock": "statutory:1", "amount": "0.5", "reason": "x", "note": "x"}),
        ("extend", {"clock": "statutory:1", "amount": "0", "reason": "x", "note": "x"}),
        ("record", {"part": "finding", "note": "x", "outcome": "valid"}),
        ("record", {"part": "cost", "note": "x"}),
        ("record", {"part": "gossip", "note": "x"}),
        ("compensate", {"amount": "1.234", "branch": "uninsured", "guidance": "g"}),
        ("compensate", {"amount": "NaN", "branch": "uninsured", "guidance": "g"}),
        ("compensate", {"amount": "-5", "branch": "uninsured", "guidance": "g"}),
    ],
)
def test_what_is_missing_or_wrong_is_not_sent(kind: str, fields: dict[str, str]) -> None:
    with pytest.raises(Incomplete):
        body_of(typed(kind, **fields))


def test_a_clerk_works_on_a_case_and_the_page_shows_its_record(console: Console) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="包裹丢了,要求赔偿", declared_value_cny=300)
    steps: list[tuple[str, dict[str, str]]] = [
        ("acknowledge", {}),
        ("investigate", {}),
        ("wait", {"waiting_for": "partner", "waiting_id": "humen", "note": "the photo"}),
        ("resume", {}),
        ("record", {"part": "investigation", "note": "Cameras were asked for."}),
        ("record", {"part": "finding", "outcome": "valid", "party": "contractor", "note": "Lost."}),
        ("compensate", {"amount": "300", "branch": "uninsured", "guidance": "compensation-2026.2"}),
        ("resolve", {"note": "We pay 300 yuan."}),
    ]
    for number, (kind, form) in enumerate(steps):
        page = console.page(f"/cases/{case_id}")
        seq = re.search(r'name="expected_seq" value="(\d+)"', page)
        assert seq is not None
        done = console.act(case_id, kind, key=f"k{number}", expected_seq=seq[1], **form)
        assert done.status_code == 303, (kind, done.text)
    page = console.page(f"/cases/{case_id}")
    record = page.partition('id="record-title"')[2].partition("</section>")[0]
    for words in ("Finding", "Valid", "Contractor", "Lost.", "300.00 CNY", "Senior desk"):
        assert words in record
    assert "Waiting for Partner humen" in page
    assert "待审批" in console.page(f"/cases/{case_id}", "zh")


def test_a_record_that_is_longer_than_the_page_says_so(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.console.case_page.NEWEST", 2)
    console.sign_in("clerk-101")
    case_id = console.case(id="a1")
    form = {"part": "measure", "note": "It is sent again."}
    assert console.act(case_id, "record", **form).status_code == 303
    assert "Only what was added" not in console.page(f"/cases/{case_id}")
    for number in (2, 3):
        console.act(case_id, "note", key=f"k{number}", expected_seq=str(number), note="n")
    page = console.page(f"/cases/{case_id}")
    record = page.partition('id="record-title"')[2].partition("</section>")[0]
    assert "Only what was added within the last 2 entries" in record


def test_a_limit_is_extended_as_far_as_it_allows_and_with_words_for_the_customer(
    console: Console,
) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="快件三天没有更新")
    offered = console.page(f"/cases/{case_id}").partition('id="action-extend"')[2]
    form = offered.partition("</form>")[0]
    assert "Resolution: at most 15 hours of working time more" in form
    assert 'value="statutory' not in form  # the law gives no more time
    assert "最多再延长 15 小时工作时间" in console.page(f"/cases/{case_id}", "zh")

    wanted = {"clock": "resolution:60", "amount": "10", "reason": "遗失查找"}
    assert console.act(case_id, "extend", **wanted).status_code == 422
    reply = {"note": "我们还在查找,三天内再告诉您。"}
    assert console.act(case_id, "extend", **wanted, **reply).status_code == 303
    page = console.page(f"/cases/{case_id}")
    assert "Resolution: at most 5 hours of working time more" in page
    assert "三天内再告诉您" in page
    assert "遗失查找" in page
    refused = console.act(case_id, "extend", key="k2", expected_seq="2", **wanted, **reply)
    assert refused.status_code == 409
    assert "“By how much” cannot be taken as it stands" in refused.text

    rest = {"amount": "5", "key": "k3", "expected_seq": "2"}
    assert console.act(case_id, "extend", **wanted | reply | rest).status_code == 303
    assert "action-extend" not in console.page(f"/cases/{case_id}")


def test_a_clerk_tells_the_customer_how_the_matter_stands(console: Console) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="快件三天没有更新")
    form = console.page(f"/cases/{case_id}").partition('id="action-update"')[2]
    assert "the customer will see it" in form.partition("</form>")[0]
    assert console.act(case_id, "update", note=" ").status_code == 422
    assert console.act(case_id, "update", note="快件已到清关口岸。").status_code == 303
    page = console.page(f"/cases/{case_id}")
    assert "Customer told how it stands" in page
    assert "快件已到清关口岸。" in page
    assert "目前进展（客户能看到）" in console.page(f"/cases/{case_id}", "zh")


def test_the_page_guides_on_money_and_says_that_a_person_decides(console: Console) -> None:
    case_id = console.case(id="a1", text="包裹丢了,要求赔偿", declared_value_cny=300)
    page = console.page(f"/cases/{case_id}")
    guidance = page.partition('id="guidance-title"')[2].partition("</section>")[0]
    assert "300.00 CNY" in guidance
    assert "a person decides" in guidance
    assert "由人决定" in console.page(f"/cases/{case_id}", "zh")
    plain = console.case(id="a2", text="快递员态度恶劣,骂人", customer="d")
    assert "guidance-title" not in console.page(f"/cases/{plain}")


def test_what_came_of_a_payment_is_entered_and_what_the_payer_says_later(
    console: Console,
) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="包裹丢了,要求赔偿", declared_value_cny=300)
    console.act(case_id, "acknowledge", key="k0")
    order = {"amount": "100", "branch": "uninsured", "guidance": "compensation-2026.2"}
    assert "action-settle_payment" not in console.page(f"/cases/{case_id}")
    done = console.act(case_id, "compensate", key="k1", expected_seq="2", **order)
    assert done.status_code == 303
    page = console.page(f"/cases/{case_id}")
    payment = re.search(r'name="payment" value="([^"]+)"', page)
    seq = re.search(r'name="expected_seq" value="(\d+)"', page)
    assert payment is not None
    assert seq is not None
    result = {"payment": payment[1], "paid": "paid", "reference": "B-2026-7"}
    done = console.act(case_id, "settle_payment", key="k2", expected_seq=seq[1], **result)
    assert done.status_code == 303
    page = console.page(f"/cases/{case_id}")
    form = page.partition('id="action-settle_payment"')[2].partition("</form>")[0]
    assert f"100.00 CNY · Paid · {payment[1]}" in form
    console.sign_in("clerk-801")
    back = {"payment": payment[1], "paid": "payment_failed", "reference": "came back"}
    again = console.act(case_id, "settle_payment", key="k3", expected_seq="6", **back)
    assert again.status_code == 303, again.text
    assert "came back" in console.page(f"/cases/{case_id}")


def test_a_supplement_names_a_payment_that_stands_and_each_open_payment_is_answered(
    console: Console,
) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="包裹丢了,要求赔偿", declared_value_cny=300)
    path = f"/cases/{case_id}"

    def find(name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]+)"', console.page(path))
        assert found is not None
        return found[1]

    def do(kind: str, **fields: str) -> None:
        seq = find("expected_seq")
        done = console.act(case_id, kind, key=f"k{seq}", expected_seq=seq, **fields)
        assert done.status_code == 303

    do("acknowledge")
    order = {"amount": "100", "branch": "uninsured", "guidance": "compensation-2026.2"}
    do("compensate", **order)
    payment = find("supplements")
    more = order | {"supplements": payment}
    do("compensate", **more | {"amount": "900"})
    do("refuse_compensation", decision="2", note="a slip")
    assert find("supplements") == payment
    do("compensate", **more | {"amount": "50"})
    page = console.page(path)
    assert f'<option value="{payment}"' in page
    assert "150.00" in page
    do("settle_payment", payment=payment, paid="paid")
    choices = re.findall(r'<option value="(pay-\w+)"[^>]*>([^<]+)', console.page(path))
    assert [name == payment for name, _ in choices] == [False, True]
    assert "Paid" in choices[1][1]


def test_without_a_proposal_there_is_nothing_to_approve(console: Console) -> None:
    console.sign_in()
    page = console.page(f"/cases/{console.case(id='a1')}")
    assert "action-approve_compensation" not in page
    assert "action-release" not in page
    assert 'id="action-hold"' in page


def test_an_appeal_and_its_case_link_to_each_other(console: Console) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="快件三天没有更新")
    console.api.act(case_id, "resolve", note="It was found.")
    assert console.act(case_id, "appeal", expected_seq="2", note="by phone").status_code == 303
    page = console.page(f"/cases/{case_id}")
    appeal = re.search(r'the appeal is case <a href="/cases/(\w+)"', page)
    assert appeal is not None
    other = console.page(f"/cases/{appeal[1]}")
    assert f'<a href="/cases/{case_id}">' in other
    assert "快件三天没有更新" in other


def test_an_appeal_shows_what_the_first_case_was_paid_and_adds_to_it(console: Console) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="包裹丢了,要求赔偿", declared_value_cny=300)
    console.act(case_id, "acknowledge", key="k0")
    order = {"amount": "100", "branch": "uninsured", "guidance": "compensation-2026.2"}
    console.act(case_id, "compensate", key="k1", expected_seq="2", **order)
    console.api.act(case_id, "resolve", note="It was lost.")
    console.api.act(case_id, "appeal", note="Too little.")
    appeal = console.api.client.get(f"/v1/cases/{case_id}").json()["state"]["appealed_by"]
    console.api.act(appeal, "acknowledge")
    page = console.page(f"/cases/{appeal}")
    paid = re.search(r"Paid on the case appealed against</dt><dd>100\.00 CNY · (pay-\w+)", page)
    assert paid is not None
    assert f'name="supplements" value="{paid[1]}"' in page
    assert "被申诉案件的付款" in console.page(f"/cases/{appeal}", "zh")


def test_a_held_case_says_so(console: Console) -> None:
    console.sign_in()
    case_id = console.case(id="a1")
    console.act(case_id, "hold", note="court order")
    page = console.page(f"/cases/{case_id}")
    assert "nothing of this case may be removed" in page
    assert 'id="action-release"' in page
    assert 'id="action-hold"' not in page
