"""Personal data: in one place, never in a key, an index, a repr or an error."""

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import keys
from schemas.errors import MalformedRecordError
from schemas.personal import KeyRing, Personal, Sealed, packed, unseal
from services.domain.identity import case_id_of, contact_id_of, person_index, waybill_index

OLD, NEW = b"1" * 32, b"2" * 32


def encoded(personal: Personal) -> Sealed:
    """Return who somebody is, under no cipher."""
    return Sealed(data=base64.b64encode(packed(personal)).decode("ascii"))


RING = KeyRing({"k1": OLD}, "k1")
texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
phones = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(st.builds(Personal, customer=texts, name=texts, phone=texts, address=texts))
def test_what_is_sealed_can_be_opened_again(personal: Personal) -> None:
    assert unseal(encoded(personal)) == personal


def test_the_longest_person_fits_the_sealed_part() -> None:
    longest = Personal(
        customer="\x01" * 80, name="\x01" * 80, phone="\x01" * 40, address="\x01" * 400,
        email="𠮷" * 100 + "@" + "𠮷" * 99,
    )  # fmt: skip
    assert unseal(encoded(longest)) == longest


@pytest.mark.parametrize("data", ["", "!", "e30", "快递", "eyJwaG9uZSI6NX0=", "//8=", "W10="])
def test_a_broken_sealed_part_is_poison_and_its_content_is_not_quoted(data: str) -> None:
    with pytest.raises(MalformedRecordError) as refused:
        unseal(Sealed(data=data))
    assert (refused.value.field, refused.value.rule) == ("personal", "unsealable")
    assert str(refused.value) == "personal: the sealed part is broken (unsealable)"


def test_a_person_does_not_show_in_any_repr() -> None:
    person = Personal(name="钟婆婆", phone="13800138000", email="a@example.org")
    for shown in (repr(person), str(person), repr(encoded(person))):
        assert not any(s in shown for s in ("钟婆婆", "13800138000", "example.org"))
        assert encoded(person).data not in shown


def test_an_address_without_an_at_sign_is_refused_without_quoting_it() -> None:
    with pytest.raises(ValueError, match="pattern") as refused:
        Personal(email="13800138000")
    assert "13800138000" not in str(refused.value)


@given(phones, st.from_regex(r"SF[0-9]{13}", fullmatch=True))
def test_a_key_never_holds_a_phone_number_or_a_waybill(phone: str, waybill: str) -> None:
    person, parcel = person_index(RING, "t", phone), waybill_index(RING, "t", waybill)
    contact = contact_id_of(RING, "t", phone)
    made = [
        keys.locality_key("t", parcel),
        keys.locality_key("t", person),
        keys.locality_key("t", contact),
        keys.case_key("t", case_id_of("t", contact)),
    ]
    for key in made:
        assert phone.encode() not in key
        assert waybill[2:].encode() not in key


def test_every_key_begins_with_the_tenant() -> None:
    assert keys.case_key("t", "C1") == b"t|C1"
    assert keys.locality_key("t", "k1.X") == b"t|k1.X"
    assert keys.hub_key("t", "虎门") == "t|虎门".encode()


@given(phones)
def test_after_a_rotation_old_indexes_are_still_found(phone: str) -> None:
    rotated = KeyRing({"k2": NEW, "k1": OLD}, "k2")
    old = RING.blind("person", "t", phone)
    assert rotated.blind("person", "t", phone) != old
    assert rotated.blinds("person", "t", phone)[0] == rotated.blind("person", "t", phone)
    assert old in rotated.blinds("person", "t", phone)


def test_an_index_names_its_key_and_fits_an_id() -> None:
    index = RING.blind("person", "t", "x")
    assert index.startswith("k1.")
    assert len(index) == 29


def test_permanent_ids_use_the_oldest_key() -> None:
    rotated = KeyRing({"k3": b"3" * 32, "k2": NEW, "k1": OLD}, "k3")
    assert rotated.permanent("contact", "t", "x") == RING.blind("contact", "t", "x")


def test_the_repr_of_a_ring_shows_ids_only() -> None:
    assert repr(KeyRing({"k2": NEW, "k1": OLD}, "k2")) == "KeyRing(ids=['k1', 'k2'], active='k2')"


@pytest.mark.parametrize(
    ("held", "active", "problem"),
    [
        ({"k1": OLD}, "k2", "not among"),
        ({}, "k1", "not among"),
        ({"k1": b"x" * 31}, "k1", "31 bytes"),
        ({"": OLD}, "", "letters, digits and hyphens"),
        ({"k.1": OLD}, "k.1", "letters, digits and hyphens"),
        ({"k|1": OLD}, "k|1", "letters, digits and hyphens"),
    ],
)
def test_a_ring_that_could_not_work_is_refused(
    held: dict[str, bytes], active: str, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        KeyRing(held, active)


def test_a_key_put_where_its_id_belongs_is_not_quoted() -> None:
    secret = OLD.hex()
    with pytest.raises(ValueError, match="id is not") as refused:
        KeyRing({secret: b""}, secret)
    assert secret not in str(refused.value)


@pytest.mark.parametrize("key", [b"k" * 32, b"k" * 64, b"k" * 65, b"k" * 200])
def test_an_index_is_an_hmac_whatever_the_length_of_its_key(key: bytes) -> None:
    digest = hmac.digest(key, b"person\x1ft\x1fcust-1", "sha256")
    code = base64.b32encode(digest[:16]).decode().rstrip("=")
    assert KeyRing({"k": key}, "k").blind("person", "t", "cust-1") == f"k.{code}"
