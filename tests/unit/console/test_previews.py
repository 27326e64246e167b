"""What notices look like, shown in the console: a mail in a frame that can do nothing, letters as
PDF, short messages with how many they are."""

import re
from pathlib import Path

import pytest

from schemas.notice_words import NoticeKind
from tests.support.console_desk import Console
from tests.unit.sender.test_library import Shelf

FRAME = re.compile(r'<iframe class="mail" sandbox loading="lazy" src="([^"]+)"')


def test_a_mail_is_shown_as_it_looks_in_a_frame_that_can_do_nothing(console: Console) -> None:
    shown = console.client.get("/notices")
    policy = shown.headers["Content-Security-Policy"]
    assert policy.endswith("; frame-src 'self'")
    assert "style-src 'self'" in policy
    frames = FRAME.findall(shown.text)
    assert len(frames) == 2 * (len(NoticeKind) - 1)
    for address in frames:
        mail = console.client.get(address)
        assert mail.status_code == 200
        assert mail.text.startswith("<!doctype html>")
        rules = mail.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "frame-ancestors 'self'", "sandbox"} <= set(rules)
        assert not any(rule.startswith("script-src") for rule in rules)
        assert mail.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_nothing_else_of_the_console_may_be_framed_or_frame(console: Console) -> None:
    for address in ("/", "/pipeline"):
        headers = console.client.get(address).headers
        assert "frame-src" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"


def test_short_texts_say_how_many_messages_they_take(console: Console) -> None:
    assert re.search(r"\d messages by SMS \(\d+ characters\)", console.page("/notices"))
    assert re.search(r"短信 \d 条（\d+ 字符）", console.page("/notices", "zh"))


def test_a_mail_of_few_lines_has_a_low_frame(console: Console) -> None:
    page = console.page("/notices")
    low = re.findall(r'<div class="beside is-brief">\n<iframe [^>]*src="/notices/([a-z]+)/', page)
    assert {"assigned", "warning", "digest"} <= set(low)
    assert {"acknowledgement", "result"}.isdisjoint(low)


def test_a_letter_is_shown_as_pdf_where_a_kind_goes_by_letter(console: Console) -> None:
    page = console.page("/notices")
    letters = re.findall(r'href="(/notices/[a-z]+/[a-z]+/letter.pdf)"', page)
    assert {address.split("/")[2] for address in letters} == {
        "acknowledgement",
        "progress",
        "result",
    }
    for address in letters:
        answer = console.client.get(address)
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    "address",
    [
        "/notices/survey/zh/letter.pdf",
        "/notices/nothing/zh/mail",
        "/notices/result/fr/mail",
        "/notices/result/..%2F..%2Fzh/letter.pdf",
        "/notices/unknown/zh/mail",
    ],
)
def test_of_what_there_is_none_there_is_no_preview(console: Console, address: str) -> None:
    assert console.client.get(address).status_code == 404


def test_texts_that_were_changed_meanwhile_are_shown_and_bad_ones_are_not(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path)
    monkeypatch.setenv("COMPLAINTS_TEXTS", str(shelf.file))
    assert "【迅达】我们正在处理。" in console.page("/notices")
    shelf.write("own-2", "【迅达】快了。")
    assert "【迅达】快了。" in console.page("/notices")
    shelf.write("own-3", "【迅达】好了。", digest="0" * 16)
    assert "【迅达】快了。" in console.page("/notices")
