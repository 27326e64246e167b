"""A short text that gets too long loses words, and never a part of its link."""

import pytest

from schemas.notice_words import NoticeChannel, NoticeKind
from services.domain.wording.policy import load_texts
from services.domain.wording.sample import sample
from services.domain.wording.wording import LANGUAGES, shipped

WORDING = shipped()
LONGEST = load_texts().longest
KINDS = (NoticeKind.ACKNOWLEDGEMENT, NoticeKind.PROGRESS, NoticeKind.RESULT, NoticeKind.SURVEY)
SHORT = (NoticeChannel.SMS, NoticeChannel.PUSH)


def shortened(kind: NoticeKind, language: str, host: str, waybill: str, over: NoticeChannel) -> str:
    known = sample(language)
    fields = {name: known[name].replace("example.com", host) for name in ("link", "rate")}
    return WORDING.render(
        kind, language, {**known, **fields, "waybill": waybill}, over
    ).text.strip()


@pytest.mark.parametrize("over", SHORT)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("host", "waybill"),
    [
        ("complaints.xunda-express.com", "SF1300000000001"),
        ("customer-care.complaints.xunda-express-international.com", "W" * 40),
    ],
)
def test_the_link_is_whole_wherever_the_page_is_and_however_long_the_waybill(
    kind: NoticeKind, language: str, host: str, waybill: str, over: NoticeChannel
) -> None:
    text = shortened(kind, language, host, waybill, over)
    path = "rate" if kind is NoticeKind.SURVEY else "track"
    link = f"https://{host}/{path}/{sample(language)['tracking']}"
    words = text.split(link)
    assert len(words) == 2
    assert words[1][:1] in ("", " ")
    assert len(text) <= LONGEST[over]


def test_the_number_of_the_parcel_goes_before_any_other_word() -> None:
    kind, push = NoticeKind.PROGRESS, NoticeChannel.PUSH
    text = shortened(kind, "en", "complaints.xunda-express.com", "SF1300000000001", push)
    assert "SF13" not in text
    assert text.startswith("Xunda Express Customer Care: we will answer your complaint by 9 March")
    assert "…" not in text
