"""A customer follows a complaint in a browser that runs no script."""

from typing import TYPE_CHECKING

import pytest

from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from schemas.vocabulary import Relation
from tests.support.browser import NARROW, a_visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.console_site import Site

pytestmark = pytest.mark.stack


def test_a_customer_follows_rates_and_chooses_without_a_script(
    site: "Site", browser: "Browser"
) -> None:
    case_id = site.send(text="包裹压坏了,杯子碎了一个", email="lin@example.com")
    contact = site.namespace.database["contacts"].find_one({"case_id": case_id})
    assert contact is not None
    code = contact["tracking"]
    with a_visit(browser, site.api, "zh", NARROW, scripts=False) as (page, noted):
        page.goto("/track")
        page.fill("input[name=code]", code.lower())
        page.locator("form button").click()
        page.wait_for_url(f"**/track/{code}?lang=zh")
        assert "杯子碎了一个" in page.locator("blockquote").inner_text()
        assert page.locator("ol li").count() >= 1

        site.act(case_id, "acknowledge")
        site.act(case_id, "resolve", note="Found broken in the hub; a new cup is on its way.")
        page.reload()
        page.locator("#rate input[value='4']").check()
        with page.expect_navigation():
            page.locator("#rate button").click()
        assert "感谢您的评价" in page.locator(".done").inner_text()
        page.reload()
        assert "4/5" in page.locator("main").inner_text()

        page.locator("summary", has_text="通知设置").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
        page.select_option("#preferences select[name=language]", "en")
        with page.expect_navigation():
            page.locator("#preferences button").click()
        assert "已保存" in page.locator(".done").inner_text()
        assert page.locator("#preferences select[name=language]").input_value() == "en"
        page.get_by_role("link", name="English").click()
        page.wait_for_url(f"**/track/{code}?lang=en")
        assert page.locator("h1").inner_text() == "Your complaint"
        assert (noted.errors, noted.elsewhere, noted.dialogs) == ([], [], [])


def test_who_proves_nothing_reads_in_his_language_what_opens_the_rest(
    site: "Site", browser: "Browser"
) -> None:
    label = {"channel": "web", "waybill": "SF1300000000077", "phone": "13800138077"}
    case_id = site.send(text="药品一直没有收到", **label)
    assert site.send(text="到哪里了", **label) == case_id
    found = site.namespace.database["contacts"].find({"case_id": case_id})
    decided = [decode(ContactDeduplicated, one["out"]) for one in found]
    (code,) = [one.contact.tracking for one in decided if one.relation is not Relation.NEW]
    for language, words in (("zh", "只显示部分内容"), ("en", "shows a part only")):
        with a_visit(browser, site.api, language, NARROW, scripts=False) as (page, noted):
            page.goto(f"/track/{code}?lang={language}")
            assert words in page.locator("#part").inner_text()
            assert "药品" not in page.locator("main").inner_text()
            assert page.locator("form").count() == 0
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
            assert (noted.errors, noted.elsewhere, noted.dialogs) == ([], [], [])
