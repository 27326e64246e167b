"""From a form to a record and its key."""

from typing import Any

import pytest

from services.api.forms import ContactForm
from services.api.intake import Intake, take
from services.domain import identity
from tests.support.builders import KEYS, NOON, VAULT


def intake(**form: Any) -> Intake:
    made = ContactForm.model_validate({"channel": "phone", "text": "late"} | form)
    return take(made, KEYS, VAULT, "default", "a1", NOON)


def key_for(hint: str) -> bytes:
    return f"default|{hint}".encode()


def waybill(normal: str) -> str:
    return identity.waybill_index(KEYS, "default", normal)


def test_contacts_of_one_waybill_lie_together_however_it_is_written() -> None:
    expected = key_for(waybill("SF1302847561029"))
    assert intake(waybill="SF1302847561029").key == expected
    assert intake(waybill="sf 1302-8475-61O29").key == expected
    assert intake(text="我的单号 SF1302847561029 还没到").key == expected
    assert intake(waybill="不记得", text="单号SF1302847561029", customer="c").key == expected


def test_without_a_waybill_the_person_gives_the_key_and_else_the_contact() -> None:
    person = identity.person_index(KEYS, "default", "cust-1")
    assert intake(customer="cust-1").key == key_for(person)
    contact = intake()
    assert contact.key == key_for(contact.record.contact_id)


def test_no_key_holds_a_waybill_or_a_person_in_clear() -> None:
    assert b"1302847561029" not in intake(waybill="SF1302847561029").key
    assert b"13800138000" not in intake(phone="13800138000").key


def test_the_customer_number_names_the_person_before_phone_and_email() -> None:
    person = intake(customer="c", phone="13800138000", email="a@b").record.person
    assert person == intake(customer="c").record.person
    assert intake(phone="13800138000", email="a@b").record.person == (
        intake(phone="13800138000").record.person
    )
    assert intake(email="A@B").record.person == intake(email="a@b").record.person is not None


@pytest.mark.parametrize(
    "written", ["138 0013 8000", "+86 138-0013-8000", "008613800138000", "１３８００１３８０００"]
)
def test_a_phone_number_is_one_person_however_it_is_written(written: str) -> None:
    assert intake(phone=written).record.person == intake(phone="13800138000").record.person


def test_blanks_do_not_make_strangers_one_person() -> None:
    assert intake(customer="  ", phone="-").record.person is None


@pytest.mark.parametrize(
    "who",
    [
        {"phone": "0"},
        {"phone": "00000000000"},
        {"phone": "11111111111"},
        {"phone": "12345678"},
        {"phone": "无"},
        {"customer": "无"},
        {"customer": "null"},
        {"customer": " N/A "},
        {"customer": "0"},
        {"customer": "---"},
    ],
)
def test_what_stands_for_nobody_does_not_make_strangers_one_person(who: dict[str, str]) -> None:
    assert intake(**who).record.person is None
    known = intake(**who, email="a@b").record
    assert (known.person, known.aliases) == (intake(email="a@b").record.person, ())


def test_facts_arrive_as_they_were_given() -> None:
    facts = intake(
        waybill=" sf 13O2 ", role="sender", declared_value_cny=300, hub="桥北"
    ).record.facts
    assert (facts.waybill, facts.role, facts.declared_value_cny, facts.hub) == (
        " sf 13O2 ",
        "sender",
        300.0,
        "桥北",
    )
