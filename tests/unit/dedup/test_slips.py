"""Waybills that differ by one slip of a finger, found and told without knowing the numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.personal import KeyRing
from services.dedup.slips import OWN_LOOKUPS, Likeness, likeness, lookups_of, marks_of
from tests.support.builders import KEYS

NUMBER = "SF1302847561029"
NUMBERS = st.tuples(
    st.sampled_from(["SF", "YT", "", "JT"]), st.text("0123456789", min_size=11, max_size=14)
).map("".join)


def like(left: str, right: str) -> Likeness:
    return likeness(marks_of(KEYS, left), marks_of(KEYS, right))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (NUMBER, Likeness.SAME),
        ("SF1302947561029", Likeness.SLIP),  # a wrong digit
        ("SF1320847561029", Likeness.SLIP),  # two swapped
        ("SF130247561029", Likeness.SLIP),  # one missing
        ("SF13028847561029", Likeness.SLIP),  # one too many
        ("SF1302847561028", Likeness.NEIGHBOUR),
        ("SF1302847561092", Likeness.SWAPPED),
        ("SF1302847561030", Likeness.OTHER),  # the next number of a batch: two digits
        ("SF1302947561028", Likeness.OTHER),
        ("SF7777777777777", Likeness.OTHER),
    ],
)
def test_one_slip_is_told_from_another_number(other: str, expected: Likeness) -> None:
    assert like(NUMBER, other) is expected
    assert like(other, NUMBER) is expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("RA473124829CN", "RA473124819CN", Likeness.MISTYPED),
        ("RA473124829CN", "RA473214829CN", Likeness.MISTYPED),
        ("RA473124829CN", "RA47312489CN", Likeness.MISTYPED),
        ("RA473124829CN", "RA473124828CN", Likeness.MISTYPED),  # no neighbour has that digit
        ("EB405560032CN", "EB405560033CN", Likeness.NEIGHBOUR),  # both digits are wrong
        ("EB405560035CN", "EB405561035CN", Likeness.SLIP),
    ],
)
def test_a_check_digit_tells_a_mistyped_number_from_another_parcel(
    left: str, right: str, expected: Likeness
) -> None:
    assert like(left, right) is like(right, left) is expected


def test_numbers_that_both_have_a_right_check_digit_are_two_parcels() -> None:
    assert like("RA000000005CN", "RA900000005CN") is Likeness.OTHER


def test_without_a_number_there_is_nothing_to_compare() -> None:
    assert likeness((), marks_of(KEYS, NUMBER)) is Likeness.MISSING


@given(NUMBERS, st.data())
def test_whatever_the_slip_a_number_is_found_and_recognised(
    number: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(2, len(number) - 2))
    digit = data.draw(st.sampled_from("0123456789"))
    slipped = data.draw(
        st.sampled_from(
            [
                number[:place] + digit + number[place + 1 :],
                number[:place] + number[place + 1] + number[place] + number[place + 2 :],
                number[:place] + number[place + 1 :],
                number[:place] + digit + number[place:],
            ]
        )
    )
    assert like(number, slipped) in set(Likeness) - {Likeness.MISSING, Likeness.OTHER}
    left = lookups_of(KEYS, number)[:OWN_LOOKUPS]
    assert set(left) & set(lookups_of(KEYS, slipped))


def test_the_marks_of_two_key_rings_have_nothing_in_common() -> None:
    other = KeyRing({"k1": bytes(range(32, 64))}, "k1")
    assert not set(marks_of(KEYS, NUMBER)) & set(marks_of(other, NUMBER))
