"""Chromium for tests: no sandbox for root, no background traffic, and whatever it asks for that is
not on this machine is refused and noted."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Route,
    expect,
    sync_playwright,
)

from infra.system import chromium

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
WIDE, NARROW = (1440, 900), (390, 844)
PATIENCE_MS = 60_000
"""For a page, or for what it should show: a limit so that a test ends, no promise of speed."""


@dataclass
class Noted:
    """What pages did that they should not."""

    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def said(self, message: ConsoleMessage) -> None:
        """Note an error that a page wrote to its console."""
        if message.type == "error":
            self.errors.append(message.text)

    def dialog(self, dialog: Dialog) -> None:
        """Note a dialog and let the page go on."""
        self.dialogs.append(dialog.message)
        dialog.dismiss()


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Start Chromium, end it afterwards."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def a_visit(
    browser: Browser,
    base: str,
    language: str = "en",
    size: tuple[int, int] = WIDE,
    *,
    scripts: bool = True,
) -> Iterator[tuple[Page, Noted]]:
    """Open a page of somebody who was never here, and note what goes wrong in it; without
    ``scripts`` the browser runs none."""
    width, height = size
    context = browser.new_context(
        base_url=base,
        locale=LOCALES[language],
        viewport={"width": width, "height": height},
        device_scale_factor=1,
        java_script_enabled=scripts,
    )
    noted = Noted()
    _keep_on_loopback(context, noted)
    page = context.new_page()
    page.on("pageerror", lambda error: noted.errors.append(str(error)))
    page.on("console", noted.said)
    page.on("dialog", noted.dialog)
    page.set_default_timeout(PATIENCE_MS)
    try:
        yield page, noted
    finally:
        context.close()


def is_listening(page: Page) -> None:
    """Wait until the script of the page that is shown now has come to its end.

    A page is there before its deferred script: a key pressed between them goes nowhere. What
    only the new page has must have been seen first, or it is the old page that listens.
    """
    expect(page.locator("html[data-ready]")).to_be_attached()


def _keep_on_loopback(context: BrowserContext, noted: Noted) -> None:
    def go(route: Route) -> None:
        if urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost"):
            route.continue_()
        else:
            noted.elsewhere.append(route.request.url)
            logging.getLogger(__name__).warning("asked for %s", route.request.url)
            route.abort()

    context.route("**/*", go)
