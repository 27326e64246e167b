"""How somebody may be reached is read from a stored decision without reading all of it."""

import base64

import pytest

from schemas.codec import encode
from schemas.contacts import Facts
from schemas.errors import MalformedRecordError
from schemas.personal import Personal, Sealed, packed
from services.domain.reach import reach_of, read_reach
from services.domain.vault import Vault
from tests.support.builders import a_contact, a_deduplicated, sealed

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
    assert read_reach(encode(decided)) == reach_of(decided)


@pytest.mark.parametrize("found", [None, Sealed(data="bm90aGluZw=="), Sealed(data="*")])
def test_who_cannot_be_opened_cannot_be_reached(found: Sealed | None) -> None:
    reach = read_reach(encode(a_deduplicated(a_contact(personal=found))))
    has = [reach.has_email, reach.has_phone, reach.has_account, reach.has_post]
    assert has == [False] * 4


def test_the_ways_to_somebody_are_known_without_the_key() -> None:
    who = Personal(email="li@example.com", phone="+44 20 7946 0000", customer=" ")
    reach = reach_of(a_deduplicated(a_contact(personal=Vault({"lost": bytes(32)}).seal("t1", who))))
    has = [reach.has_email, reach.has_phone, reach.has_account, reach.has_post]
    assert has == [True, True, False, False]
    assert reach.calling_code == "4420"


def test_of_what_was_sealed_before_the_ways_were_said_the_names_tell() -> None:
    who = Personal(customer="cust-1", email="li@example.com", address="上海市")
    older = sealed(who).model_copy(update={"ways": None})
    reach = reach_of(a_deduplicated(a_contact(personal=older)))
    has = [reach.has_email, reach.has_phone, reach.has_account, reach.has_post]
    assert has == [True, False, True, False]


def test_of_what_was_stored_before_there_was_a_cipher_they_are_read_in_it() -> None:
    who = Personal(phone="008613800138000", address="上海市")
    clear = Sealed(data=base64.b64encode(packed(who)).decode())
    reach = reach_of(a_deduplicated(a_contact(personal=clear)))
    assert (reach.has_phone, reach.has_post, reach.has_email) == (True, True, False)
    assert reach.calling_code == "8613"


@pytest.mark.parametrize(
    ("address", "has_post"), [("上海市静安区1号", True), (" ", False), (None, False)]
)
def test_a_postal_address_is_a_way_to_be_reached(address: str | None, has_post: bool) -> None:
    personal = sealed(Personal(name="李雷", address=address))
    assert reach_of(a_deduplicated(a_contact(personal=personal))).has_post is has_post


def test_what_is_no_decision_is_refused() -> None:
    with pytest.raises(MalformedRecordError, match="contact"):
        read_reach(b'{"tenant": "t1"}')
