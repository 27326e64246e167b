"""What hangs on a mail is not kept; who reads the case is told what there was."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from schemas.contacts import ContactReceived, Unkept
from schemas.vocabulary import ChangeKind
from services.domain.inbound_mail import Written, understood
from services.domain.mail_attachments import readable
from services.domain.retention import without_person
from tests.support.api_desk import Desk
from tests.support.builders import a_contact, a_deduplicated
from tests.unit.api.provider_desk import (
    NOTICE,
    OURS,
    PARTNER,
    a_provider_desk,
    contacts,
    post,
    staff_book,
)
from tests.unit.sender.desk import a_notice


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_provider_desk(staff=staff_book(tmp_path)) as made:
        yield made


def a_mail(*names: str, text: str = "杯子碎了一个，见照片。", **headers: str) -> EmailMessage:
    """Return a mail with a file of 1,000 bytes under each of the names."""
    mail = EmailMessage()
    known = {"From": "li.hua@example.com", "Message-ID": "<p1@example.com>"} | headers
    for name, value in known.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    mail.add_alternative(f"<p>{text}</p>", subtype="html")
    for name in names:
        mail.add_attachment(b"\x89PNG" * 250, maintype="image", subtype="png", filename=name)
    return mail


def taken(desk: Desk, mail: EmailMessage) -> ContactReceived:
    assert post(desk, "/v1/inbound/mail/mail", mail.as_bytes()).json() == {"taken_as": "contact"}
    return contacts(desk)[-1]


def test_a_contact_says_what_hung_on_its_mail(desk: Desk) -> None:
    contact = taken(desk, a_mail("杯子 1.png", "b.png"))
    assert contact.text == "杯子碎了一个，见照片。"
    assert contact.unkept == Unkept(count=2, size=2000, names=("杯子 1.png", "b.png"))


def test_a_mail_of_words_alone_says_nothing_of_attachments(desk: Desk) -> None:
    assert taken(desk, a_mail()).unkept is None


def test_a_mail_that_is_only_a_picture_is_a_contact_too(desk: Desk) -> None:
    contact = taken(desk, a_mail("a.png", text=""))
    assert (contact.text, contact.unkept and contact.unkept.count) == ("…", 1)


def test_pictures_among_the_words_and_mails_that_hang_on_one_are_counted() -> None:
    mail = a_mail()
    shown = mail.get_body(("html",))
    assert shown is not None
    shown.add_related(b"\x89PNG", maintype="image", subtype="png", cid="<x@y>")
    inner = a_mail("inside.png")
    mail.add_attachment(inner)
    mail.add_attachment(b"line", maintype="text", subtype="plain", filename="log.txt")
    read = understood(mail.as_bytes())
    assert isinstance(read, Written)
    assert read.unkept is not None
    assert (read.unkept.count, read.unkept.names) == (3, ("log.txt",))
    assert read.unkept.size > 1000


def test_many_files_are_counted_and_the_first_are_named(desk: Desk) -> None:
    unkept = taken(desk, a_mail(*(f"{number}.png" for number in range(12)))).unkept
    assert unkept is not None
    assert (unkept.count, unkept.size) == (12, 12_000)
    assert unkept.names == tuple(f"{number}.png" for number in range(10))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\li\\照片.jpg", "照片.jpg"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\r\nX: y\u0000\u200b.jpg", "a X: y.jpg"),
        ("\udcff\u0007", ""),
        ("x" * 200, "x" * 79 + "…"),
    ],
)
def test_of_a_name_only_what_can_be_read_is_left(name: str, shown: str) -> None:
    assert readable(name) == shown


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@b.example\nContent-Type: multipart/mixed\n\nhello",
        b"From: a@b.example\nContent-Type: image/png; name*=x''%ff%\n"
        b"Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename*0=\n\n!",
        b"From: a@b.example\n" + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" * 400,
    ],
)
def test_a_broken_mail_breaks_nothing(desk: Desk, raw: bytes) -> None:
    assert post(desk, "/v1/inbound/mail/mail", raw).status_code == 202


def test_what_hung_on_the_answer_of_a_partner_stands_in_its_note(desk: Desk) -> None:
    desk.pipeline.workers_are_away = False
    case_id = desk.case_of(desk.send(id="a1", customer="c"))
    notice = a_notice(NOTICE, tenant="default", case_id=case_id, recipient=PARTNER)
    desk.pipeline.sends.decided[NOTICE] = notice
    mail = a_mail(
        "record.pdf", text="See the record.", From=OURS, In_Reply_To=f"<{NOTICE}@x.example>"
    )
    assert post(desk, "/v1/inbound/mail/mail", mail.as_bytes()).json() == {"taken_as": "note"}
    history = desk.pipeline.queries.history("default", case_id, 0, 100)
    (note,) = (one.note or "" for one in history if one.kind is ChangeKind.NOTED)
    assert note.startswith("See the record.\n")
    assert re.search(r"附件未保存，共 1 个，1,000 字节：record\.pdf", note)
    assert "not kept, 1 of 1,000 bytes: record.pdf" in note


def test_names_of_files_go_with_what_is_personal_and_their_number_stays() -> None:
    unkept = Unkept(count=2, size=2000, names=("李华身份证.jpg",))
    gone = without_person(a_deduplicated(a_contact(unkept=unkept)))
    assert gone.contact.unkept == Unkept(count=2, size=2000)


def test_what_is_said_behind_a_long_picture_is_heard(desk: Desk) -> None:
    """As a phone writes a mail: words, the picture, and more words."""
    mail = a_mail("a.png", text="见照片：")
    mail.add_attachment(b"\x89PNG" * 1_000_000, maintype="image", subtype="png", filename="b.png")
    mail.add_attachment("单号 SF1302847561029", disposition="inline")
    contact = taken(desk, mail)
    assert contact.text == "见照片：\n单号 SF1302847561029"
    assert contact.unkept == Unkept(count=2, size=4_001_000, names=("a.png", "b.png"))
