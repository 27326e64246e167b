"""Who somebody is can be read with the key alone, is bound to its tenant, and never vanishes
because a key is missing."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import MalformedRecordError
from schemas.personal import Personal, Sealed, packed
from services.domain.errors import OutageError
from services.domain.vault import Vault

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
VAULT = Vault({"k1": OLD})
LI = Personal(name="李华", phone="13800138000", email="li@example.com", address="静安区1号")
texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
people = st.builds(Personal, customer=texts, name=texts, phone=texts, address=texts)


@given(people)
def test_what_is_sealed_can_be_opened_again(personal: Personal) -> None:
    assert VAULT.open("t1", VAULT.seal("t1", personal)) == personal


def test_nothing_of_the_person_stands_in_the_sealed_part() -> None:
    sealed = VAULT.seal("t1", LI)
    raw = base64.b64decode(sealed.data)
    assert sealed.cipher == "aes-256-siv"
    assert not any(
        word.encode() in raw for word in ("李华", "13800138000", "example.com", "phone", "静安")
    )


def test_what_names_the_person_is_said_outside_and_a_placeholder_does_not() -> None:
    assert VAULT.seal("t1", LI).names == ("phone", "email")
    assert VAULT.seal("t1", LI.model_copy(update={"customer": "无"})).names == ("phone", "email")
    assert VAULT.seal("t1", LI.model_copy(update={"customer": "c-1"})).names[0] == "customer"


def test_by_what_ways_the_person_can_be_reached_is_said_outside() -> None:
    assert VAULT.seal("t1", LI).ways == ("email", "phone", "post")
    assert VAULT.seal("t1", LI).calling_code is None
    assert VAULT.seal("t1", Personal(phone="+86 138 0013 8000")).calling_code == "8613"
    assert VAULT.seal("t1", Personal(name="李华", phone="\t")).ways == ()


def test_the_longest_person_fits_the_sealed_part() -> None:
    longest = Personal(
        customer="\x01" * 80, name="\x01" * 80, phone="\x01" * 40, address="\x01" * 400,
        email="𠮷" * 100 + "@" + "𠮷" * 99,
    )  # fmt: skip
    assert VAULT.open("t1", VAULT.seal("t1", longest)) == longest


def test_the_same_person_is_sealed_to_the_same_bytes_so_that_a_contact_sent_again_is_the_same() -> (
    None
):
    assert VAULT.seal("t1", LI) == Vault({"k1": OLD}).seal("t1", LI)


@pytest.mark.parametrize("place", [0, 20, -1])
def test_what_was_changed_or_is_of_another_tenant_is_broken(place: int) -> None:
    sealed = VAULT.seal("t1", LI)
    raw = bytearray(base64.b64decode(sealed.data))
    raw[place] ^= 1
    for tenant, data in (("t1", base64.b64encode(raw).decode()), ("t2", sealed.data)):
        with pytest.raises(MalformedRecordError, match="unsealable"):
            VAULT.open(tenant, sealed.model_copy(update={"data": data}))


def test_after_a_rotation_the_old_is_still_read_and_the_new_key_seals() -> None:
    old, rotated = VAULT.seal("t1", LI), Vault({"k2": NEW, "k1": OLD})
    assert rotated.open("t1", old) == LI
    assert rotated.seal("t1", LI).key_id == "k2"


def test_who_needs_a_key_that_is_missing_waits_and_says_which_it_is() -> None:
    sealed = Vault({"k2": NEW}).seal("t1", LI)
    with pytest.raises(OutageError, match="'k2'"):
        VAULT.open("t1", sealed)


def test_what_was_stored_before_there_was_a_cipher_is_read() -> None:
    assert VAULT.open("t1", Sealed(data=base64.b64encode(packed(LI)).decode())) == LI


@pytest.mark.parametrize("keys", [{}, {"k1": b"short"}])
def test_no_key_and_a_short_one_are_refused(keys: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        Vault(keys)


def test_no_key_shows_in_a_repr() -> None:
    assert repr(VAULT) == "Vault(ids=['k1'], active='k1')"
