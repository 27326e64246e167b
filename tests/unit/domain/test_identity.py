"""Derived ids: the same everywhere and for ever, and readable back however typed."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.personal import KeyRing
from services.domain.identity import (
    case_id_of,
    contact_id_of,
    person_index,
    read_tracking_code,
    tracking_code,
    waybill_index,
)

KEYS = KeyRing({"k1": bytes(range(32))}, "k1")
ROTATED = KeyRing({"k2": b"2" * 32, "k1": bytes(range(32))}, "k2")
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def test_ids_are_the_same_on_every_machine_and_in_every_release() -> None:
    contact = contact_id_of(KEYS, "t", "key-1")
    assert contact == "adzocrfk2uhqx3xmr7kpzxawv4"
    assert tracking_code(KEYS, "t", contact) == "82M8V-XV2SV-VCTDJ-FR2X2"
    assert case_id_of("t", contact) == "C9ZYTS3C13D0CMSG8"
    assert person_index(KEYS, "t", "cust-1") == "k1.HR6XH72PGNO2G7WQPB2U3P4FRQ"


@given(names)
def test_ids_outlive_the_rotation_of_keys(key: str) -> None:
    assert contact_id_of(ROTATED, "t", key) == contact_id_of(KEYS, "t", key)
    assert tracking_code(ROTATED, "t", key) == tracking_code(KEYS, "t", key)


@given(names)
def test_tenants_share_no_id(key: str) -> None:
    assert contact_id_of(KEYS, "a", key) != contact_id_of(KEYS, "b", key)
    assert tracking_code(KEYS, "a", key) != tracking_code(KEYS, "b", key)
    assert case_id_of("a", key) != case_id_of("b", key)
    assert person_index(KEYS, "a", key) != person_index(KEYS, "b", key)
    assert waybill_index(KEYS, "a", key) != waybill_index(KEYS, "b", key)


def test_purposes_share_no_index() -> None:
    same = {f(KEYS, "t", "1").partition(".")[2] for f in (person_index, waybill_index)}
    assert len(same) == 2


@given(names, st.randoms(use_true_random=False))
def test_a_tracking_code_is_read_back_however_it_is_typed(
    contact: str, chance: random.Random
) -> None:
    code = tracking_code(KEYS, "t", contact)
    typed = "".join(
        chance.choice([c, c.lower(), {"0": "o", "1": "l"}.get(c, c), chr(ord(c) + 0xFEE0)])
        + chance.choice(["", "", " ", "-", "."])
        for c in code
    )
    assert read_tracking_code(typed) == read_tracking_code(code) == code


@given(names)
def test_a_tracking_code_has_no_letter_that_could_be_mistaken(contact: str) -> None:
    assert not set(tracking_code(KEYS, "t", contact)) & set("ILOU")


@given(st.text())
def test_anything_typed_is_a_code_in_its_form_or_none(typed: str) -> None:
    code = read_tracking_code(typed)
    assert code is None or (len(code) == 23 and read_tracking_code(code) == code)


@pytest.mark.parametrize("typed", ["", "ABCDE", "ABCDE-ABCDE-ABCDE-ABCDU", "快递单号", "A" * 21])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert read_tracking_code(typed) is None


def test_a_customer_is_the_same_person_however_the_number_is_typed() -> None:
    indexes = {
        person_index(KEYS, "t", typed)
        for typed in ("cust-0011", " Cust-0011 ", "CUST-0011", "ＣＵＳＴ-００１１", "cust- 0011")
    }
    assert len(indexes) == 1


def test_without_the_keys_nobody_works_out_a_tracking_code() -> None:
    others = KeyRing({"k1": bytes(range(1, 33))}, "k1")
    contact = contact_id_of(KEYS, "t", "key-1")
    assert tracking_code(KEYS, "t", contact) != tracking_code(others, "t", contact)


@given(names, names)
def test_a_case_is_opened_under_another_id_by_another_contact(one: str, other: str) -> None:
    assert (case_id_of("t", one) == case_id_of("t", other)) == (one == other)
