"""Who asks often about several matters: people are told, and nothing else follows from it."""

from pathlib import Path
from typing import Any

from services.cli.case_lines import case_lines
from services.domain.frequent import SHIPPED
from tests.support.api_desk import Desk, a_desk
from tests.support.policy_in_use import PolicyInUse

MATTERS = (
    "煎锅少了盖子",
    "书摔坏了封面",
    "快递员态度很差",
    "运费多收了五元",
    "被放在楼道里",
    "退货没人来取",
)


def matters(desk: Desk, count: int, **who: Any) -> list[str]:
    """Let somebody complain about so many parcels; return the cases."""
    return [
        desk.case_of(desk.send(text=MATTERS[number], waybill=f"SF13000000{number:05d}", **who))
        for number in range(count)
    ]


def test_from_the_fifth_case_on_clerks_see_a_hint(desk: Desk) -> None:
    cases = matters(desk, 4, customer="c-7")
    assert "frequent" not in desk.client.get(f"/v1/cases/{cases[0]}").json()
    cases = matters(desk, 5, customer="c-7")
    answer = desk.client.get(f"/v1/cases/{cases[0]}").json()
    assert answer["frequent"] == {"cases": 5, "days": 90}
    assert any("asks often: 5 cases in 90 days" in line for line in case_lines(answer))


def test_who_is_known_by_a_phone_is_the_same_person(desk: Desk) -> None:
    matters(desk, 3, phone="13800138000")
    (last, *_) = matters(desk, 5, phone="+86 138-0013-8000", email="a@example.com")
    assert desk.client.get(f"/v1/cases/{last}").json()["frequent"]["cases"] == 5


def test_many_complainants_of_one_case_are_nobody_who_asks_often(desk: Desk) -> None:
    sent = [
        desk.send(text="快件没到", waybill="SF1300000000001", customer=f"c-{number}")
        for number in range(6)
    ]
    assert "frequent" not in desk.client.get(f"/v1/cases/{desk.case_of(sent[0])}").json()


def test_no_level_depends_on_how_often_somebody_complains(desk: Desk) -> None:
    rare = desk.case_of(desk.send(text=MATTERS[4], waybill="SF1300000009999", customer="c-1"))
    often = matters(desk, 6, customer="c-7")[4]
    levels = [desk.client.get(f"/v1/cases/{one}").json()["state"]["level"] for one in (rare, often)]
    assert levels[0] == levels[1]


def test_how_many_cases_are_often_is_said_by_the_file_of_today(tmp_path: Path) -> None:
    policy = PolicyInUse(tmp_path, SHIPPED)
    with a_desk(frequent_policy=policy.file) as desk:
        (case, *_) = matters(desk, 3, customer="c-7")

        def hint() -> Any:
            return desk.client.get(f"/v1/cases/{case}").json().get("frequent")

        assert hint() is None
        policy.write("v2", "cases: 5", "cases: 3")
        assert hint() == {"cases": 3, "days": 90}
        policy.write("v3", "cases: 5", "cases: many")
        assert hint() == {"cases": 3, "days": 90}
