"""A proposal is offered to whom the case would let decide; the others read who can."""

import pytest

from tests.support.console_desk import Console
from tests.unit.console.test_failed_payments import ORDER, do

ACTIONS = ('id="action-approve_compensation"', 'id="action-refuse_compensation"')


@pytest.fixture
def case_id(console: Console) -> str:
    """Return a case with 300 yuan proposed by clerk-101: the senior desk's to approve."""
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="包裹丢了,要求赔偿", declared_value_cny=300)
    do(console, case_id, "acknowledge")
    do(console, case_id, "compensate", **ORDER | {"amount": "300"})
    return case_id


def seen_by(console: Console, clerk: str, case_id: str, language: str = "en") -> tuple[str, str]:
    """Return which decisions a clerk is offered ("a", "r"), and who he reads can approve."""
    console.sign_in(clerk)
    page = console.page(f"/cases/{case_id}", language)
    offered = "".join(word for word, one in zip("ar", ACTIONS, strict=True) if one in page)
    return offered, page.partition('id="approvers">')[2].partition("</p>")[0]


WHO = "It is for Senior desk or a team above it to approve, and not for who proposed it."


@pytest.mark.parametrize(
    ("clerk", "offered", "reads"),
    [("clerk-101", "r", WHO), ("clerk-102", "", WHO), ("clerk-801", "ar", "")],
)
def test_who_may_not_approve_reads_who_can(
    console: Console, case_id: str, clerk: str, offered: str, reads: str
) -> None:
    found, told = seen_by(console, clerk, case_id)
    assert found == offered
    assert told.endswith(reads)
    assert bool(told) is bool(reads)


def test_it_is_said_in_chinese_too_and_how_much_waits(console: Console, case_id: str) -> None:
    assert seen_by(console, "clerk-102", case_id, "zh")[1] == (
        "赔偿 300.00 元 待批准：须由高级专员组或其上级小组中提出者以外的人批准。"
    )


def test_once_the_level_rose_it_is_offered_to_whom_it_asks_now(
    console: Console, case_id: str
) -> None:
    console.sign_in("clerk-901")
    do(console, case_id, "correct", level="4", note="an injury")
    offered, told = seen_by(console, "clerk-801", case_id)
    assert offered == ""
    assert "Task force" in told
    record = console.page(f"/cases/{case_id}").partition('id="record-title"')[2]
    assert "Approval by</dt><dd>Task force" in record
    assert seen_by(console, "clerk-901", case_id) == ("ar", "")
    do(console, case_id, "approve_compensation", decision="1")


def test_the_api_says_who_decides_and_whether_who_asks_may(console: Console, case_id: str) -> None:
    def hint(clerk: str) -> object:
        headers = console.api.as_actor(clerk)
        return console.api.client.get(f"/v1/cases/{case_id}", headers=headers).json()["approval"]

    waits = {"decision": 1, "team": "senior-desk", "proposed_by": "clerk:clerk-101"}
    assert hint("clerk:clerk-101") == waits | {"may_approve": False, "may_refuse": True}
    assert hint("clerk:clerk-801") == waits | {"may_approve": True, "may_refuse": True}
    console.sign_in("clerk-801")
    do(console, case_id, "approve_compensation", decision="1")
    assert "approval" not in console.api.client.get(f"/v1/cases/{case_id}").json()
