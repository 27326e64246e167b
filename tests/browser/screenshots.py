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
from tests.support.console_site import ALL, Site, a_site
from tests.support.principals import as_actor
from tests.support.waiting import eventually

CASES = 130
HUB = "白云分拨中心"
SIZES = {"wide": WIDE, "narrow": NARROW}
MORE = {
    "incidents": "/incidents",
    "incident": "/incidents/{incident_id}",
    "notices": "/notices",
    "no-such-case": "/cases/NOBODY",
}
CUSTOMERS = {
    "customer-form": "/track",
    "customer-wrong": "/track?code=abc",
    "customer-rates": "/rate/{code}?stars=4",
}


def main(folder: Path) -> None:
    """Take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level="WARNING")
    with tempfile.TemporaryDirectory() as scratch:
        engines = Path(scratch) / "stack"
        with (
            EmbeddedStack(engines, progress=print, usual_ports=False) as stack,
            a_site(stack.addresses, Path(scratch), ALL) as site,
            a_browser() as browser,
        ):
            namespace = site.namespace
            keys = namespace.settings.key_ring()
            Sample(namespace.database, keys, datetime.now(UTC)).write(CASES)
            code, incident_id = _traffic(site), _incident(site)
            answered = _answered(site)
            codes = {"customer": code, "customer-answered": answered}
            for language in ("zh", "en"):
                for name, size in SIZES.items():
                    start = folder / f"{language}-{name}"
                    _album(browser, site, language, size, start, incident_id)
                    _of_customers(browser, site, language, size, start, codes)
    print(f"pictures in {folder}")


def _traffic(site: Site) -> str:
    """Let something happen for the plots; return a tracking code."""
    code = ""
    for number in range(120):
        form = {"id": f"p{number}", "channel": "app", "text": f"快件还没有到 {number % 40}"}
        form |= {"waybill": f"SF{1700000000000 + number % 40 * 977}", "hub": HUB}
        code = site.client.post(f"{site.api}/v1/contacts", json=form).json()["tracking"]
    return code


def _incident(site: Site) -> str:
    """Open an incident and return its id once cases are in it."""
    body = {"kind": "open", "hub": HUB, "category": "delay", "note": "分拣线停了，已报修。"}
    headers = as_actor("clerk:clerk-201", site.namespace.settings)
    site.client.post(f"{site.api}/v1/incidents", json=body, headers=headers).raise_for_status()

    def grown() -> str | None:
        found = site.client.get(f"{site.api}/v1/incidents").json()["incidents"]
        return next((one["incident_id"] for one in found if one["cases"] > 3), None)

    return str(eventually(grown, 60, "the incident has cases"))


def _answered(site: Site) -> str:
    """Answer a complaint and return its tracking code."""
    case_id = site.send(text="包裹压坏了，两只茶杯碎了。", email="lin@example.com")
    site.act(case_id, "acknowledge")
    site.act(case_id, "record", entry={"measure": {"text": "今天寄出两只新茶杯。"}})
    order = {"amount": {"minor": 6_000, "currency": "CNY"}, "branch": "uninsured", "guidance": "g"}
    site.act(case_id, "compensate", compensation=order)
    site.act(
        case_id, "resolve", note="茶杯在分拨中心被压碎，非常抱歉。新茶杯今天寄出，并赔偿 60 元。"
    )
    contact = site.namespace.database["contacts"].find_one({"case_id": case_id})
    assert contact is not None
    return str(contact["tracking"])


def _of_customers(
    browser: Browser,
    site: Site,
    language: str,
    size: tuple[int, int],
    start: Path,
    codes: dict[str, str],
) -> None:
    with a_visit(browser, site.api, language, size, scripts=False) as (page, _):
        for name, code in codes.items():
            page.goto(f"/track/{code}")
            _take(page, start, name)
            for fold in page.locator("summary").all():
                fold.click()
            _take(page, start, f"{name}-open")
        for name, path in CUSTOMERS.items():
            page.goto(path.format(code=codes["customer-answered"]))
            _take(page, start, name)


def _album(
    browser: Browser,
    site: Site,
    language: str,
    size: tuple[int, int],
    start: Path,
    incident_id: str,
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
        page.locator("#action-record summary").click()
        page.locator(".why summary").first.click()
        _take(page, start, "case-acting")
        page.goto("/cases?q=zzz")
        _take(page, start, "nothing-found")
        page.goto("/pipeline")
        page.wait_for_timeout(12_000)
        _take(page, start, "pipeline")
        for name, path in MORE.items():
            page.goto(path.format(incident_id=incident_id))
            _take(page, start, name)
        for trouble in (*noted.errors, *noted.elsewhere):
            print(f"{start.name}: {trouble}", file=sys.stderr)


def _take(page: Page, start: Path, name: str) -> None:
    size = page.viewport_size
    if size and page.locator("iframe").count():
        # Mails are loaded and painted only where somebody looks.
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": height})
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(4_000)
    page.screenshot(path=f"{start}-{name}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"))
