"""How somebody may be reached is read from a stored decision without reading all of it."""

import pytest

from schemas.codec import encode
from schemas.contacts import Facts
from schemas.errors import MalformedRecordError
from schemas.personal import Personal, Sealed
from services.domain.reach import reach_of, read_reach
from tests.support.builders import VAULT, a_contact, a_deduplicated, sealed

PEOPLE = [
    Personal(),
    Personal(email="li@example.com"),
    Personal(name="李雷", phone="+44 20 7946 0000", address="上海市"),
    Personal(customer="cust-1", phone=" "),
]


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("language", [None, "zh-Hant", "fr"])
@pytest.mark.parametrize("text", ["快件三天没有更新", "Where is my parcel?"])
def test_the_short_reading_finds_the_same(
    person: Personal, language: str | None, text: str
) -> None:
    contact = a_contact(text=text, personal=sealed(person), facts=Facts(language=language))
    decided = a_deduplicated(contact)
    assert read_reach(encode(decided), VAULT) == reach_of(decided, VAULT)


@pytest.mark.parametrize("found", [None, Sealed(data="bm90aGluZw=="), Sealed(data="*")])
def test_who_cannot_be_opened_cannot_be_reached(found: Sealed | None) -> None:
    reach = read_reach(encode(a_deduplicated(a_contact(personal=found))), VAULT)
    has = [reach.has_email, reach.has_phone, reach.has_account, reach.has_post]
    assert has == [False] * 4


@pytest.mark.parametrize(
    ("address", "has_post"), [("上海市静安区1号", True), (" ", False), (None, False)]
)
def test_a_postal_address_is_a_way_to_be_reached(address: str | None, has_post: bool) -> None:
    personal = sealed(Personal(name="李雷", address=address))
    assert reach_of(a_deduplicated(a_contact(personal=personal)), VAULT).has_post is has_post


def test_what_is_no_decision_is_refused() -> None:
    with pytest.raises(MalformedRecordError, match="contact"):
        read_reach(b'{"tenant": "t1"}', VAULT)
