"""Whatever program a mail was written in, what its writer says arrives whole."""

import base64
import time
from email.message import EmailMessage
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import pytest

from services.domain.inbound_mail import Automatic, Written, understood

NOTICE = "N3K9PQ2R7M5T8V1WXYZ4ABCDE"
OURS = f"<{NOTICE}@example.com>"
HEAD = b"From: li@example.com\r\nMessage-ID: <1@client.example>\r\n"


def written(raw: bytes) -> Written:
    found = understood(raw)
    assert isinstance(found, Written)
    return found


def a_mail(text: str, kind: str = "plain", **headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Message-ID"] = "li@example.com", "<1@client.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text, subtype=kind)
    return mail.as_bytes()


def an_answer(text: str, **headers: str) -> str:
    return written(a_mail(text, In_Reply_To=OURS, Subject="Re: ours", **headers)).text


def raw_mail(body: bytes, *headers: str) -> str:
    lines = [one.encode() for one in headers]
    return written(HEAD + b"\r\n".join([*lines, b"", body])).text


# ------------------------------------------------------------------ the subject


def test_what_the_subject_says_is_said_too() -> None:
    assert written(a_mail("请尽快处理。", Subject="SF1302847561029 丢件")).text == (
        "SF1302847561029 丢件\n请尽快处理。"
    )


def test_a_subject_that_stands_in_the_text_is_not_said_twice() -> None:
    assert written(a_mail("丢件，请处理。", Subject="丢件")).text == "丢件，请处理。"


def test_the_subject_of_an_answer_is_ours() -> None:
    assert an_answer("还没有收到。") == "还没有收到。"
    assert an_answer("") == "Re: ours"


@pytest.mark.parametrize("charset", ["gb2312", "gbk", "utf-8", "big5"])
def test_an_encoded_subject_is_read_in_what_was_written(charset: str) -> None:
    words = "包裹碎了" if charset != "big5" else "包裹碎了恒"
    coded = base64.b64encode(words.encode({"gb2312": "gbk", "big5": "cp950"}.get(charset, charset)))
    assert raw_mail(b"-", f"Subject: =?{charset}?B?{coded.decode()}?=") == f"{words}\n-"


def test_a_subject_that_nobody_encoded_is_read() -> None:
    raw = HEAD + b"Subject: " + "快件丢失".encode("gbk") + b"\r\n\r\n-"
    assert written(raw).text == "快件丢失\n-"


# ------------------------------------------------------------------ charsets


@pytest.mark.parametrize(
    ("declared", "coded"),
    [
        ("gb2312", "gbk"),  # what Outlook and Foxmail say, and write
        ("GB2312", "gb18030"),
        ("us-ascii", "gbk"),
        ("unknown-8bit", "gb18030"),
        ("utf-8", "gbk"),
        ("gbk", "utf-8"),
        ("x-gbk", "gbk"),
        ("big5", "cp950"),
    ],
)
def test_a_charset_is_read_as_it_was_written(declared: str, coded: str) -> None:
    text = "收件人朱鎔基路镕堃，单号SF1302847561029" if coded != "cp950" else "裏面的碗碎了"
    kind = f"Content-Type: text/plain; charset={declared}"
    assert raw_mail(text.encode(coded), kind, "Content-Transfer-Encoding: 8bit") == text


def test_without_a_charset_the_usual_ones_are_tried() -> None:
    for coded in ("utf-8", "gb18030"):
        assert raw_mail("我的快递丢了".encode(coded)) == "我的快递丢了"


def test_a_mail_that_was_cut_within_a_character_is_still_read() -> None:
    whole = "我的快递丢了，三天没有消息".encode()
    kind = "Content-Type: text/plain; charset=utf-8"
    assert raw_mail(whole[:-1], kind).startswith("我的快递丢了，三天没有消")


@pytest.mark.parametrize("charset", ["idna", "base64", "utf-8*en", "\x01", "'"])
def test_a_charset_that_is_none_loses_nothing(charset: str) -> None:
    assert raw_mail("丢了".encode(), f"Content-Type: text/plain; charset={charset}") == "丢了"


def test_a_charset_in_the_way_of_another_standard_is_understood() -> None:
    assert raw_mail("丢了".encode(), "Content-Type: text/plain; charset*=us-ascii''utf-8") == "丢了"


# ------------------------------------------------------------------ parts


def with_parts(*parts: Any, kind: str = "mixed") -> bytes:
    mail = MIMEMultipart(kind)
    mail["From"], mail["Message-ID"] = "li@example.com", "<1@client.example>"
    for part in parts:
        mail.attach(part)
    return mail.as_bytes()


def test_words_after_a_picture_are_words_too() -> None:
    """As a phone writes a mail into which a picture was put."""
    picture = MIMEImage(b"\x89PNG", "png")
    mail = with_parts(MIMEText("见照片："), picture, MIMEText("单号 SF1302847561029"))
    found = written(mail)
    assert found.text.split() == ["见照片：", "单号", "SF1302847561029"]
    assert found.unkept is not None
    assert found.unkept.count == 1


def test_of_the_same_in_two_ways_the_plain_one_is_taken_unless_it_is_empty() -> None:
    page = MIMEText("<p>箱子湿了</p>", "html")
    for plain, taken in (("箱子湿了。", "箱子湿了。"), (" \n", "箱子湿了")):
        mail = with_parts(MIMEText(plain), page, kind="alternative")
        assert written(mail).text == taken


def test_a_mail_that_says_it_has_parts_and_has_none_is_read() -> None:
    assert raw_mail(b"still nothing", "Content-Type: multipart/mixed") == "still nothing"


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<style>p{color:red}</style><p>箱子湿了</p>", "箱子湿了"),
        ("单号&nbsp;SF13028<b>47561029</b>", "单号 SF1302847561029"),
        ("&#31665;&#23376;&#28287;&#20102; &lt;3天", "箱子湿了 <3天"),
        ("<div>一</div><div>二<br>三</div>", "一\n二\n三"),
        ("<!-- <p>x</p> --><head><title>t</title></head><body>湿了", "湿了"),
        ("<title>湿了", "湿了"),
        ("重量<5kg，>3天", "重量<5kg，>3天"),
        (f"<img src='data:image/png;base64,{'A' * 30_000}'>后来才发现湿了", "后来才发现湿了"),
    ],
)
def test_of_a_page_what_it_shows_is_read(page: str, shown: str) -> None:
    assert written(a_mail(page, "html")).text == shown


# ------------------------------------------------------------------ quotations


@pytest.mark.parametrize(
    "text",
    [
        "发件人：张三 上海\n收件人：李四 北京\n单号：SF1302847561029\n还没有到。",
        "From: Shanghai\nTo: Beijing\nDate: 2 March\nIt never came.",
        "-- \nLi Hua",
    ],
)
def test_who_sent_a_parcel_is_no_quotation(text: str) -> None:
    assert an_answer(text).splitlines() == [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize(
    "below",
    [
        "-----Original Message-----\nFrom: us\n\nyour case",
        "------------------ 原始邮件 ------------------\n发件人: us\n主题: 您的投诉\n\n正文",
        "发件人: us <us@example.com>\n发送时间: 3月2日\n收件人: li\n主题: 您的投诉\n\n正文",
        "From: us\nSent: Monday\nTo: li\nSubject: your case\n\nyour case",
        "On Mon, 2 Mar 2026 at 12:00, us <us@example.com> wrote:\n\nyour case",
        "在 2026年3月2日 12:00，us 写道：\n\n正文",
        "> your case",
    ],
)
def test_what_is_quoted_below_an_answer_is_ours(below: str) -> None:
    assert an_answer(f"还没有收到。\n\n{below}") == "还没有收到。"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_who_answers_below_a_quotation_is_heard(end: str) -> None:
    text = "On Mon, 2 Mar 2026, us wrote:\n> Is it there?\n>\n\nNo, SF1302847561029 is not."
    raw = HEAD + f"In-Reply-To: {OURS}\r\n\r\n{text.replace(chr(10), end)}".encode()
    assert written(raw).text == "No, SF1302847561029 is not."


def test_who_forwards_what_we_never_wrote_is_heard() -> None:
    below = "---------- Forwarded message ---------\nFrom: shop\nSubject: 发货\n\nSF1302847561029"
    text = f"请看下面。\n\n{below}"
    assert "SF1302847561029" in written(a_mail(text)).text
    assert "SF1302847561029" in written(a_mail("> 单号 SF1302847561029\n丢了")).text


# ------------------------------------------------------------------ who, and what it answers


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("Li, Hua <li@example.com>", "li@example.com"),
        ("li@example.com <li@example.com>", "li@example.com"),
        ("li@shop.example (Li) <li@example.com>", "li@example.com"),
        ("=?utf-8?Q?Li=2C_Hua?= <li@example.com>", "li@example.com"),
        ("=?utf-8?B?5p2OIDxsaUBleGFtcGxlLmNvbT4=?=", "li@example.com"),
        ('"Li Hua"\r\n <li@example.com>', "li@example.com"),
        ("Li Hua", "reply@example.com"),
    ],
)
def test_who_wrote_is_found_however_the_name_is_written(sender: str, address: str) -> None:
    raw = f"From: {sender}\r\nReply-To: reply@example.com\r\n\r\nstill nothing".encode()
    assert written(raw).sender == address


def test_a_mail_of_nobody_that_says_something_is_not_nothing() -> None:
    found = written("From: 李华\r\nSubject: x\r\n\r\n丢了".encode())
    assert (found.sender, found.text) == ("", "x\n丢了")


def test_what_looks_like_part_of_the_name_of_a_notice_is_none() -> None:
    other = f"<CA{NOTICE}abc=1@mail.example>"
    assert written(a_mail("x", In_Reply_To=other, References=f"{OURS} {other}")).notice_id == NOTICE


def test_a_reply_address_is_found_beside_a_name_with_a_comma() -> None:
    raw = HEAD + f"To: Complaints, Desk <c+{NOTICE.lower()}@example.com>\r\n\r\nno".encode()
    assert written(raw).notice_id == NOTICE


@pytest.mark.parametrize(
    "header",
    ["Return-Path: <>", 'Content-Type: multipart/report; report-type="disposition-notification"'],
)
def test_what_mail_servers_and_programs_write_is_nobodys_word(header: str) -> None:
    assert understood(HEAD + header.encode() + b"\r\n\r\nnot delivered") == Automatic()


@pytest.mark.parametrize("name", ["Subject", "To", "References", "From", "In-Reply-To", "X-Other"])
def test_a_huge_header_holds_nobody_up(name: str) -> None:
    begun = time.process_time()
    understood(HEAD + name.encode() + b": " + b"a, b " * 50_000 + b"\r\n\r\nstill nothing")
    assert time.process_time() - begun < 2
