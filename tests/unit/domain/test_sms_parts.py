"""Where a part of a long short message belongs, and what all of them say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contacts import MAX_TEXT
from services.domain.sms_parts import (
    GAP,
    Piece,
    Place,
    joined,
    missing_in,
    place_of,
    without_header,
)

SHORT, LONG = bytes([5, 0, 3, 7, 3, 2]), bytes([6, 8, 4, 1, 7, 3, 2])
PORTS = bytes([5, 4, 11, 84, 0, 0])
"""Element 5: port numbers. Phones send it before or behind the one that counts parts."""


@pytest.mark.parametrize(
    ("header", "place"),
    [
        (SHORT, Place("8.7", 3, 2)),
        (LONG, Place("16.263", 3, 2)),
        (bytes([11, *PORTS, *SHORT[1:]]), Place("8.7", 3, 2)),
        (bytes([11, *SHORT[1:], *PORTS]), Place("8.7", 3, 2)),
        (bytes([0]), None),
        (bytes([5, 0, 3, 7, 1, 1]), None),  # the only part
        (bytes([5, 0, 3, 7, 3, 0]), None),
        (bytes([5, 0, 3, 7, 3, 4]), None),
        (bytes([4, 0, 2, 7, 3]), None),  # cut off
        (bytes([3, 0, 9, 7]), None),
    ],
)
def test_a_header_says_where_its_part_belongs(header: bytes, place: Place | None) -> None:
    assert without_header(header + b"text", 0x40) == (place, b"text")


@pytest.mark.parametrize("content", [b"", b"\x05\x00\x03", b"text that begins with no header"])
def test_what_cannot_be_a_header_is_text(content: bytes) -> None:
    assert without_header(content, 0x40) == (None, content)
    assert without_header(SHORT + b"text", 0) == (None, SHORT + b"text")


def test_a_place_without_its_numbers_is_none() -> None:
    assert place_of("sar.1", None, 1) is place_of("sar.1", 2, None) is None


@given(st.text(max_size=200), st.sampled_from([8, 15]), st.integers(1, 9))
def test_a_text_is_whole_again_wherever_it_was_cut(text: str, coding: int, size: int) -> None:
    octets = text.encode({8: "utf-16-be", 15: "gb18030"}[coding])
    cut = [octets[at : at + size] for at in range(0, len(octets), size)] or [b""]
    pieces = [Piece(number, coding, one) for number, one in enumerate(cut, 1)]
    assert joined(reversed(pieces), len(pieces)) == text


def test_an_emoji_that_was_cut_between_two_parts_is_whole() -> None:
    octets = "坏了📦".encode("utf-16-be")
    assert joined([Piece(1, 8, octets[:6]), Piece(2, 8, octets[6:])], 2) == "坏了📦"


def test_a_sign_behind_an_escape_that_was_cut_off_is_whole() -> None:
    assert joined([Piece(1, 0, b"10\x1b"), Piece(2, 0, b"e")], 2) == "10€"


def test_each_part_that_never_came_has_its_mark_in_its_place() -> None:
    pieces = [Piece(2, 8, "没".encode("utf-16-be")), Piece(5, 8, "到".encode("utf-16-be"))]
    assert joined(pieces, 6) == f"{GAP}没{GAP}{GAP}到{GAP}"
    assert missing_in(joined(pieces, 6)) == 4
    assert missing_in("[…] I wrote this myself") == 0


def test_half_a_sign_beside_a_gap_costs_no_other() -> None:
    octets = "坏了📦".encode("utf-16-be")
    assert joined([Piece(1, 8, octets[:6])], 2) == f"坏了\ufffd{GAP}"


def test_parts_in_two_alphabets_are_each_read_in_their_own() -> None:
    assert joined([Piece(1, 0, b"SF1 "), Piece(2, 8, "没到".encode("utf-16-be"))], 2) == "SF1 没到"


def test_more_than_a_contact_holds_is_cut_with_a_mark() -> None:
    text = joined([Piece(number, 0, b"x" * 153) for number in range(1, 256)], 255)
    assert (len(text), text[-2:]) == (MAX_TEXT, "x…")
