"""``python -m tests.browser.screenshots FOLDER``: pictures of every page, in both languages and
widths, over engines of its own with a believable day in them."""

import logging
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page

from infra.embedded import EmbeddedStack
from tests.browser.sample import Sample
from tests.support.browser import NARROW, WIDE, a_browser, a_visit
from tests.support.console_site import Site, a_site

CASES = 130
SIZES = {"wide": WIDE, "narrow": NARROW}


def main(folder: Path) -> None:
    """Take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level="WARNING")
    with tempfile.TemporaryDirectory() as scratch:
        engines = Path(scratch) / "stack"
        with (
            EmbeddedStack(engines, progress=print, usual_ports=False) as stack,
            a_site(stack.addresses, Path(scratch)) as site,
            a_browser() as browser,
        ):
            namespace = site.namespace
            keys = namespace.settings.key_ring()
            Sample(namespace.database, keys, datetime.now(UTC)).write(CASES)
            code = _traffic(site)
            for language in ("zh", "en"):
                for name, size in SIZES.items():
                    _album(browser, site, language, size, folder / f"{language}-{name}", code)
    print(f"pictures in {folder}")


def _traffic(site: Site) -> str:
    """Let something happen for the plots; return a tracking code."""
    code = ""
    for number in range(120):
        form = {"id": f"p{number}", "channel": "app", "text": f"快件还没有到 {number % 40}"}
        form["waybill"] = f"SF{1700000000000 + number % 40 * 977}"
        code = site.client.post(f"{site.api}/v1/contacts", json=form).json()["tracking"]
    return code


def _album(
    browser: Browser, site: Site, language: str, size: tuple[int, int], start: Path, code: str
) -> None:
    with a_visit(browser, site.console, language, size) as (page, noted):
        page.goto("/sign-in?onwards=/cases")
        _take(page, start, "sign-in")
        page.fill("#clerk", "clerk-201")
        page.locator("main button.primary").click()
        page.wait_for_url("**/cases")
        _take(page, start, "cases")
        page.goto("/cases?level=3&status=all")
        page.locator(".of-case a").nth(2).click()
        page.wait_for_selector(".timeline")
        _take(page, start, "case")
        page.locator("#action-note summary").click()
        page.locator(".why summary").first.click()
        _take(page, start, "case-acting")
        page.goto("/cases?q=zzz")
        _take(page, start, "nothing-found")
        page.goto("/pipeline")
        page.wait_for_timeout(12_000)
        _take(page, start, "pipeline")
        page.goto(f"{site.api}/track/{code}")
        _take(page, start, "customer")
        page.goto(f"{site.api}/track")
        _take(page, start, "customer-form")
        for trouble in (*noted.errors, *noted.elsewhere):
            print(f"{start.name}: {trouble}", file=sys.stderr)


def _take(page: Page, start: Path, name: str) -> None:
    page.screenshot(path=f"{start}-{name}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"))
