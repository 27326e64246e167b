"""What holds for e-mail alone: headers, addresses, the dialogue."""

from collections.abc import Iterator

import pytest

from infra.catcher import Catcher, Fault
from services.domain.send_store import Outcome
from tests.channels.providers import Mail
from tests.support.processes import a_free_port


@pytest.fixture
def mail(catcher: Catcher) -> Iterator[Mail]:
    made = Mail(catcher)
    yield made
    made.channel.close()


def test_the_headers_say_who_writes_and_that_nobody_need_answer(mail: Mail) -> None:
    mail.channel.send(mail.letter())
    (caught,) = mail.caught()
    assert caught.headers["From"] == "迅达快递客户服务中心 <complaints@example.com>"
    assert caught.headers["Message-ID"] == "<N3K9PQ2R7M5T8V1WXYZ4ABCDE@example.com>"
    assert caught.headers["Auto-Submitted"] == "auto-generated"
    assert caught.headers["Date"] == "Mon, 02 Mar 2026 12:00:00 +0000"
    assert caught.headers["Content-Language"] == "zh-CN"


def test_on_the_wire_every_header_is_ascii(mail: Mail) -> None:
    mail.channel.send(mail.letter())
    head = mail.caught()[0].raw.partition("\n\n")[0]
    assert head.isascii()


def test_a_resent_mail_is_the_same_byte_for_byte(mail: Mail) -> None:
    for _ in range(2):
        mail.channel.send(mail.letter())
    first, second = mail.caught()
    assert first.raw == second.raw


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\r\nBcc: all@example.com",
        "a@b.example>\r\nRCPT TO:<all@example.com",
        "a@b.example, all@example.com",
        "<a@b.example>",
        "a@b.example all@example.com",
        "no-address",
        "@example.com",
        "a@",
        "a@..example",
        "x" * 80 + "@example.com",
    ],
)
def test_what_is_not_one_address_is_refused_without_asking_anybody(
    mail: Mail, address: str
) -> None:
    answer = mail.channel.send(mail.letter(address=address))
    assert (answer.outcome, answer.reason) == (Outcome.FAILED, "address_unusable")
    assert mail.box.connections == 0


def test_a_subject_cannot_add_a_header(mail: Mail) -> None:
    answer = mail.channel.send(mail.letter(subject="hello\r\nBcc: all@example.com"))
    assert answer.outcome is Outcome.FAILED
    assert mail.caught() == []


@pytest.mark.parametrize(
    "subject",
    [
        "短",
        "我们已收到您的反映（运单 SF1300000000001）" * 4,
        "A plain one that is so long that it has to be folded " * 3,
        'quotes " and \\ and =?utf-8?q?fake?= words',
        "mixed 中文 and English 混排, with commas; and: colons",
    ],
)
def test_any_subject_is_read_back_as_it_was_written(mail: Mail, subject: str) -> None:
    assert mail.channel.send(mail.letter(subject=subject.strip())).outcome is Outcome.SENT
    assert mail.caught()[0].subject == subject.strip()
    assert all(len(line) <= 998 for line in mail.caught()[0].raw.splitlines())


def test_both_parts_are_read_back_as_they_were_written(mail: Mail) -> None:
    letter = mail.letter(text="一行\n\n.\n..两点\n" * 50, html="<p>" + "长" * 5000 + "</p>\n")
    mail.channel.send(letter)
    (caught,) = mail.caught()
    assert caught.text.replace("\r\n", "\n") == letter.text
    assert caught.html.replace("\r\n", "\n") == letter.html


def test_an_address_in_chinese_is_understood(mail: Mail) -> None:
    assert mail.channel.send(mail.letter(address="李华@例子.中国")).outcome is Outcome.SENT
    assert mail.caught()[0].to == "李华@xn--fsqu00a.xn--fiqs8s"


def test_one_connection_serves_many_mails(mail: Mail) -> None:
    for number in range(5):
        mail.channel.send(mail.letter(notice_id=f"N{number}"))
    assert mail.box.connections == 1


@pytest.mark.parametrize("stage", ["connect", "sender"])
def test_what_goes_wrong_before_the_recipient_is_the_relays_matter(mail: Mail, stage: str) -> None:
    mail.box.plan(Fault("smtp", stage=stage, code=554))
    answer = mail.channel.send(mail.letter())
    assert answer.outcome is Outcome.AWAY
    assert answer.reason in ("greeting_554", "sender_554")


def test_a_relay_that_restarts_between_two_mails_is_found_again(catcher: Catcher) -> None:
    port = a_free_port()
    with Catcher(port, 0) as first:
        mail = Mail(first)
        assert mail.channel.send(mail.letter()).outcome is Outcome.SENT
    assert mail.channel.send(mail.letter()).outcome is Outcome.AWAY
    with Catcher(port, 0) as second:
        assert mail.channel.send(mail.letter()).outcome is Outcome.SENT
        assert len(second.box.messages()) == 1
        mail.channel.close()
