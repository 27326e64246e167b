"""What a kind of notice looks like with the fields of the sample, over each channel. Pure."""

from typing import Final, NamedTuple

from schemas.notice_words import NoticeChannel, NoticeKind
from services.domain.wording.paper import drawn
from services.domain.wording.sample import sample, sample_post
from services.domain.wording.segments import Segments, segments_of
from services.domain.wording.wording import Wording

_SAMPLE_ID: Final = "N0000000000000000000SAMPLE"


class Preview(NamedTuple):
    """``html`` is a mail as it looks and ``text`` the same without pictures and colours, which is
    also what stands in a letter; ``short`` goes by SMS, as ``segments`` messages."""

    subject: str
    text: str
    html: str
    short: str
    segments: Segments
    on_paper: bool


class _Sheet(NamedTuple):
    notice_id: str
    address: str
    subject: str
    text: str


def preview_of(wording: Wording, kind: NoticeKind, language: str) -> Preview:
    """Return all forms of a notice but the letter."""
    fields = sample(language)
    long = wording.render(kind, language, fields, NoticeChannel.EMAIL)
    short = wording.render(kind, language, fields, NoticeChannel.SMS).text.strip()
    return Preview(
        subject=long.subject,
        text=long.text,
        html=long.html,
        short=short,
        segments=segments_of(short),
        on_paper=wording.goes_over(kind, NoticeChannel.LETTER),
    )


def letter_of(wording: Wording, kind: NoticeKind, language: str) -> bytes | None:
    """Return the letter as PDF, addressed to the complainant of the sample; None where the kind is
    not written on paper."""
    if not wording.goes_over(kind, NoticeChannel.LETTER):
        return None
    words = wording.render(kind, language, sample(language), NoticeChannel.LETTER)
    sheet = _Sheet(_SAMPLE_ID, sample_post(language), words.subject, words.text)
    return drawn(sheet, wording.company(language))
