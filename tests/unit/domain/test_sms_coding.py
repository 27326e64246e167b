"""Texts of short messages are read in the alphabet that they were written in."""

import pytest
from smpplib.gsm import gsm_encode

from services.domain.sms_coding import decoded


def test_the_default_alphabet_of_gsm_is_no_latin_1() -> None:
    written = "li_hua@example.com: £5 [ABC] {x} 50% ~ €9 \\ | ^ $"
    assert decoded(gsm_encode(written), 0) == written
    assert decoded(b"\x09a o\x06", 0) == "Ça où"


def test_an_escape_before_what_it_does_not_know_is_left_out() -> None:
    assert decoded(b"a\x1bbc\x1b", 0) == "abc"


@pytest.mark.parametrize(
    ("octets", "text"),
    [("还没到".encode(), "还没到"), ("où est".encode("latin-1"), "où est"), (b"", "")],
)
def test_octets_that_gsm_does_not_have_are_utf_8_or_latin_1(octets: bytes, text: str) -> None:
    assert decoded(octets, 0) == text


@pytest.mark.parametrize(("coding", "name"), [(8, "utf-16-be"), (15, "gb18030"), (3, "latin-1")])
def test_other_codings_are_what_their_numbers_say(coding: int, name: str) -> None:
    text = "Où?" if coding == 3 else "还没到📦"
    assert decoded(text.encode(name), coding) == text
