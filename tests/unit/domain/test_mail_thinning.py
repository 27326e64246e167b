"""Of a long mail the words are kept, wherever they stand, and that something hung on it."""

import random
import time
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from services.domain.inbound_mail import Written, understood
from services.domain.mail_thinning import ThinMail
from services.domain.mail_words import shown_of

MOST = 100_000


def a_mail(*sizes: int, end: str = "\n") -> bytes:
    """Return a mail whose words stand before, between and behind files of these sizes."""
    mail = MIMEMultipart("mixed")
    mail["From"], mail["Message-ID"] = "li@example.com", "<1@client.example>"
    mail.attach(MIMEText("第0段"))
    for number, size in enumerate(sizes, 1):
        content = random.Random(size).randbytes(size)
        kind = MIMEImage(content, "jpeg") if number % 2 else MIMEApplication(content)
        kind.add_header("Content-Disposition", "attachment", filename=f"{number}.jpg")
        mail.attach(kind)
        mail.attach(MIMEText(f"第{number}段"))
    return mail.as_bytes().replace(b"\n", end.encode())


def thinned(raw: bytes, step: int) -> ThinMail:
    thin = ThinMail(MOST)
    for at in range(0, len(raw), step):
        thin.add(raw[at : at + step])
    return thin


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("step", [1_000, 65_536, 10**9])
@pytest.mark.parametrize("sizes", [(3_000_000, 1_000_000), (200_000,) * 4, (12_312, 12_000)])
def test_the_words_behind_pictures_are_kept_and_all_pictures_counted(
    sizes: tuple[int, ...], step: int, end: str
) -> None:
    thin = thinned(a_mail(*sizes, end=end), step)
    kept = thin.end()
    found = understood(kept, thin.left_out)
    assert isinstance(found, Written)
    assert found.text.split() == [f"第{number}段" for number in range(len(sizes) + 1)]
    assert found.unkept is not None
    assert (found.unkept.count, found.unkept.size) == (len(sizes), sum(sizes))
    assert len(kept) <= MOST


@pytest.mark.parametrize("step", range(1, 60))
def test_nothing_changes_in_a_mail_that_is_not_long(step: int) -> None:
    raw = a_mail(300) + b"--\nnot the end\n--"
    thin = thinned(raw, step)
    assert (thin.end(), thin.left_out) == (raw, 0)


@pytest.mark.parametrize("kept", range(16_300, 16_500, 7))
def test_a_part_that_begins_where_a_file_stops_being_kept_is_kept(kept: int) -> None:
    found = understood(thinned(a_mail(kept * 3 // 4), 997).end())
    assert isinstance(found, Written)
    assert found.text.split() == ["第0段", "第1段"]


def test_words_in_base64_are_words() -> None:
    words = "还没有到。" * 3_000
    mail = EmailMessage()
    mail["From"] = "li@example.com"
    mail.set_content(words, cte="base64")
    assert b"base64" in mail.as_bytes()
    found = understood(thinned(mail.as_bytes(), 4_096).end())
    assert isinstance(found, Written)
    assert found.text == words


def test_a_line_without_end_is_no_reason_to_remember_it_all() -> None:
    raw = b"From: li@example.com\n\n" + b"x" * 1_000_000
    assert len(thinned(raw, 4_096).end()) == MOST


@pytest.mark.parametrize("name", ["Content-Type", "Content-Disposition", "To", "Subject", "From"])
@pytest.mark.parametrize("between", [b"", b"\n ", b";x=y\n\t"])
def test_a_huge_header_holds_nobody_up(name: str, between: bytes) -> None:
    raw = b"From: li@example.com\n" + name.encode() + b": " + (b"a, b" + between) * 60_000
    begun = time.process_time()
    found = understood(thinned(raw + b"\nTo: x\n\nstill nothing", 4_096).end())
    assert time.process_time() - begun < 3
    assert isinstance(found, Written)
    assert found.text.endswith("still nothing")


@pytest.mark.parametrize("page", ["<" + "a" * 250_000, "<a" * 100_000, "<!--" * 60_000])
def test_a_page_that_never_ends_holds_nobody_up(page: str) -> None:
    begun = time.process_time()
    shown_of(page)
    assert time.process_time() - begun < 2
