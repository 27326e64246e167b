"""``python -m tests.browser.notices FOLDER``: pictures of what customers and teams receive, in both
languages: each mail as a mail program shows it, and the page of everything that was caught."""

import sys
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser

from infra.catcher import Catcher
from schemas.notice_words import NoticeChannel, NoticeKind
from services.domain.wording.sample import sample
from services.domain.wording.wording import LANGUAGES, shipped
from services.sender.channels.port import Card
from tests.channels.kinds import KINDS
from tests.support.browser import a_browser
from tests.support.processes import a_free_port

CUSTOMERS = ("acknowledgement", "progress", "result", "survey")
TEAMS = ("assigned", "warning", "breach", "escalation", "task", "digest")
OVER = {
    "email": NoticeChannel.EMAIL,
    "sms": NoticeChannel.SMS,
    "push": NoticeChannel.PUSH,
    "letter": NoticeChannel.LETTER,
}
SIZES = {"wide": (900, 800), "narrow": (380, 800)}
LINK = "http://127.0.0.1:8090/cases/C44NZ7JZYA29WT960"
FACTS = {
    "zh": (("级别", "3 · 重大"), ("截止", "2026年3月9日 20:00"), ("剩余", "2 小时")),
    "en": (("Level", "3 · serious"), ("Due", "9 March 2026, 20:00"), ("Left", "2 h")),
}
CARDS = {
    "zh": Card("orange", FACTS["zh"], LINK, "打开案件"),
    "en": Card("orange", FACTS["en"], LINK, "Open case"),
}


def main(folder: Path) -> None:
    """Send every kind over every channel that it may take, and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with Catcher(a_free_port(), 0) as catcher, a_browser() as browser:
        for language in LANGUAGES:
            for kind in CUSTOMERS:
                for name, channel in OVER.items():
                    _send(catcher, kind, name, language, channel)
            for kind in TEAMS:
                for name in ("wecom", "dingtalk", "feishu"):
                    _send(catcher, kind, name, language, NoticeChannel.CHAT)
            for way in ("smtp", "sms", "push", "chat", "letter"):
                _take(browser, catcher.url(f"?way={way}"), folder / f"{language}-caught-{way}")
            for caught in catcher.box.messages("smtp"):
                kind = caught.id.strip("<>").partition("-")[0]
                _take(
                    browser, catcher.url(f"html/{quote(caught.id)}"), folder / f"{language}-{kind}"
                )
            catcher.box.clear()
    print(f"pictures in {folder}")


def _send(catcher: Catcher, kind: str, name: str, language: str, channel: NoticeChannel) -> None:
    words = shipped(may_reply=True).render(NoticeKind(kind), language, sample(language), channel)
    provider = KINDS[name](catcher)
    letter = provider.letter(
        notice_id=f"{kind}-{name}",
        kind=kind,
        language=language,
        subject=words.subject,
        text=words.text,
        html=words.html,
        card=_card(kind, language) if channel is NoticeChannel.CHAT else None,
    )
    provider.channel.send(letter)
    provider.channel.close()


def _card(kind: str, language: str) -> Card:
    return Card("blue") if kind == "digest" else CARDS[language]


def _take(browser: Browser, url: str, start: Path) -> None:
    for name, (width, height) in SIZES.items():
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(url)
        page.screenshot(path=f"{start}-{name}.png", full_page=True)
        page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
