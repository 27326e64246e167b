"""Incidents and suggestions in a real browser: what a clerk does about what belongs together."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.cases import a_case
from tests.support.browser import NARROW, WIDE, is_listening
from tests.support.console_site import Site
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
Visit = Callable[..., AbstractContextManager[Page]]


def test_a_clerk_opens_an_incident_sees_its_case_and_ends_it_without_a_mouse(
    site: Site, visit: Visit
) -> None:
    case_id = a_case(site, text="快件还没有到", hub="白云分拨")
    with visit("zh", clerk="clerk-801") as page:
        expect(page.locator("form.filters")).to_be_visible()
        is_listening(page)
        page.keyboard.press("1")
        expect(page.locator("#action-open")).to_be_visible()
        is_listening(page)
        page.keyboard.press("a")
        page.keyboard.type("白云分拨")
        page.locator("#category").select_option("delay")
        page.fill("#note-open", "爆仓了")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#done")).to_be_visible()
        row = page.locator(".of-case a").filter(has_text="白云分拨")
        expect(row).to_be_visible(timeout=20_000)
        row.click()
        member = page.locator(f".members a[href='/cases/{case_id}']")
        eventually(lambda: page.reload() and member.count() == 1, 30, "the case is listed")
        expect(page.locator(".timeline")).to_contain_text("爆仓了")
        page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        member.click()
        page.wait_for_url(f"**/cases/{case_id}")
        expect(page.locator(".case-heading .level")).to_have_class(re.compile("level-3"))
        page.locator("#incident").click()
        expect(page.locator("#action-end")).to_be_visible()
        is_listening(page)
        page.keyboard.press("e")
        page.keyboard.type("已疏通")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#done")).to_be_visible()
        over = page.locator("#status").filter(has_text="已结束")
        eventually(lambda: page.reload() and over.count() == 1, 30, "the incident is over")
        expect(page.locator(".timeline")).to_contain_text("已疏通")


def test_a_suggestion_is_dismissed_or_merged_with_one_click(site: Site, visit: Visit) -> None:
    def two(number: int) -> str:
        """Two cases of which the second suggests the first; return the second."""
        said = {"customer": f"suggested-{number}"}
        first, slip = f"SF1{number}70000000{number}11", f"SF1{number}70800000{number}11"
        a_case(site, waybill=first, text="青花茶盘碎成好几块,茶杯裂缝", **said)
        return a_case(site, waybill=slip, text="羽绒睡袋拉链坏,枕头发霉", **said)

    other, same = two(1), two(2)
    with visit("en", clerk="clerk-101") as page:
        page.goto(f"/cases/{other}")
        page.get_by_role("button", name="It is another matter").click()
        expect(page.locator("#done")).to_have_text("Noted; it is not suggested again.")
        expect(page.locator(".perhaps").first).to_contain_text("Found to be another matter")
        page.goto(f"/cases/{same}")
        page.locator(".perhaps").first.get_by_role("button", name="Merge").click()
        expect(page.locator("#done")).to_be_visible()
        merged = page.locator(".perhaps").filter(has_text="Merged")
        eventually(lambda: page.reload() and merged.count() > 0, 30, "the cases are merged")
