"""Where a case belongs is worked out from its first contact, and nothing is guessed."""

from typing import Any

import pytest

from schemas.contacts import Facts
from schemas.places import CasePlace
from services.domain.case_places import load_places

PLACES = load_places()
CHINA, BRITAIN = ("CN", None, None), ("GB", None, None)
HANGZHOU = ("CN", "zhejiang", "hangzhou", "express")
JINAN = ("CN", "shandong", "jinan", "express")
SENT_ABROAD = {"origin": "杭州", "destination": "London"}


def place(tenant: str = "default", **facts: Any) -> CasePlace:
    return PLACES.place_of(tenant, Facts(**facts))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, (*CHINA, "express", "unknown")),
        ({"destination": "浙江省杭州市西湖区"}, (*HANGZHOU, "unknown")),
        ({"origin": "广东东莞", "destination": "济南"}, (*JINAN, "domestic")),
        ({"origin": "Hangzhou", "destination": "杭州"}, (*HANGZHOU, "same-city")),
        (SENT_ABROAD, (*CHINA, "express", "international")),
        (SENT_ABROAD | {"role": "sender"}, (*HANGZHOU, "international")),
        ({"origin": "杭州", "destination": "中国香港"}, (*CHINA, "express", "unknown")),
        ({"destination": "somewhere else"}, (*CHINA, "express", "unknown")),
        ({"product": "挂号信", "destination": "巴黎"}, (*CHINA, "registered", "international")),
        ({"product": "drone"}, (*CHINA, None, "unknown")),
        ({"jurisdiction": "GB", "destination": "上海"}, (*BRITAIN, "express", "international")),
    ],
)  # fmt: skip
def test_the_contacts_word_then_the_networks_then_the_address(
    facts: dict[str, Any], expected: tuple[str | None, ...]
) -> None:
    found = place(**facts)
    assert (found.jurisdiction, found.province, found.city, found.product, found.reach) == expected


def test_a_network_without_a_country_of_its_own_is_where_the_address_is() -> None:
    assert place("elsewhere", destination="Manchester").jurisdiction == "GB"
    assert place("elsewhere", destination="Berlin").jurisdiction == "EU"
    assert place("elsewhere", destination="香港九龍").jurisdiction == "HK"
    assert place("elsewhere").jurisdiction == "CN"


def test_a_word_within_a_word_is_no_place() -> None:
    assert PLACES.address("Bushton") is None
    assert PLACES.address(None) is None
