"""What a notice looks like: short messages counted as networks count them, letters as they are
printed, and only for what goes by letter."""

import io

import pytest
from pypdf import PdfReader

from schemas.notice_words import NoticeChannel, NoticeKind
from services.domain.wording.preview import letter_of, preview_of
from services.domain.wording.sample import sample_post
from services.domain.wording.segments import segments_of
from services.domain.wording.wording import LANGUAGES, shipped

WORDING = shipped()
KINDS = [kind for kind in NoticeKind if kind is not NoticeKind.UNKNOWN]
BY_LETTER = {NoticeKind.ACKNOWLEDGEMENT, NoticeKind.PROGRESS, NoticeKind.RESULT}


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "messages"),
    [
        ("", "gsm", 0, 1),
        ("a" * 160, "gsm", 160, 1),
        ("a" * 161, "gsm", 161, 2),
        ("a" * 306, "gsm", 306, 2),
        ("a" * 307, "gsm", 307, 3),
        ("€" * 80, "gsm", 160, 1),
        ("€" * 81, "gsm", 162, 2),
        ("a" * 152 + "€" + "a" * 152, "gsm", 306, 3),  # what takes two places is not cut in two
        ("好" * 70, "ucs2", 70, 1),
        ("好" * 71, "ucs2", 71, 2),
        ("好" * 134, "ucs2", 134, 2),
        ("好" * 135, "ucs2", 135, 3),
        ("a" * 70 + "好", "ucs2", 71, 2),
        ("😀" * 35, "ucs2", 70, 1),
        ("😀" * 67, "ucs2", 134, 3),
        ("ç", "ucs2", 1, 1),
        ("Ç", "gsm", 1, 1),
    ],
)
def test_short_messages_are_counted_as_networks_count_them(
    text: str, alphabet: str, units: int, messages: int
) -> None:
    assert segments_of(text) == (alphabet, units, messages)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_all_its_forms(kind: NoticeKind, language: str) -> None:
    shown = preview_of(WORDING, kind, language)
    assert shown.html.startswith("<!doctype html>")
    assert shown.subject
    assert shown.text.strip()
    assert shown.short
    assert shown.segments == segments_of(shown.short)
    assert shown.on_paper == (kind in BY_LETTER)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(BY_LETTER))
def test_a_letter_shows_address_company_and_every_word(kind: NoticeKind, language: str) -> None:
    document = letter_of(WORDING, kind, language)
    assert document is not None
    page = "".join(one.extract_text() for one in PdfReader(io.BytesIO(document)).pages)
    shown = "".join(page.split())
    wanted = (
        sample_post(language),
        WORDING.company(language),
        preview_of(WORDING, kind, language).text,
    )
    for text in wanted:
        assert all("".join(line.split()) in shown for line in text.splitlines()), text


@pytest.mark.parametrize("kind", sorted(set(KINDS) - BY_LETTER))
def test_what_makes_no_sense_on_paper_is_written_on_none(kind: NoticeKind) -> None:
    assert not WORDING.goes_over(kind, NoticeChannel.LETTER)
    assert letter_of(WORDING, kind, "zh") is None
    assert WORDING.goes_over(kind, NoticeChannel.EMAIL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_customers_message_takes_more_than_four_short_messages(language: str) -> None:
    for kind in (*BY_LETTER, NoticeKind.SURVEY):
        assert preview_of(WORDING, kind, language).segments.messages <= 4, kind
