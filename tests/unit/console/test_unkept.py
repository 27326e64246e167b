"""The console tells of what hung on a mail and was not kept, and of parts that never came."""

import secrets
from dataclasses import replace
from email.message import EmailMessage

import pytest

from services.domain.signing import signed_headers
from services.domain.sms_parts import GAP
from tests.support.console_desk import Console

SECRET = "a-secret-of-24-characters."


def mailed(console: Console, *names: str) -> str:
    """Hand in a mail with a file of 1,000 bytes under each of the names; return its case."""
    api = console.api
    keys = {"mail": (SECRET.encode(),)}
    api.app.state.context = replace(api.app.state.context, provider_keys=keys)
    mail = EmailMessage()
    mail["From"], mail["Message-ID"] = "li.hua@example.com", "<p1@example.com>"
    mail.set_content("杯子碎了一个，见照片。")
    for name in names:
        mail.add_attachment(b"\x89PNG" * 250, maintype="image", subtype="png", filename=name)
    body = mail.as_bytes()
    headers = signed_headers(
        [SECRET.encode()], secrets.token_hex(4), api.wall.now().timestamp(), body
    )
    answer = api.client.post("/v1/inbound/mail/mail", content=body, headers=headers)
    assert answer.json() == {"taken_as": "contact"}
    (state,) = api.pipeline.queries.recent("default", 9)
    return state.case_id


@pytest.mark.parametrize(
    ("language", "title", "told"),
    [
        ("en", "Attachments not kept", "2 files, 2,000 bytes: a&lt;b&gt;.png, 照片.png"),
        ("zh", "未保存的附件", "2 个文件，共 2,000 字节：a&lt;b&gt;.png、照片.png"),
    ],
)
def test_a_clerk_reads_with_the_contact_what_was_not_kept(
    console: Console, language: str, title: str, told: str
) -> None:
    page = console.page(f"/cases/{mailed(console, 'a<b>.png', '照片.png')}", language)
    assert f"<dt>{title}</dt><dd>{told}</dd>" in page


def test_of_a_mail_without_attachments_nothing_is_said(console: Console) -> None:
    assert "Attachments not kept" not in console.page(f"/cases/{mailed(console)}")


@pytest.mark.parametrize(
    ("language", "title", "told"),
    [
        ("en", "Never came", "2 parts of the short message, at the marks ［…］"),
        ("zh", "未收到的部分", "该短信有 2 段，见 ［…］ 处"),
    ],
)
def test_a_clerk_reads_with_a_short_message_which_parts_never_came(
    console: Console, language: str, title: str, told: str
) -> None:
    case = console.case(channel="sms", text=f"{GAP}三天没动了{GAP}", id="a1")
    assert f"<dt>{title}</dt><dd>{told}</dd>" in console.page(f"/cases/{case}", language)
    other = console.case(channel="web", text=f"别的事，三天没动了{GAP}", id="a2", customer="c")
    assert title not in console.page(f"/cases/{other}", language)
