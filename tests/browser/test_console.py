"""The console in a real browser, over real engines and workers."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.cases import a_case
from tests.browser.sample import HOSTILE
from tests.support.browser import NARROW, a_visit, is_listening
from tests.support.console_site import ALL, FEW, Site
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
Visit = Callable[..., AbstractContextManager[Page]]
WIDER = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth)
    .map(e => `${e.className}: ${e.textContent.trim().slice(0, 60)}`)"""

LOOKS = """items => items.map(item => {
  const style = getComputedStyle(item);
  return [style.getPropertyValue("--c"), style.getPropertyValue("--dash")];
})"""
"""Colour and dashes of lines, by their items in the legend."""


def test_a_clerk_finds_a_case_and_takes_it_from_received_to_answered(
    site: Site, visit: Visit
) -> None:
    case_id = a_case(site, text="包裹外箱压扁，里面的相机坏了", waybill="SF1302847561029")
    with visit("en", clerk="clerk-new") as page:
        page.fill("input[type=search]", "sf 1302 8475 61029")
        page.press("input[type=search]", "Enter")
        page.wait_for_url(f"**/cases/{case_id}")
        expect(page.locator("#status")).to_have_text("Received")
        page.get_by_text("Acknowledge", exact=True).first.click()
        page.get_by_role("button", name="Acknowledge").click()
        expect(page.locator("#done")).to_have_text("The case is acknowledged.")
        expect(page.locator("#status")).to_have_text("Acknowledged")
        page.locator("#action-assign summary").click()
        page.get_by_role("button", name="Assign to me").click()
        expect(page.locator("#done")).to_have_text("The case is assigned.")
        expect(page.locator(".facts")).to_contain_text("clerk-new")
        page.locator("#action-resolve summary").click()
        page.fill("#note-resolve", "It was found <and> sent on.")
        page.get_by_role("button", name="Send answer").click()
        expect(page.locator("#status")).to_have_text("Answered")
        expect(page.locator(".timeline")).to_contain_text("It was found <and> sent on.")
        expect(page.locator(".timeline li").first).to_contain_text("clerk-new")
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Customer's page").click()
        expect(opened.value.locator("body")).to_contain_text("It was found <and> sent on.")


@pytest.mark.parametrize(
    ("language", "words", "done"),
    [
        ("zh", "最多再延长 15 小时工作时间", "时限已延长。"),
        ("en", "at most 15 hours of", "is extended."),
    ],
)
def test_a_clerk_extends_a_limit_with_an_interim_reply(
    site: Site, visit: Visit, language: str, words: str, done: str
) -> None:
    case_id = a_case(site, text="快件三天没有更新，请查一下")
    with visit(language, clerk="clerk-101") as page:
        page.goto(f"/cases/{case_id}")
        page.locator("#action-extend summary").click()
        expect(page.locator("#clock-extend")).to_contain_text(words)
        page.fill("#amount-extend", "7.5")
        page.fill("#reason-extend", "遗失查找")
        page.locator("#action-extend button.primary").click()
        assert page.locator("#note-extend").evaluate("one => one.validity.valueMissing")
        page.fill("#note-extend", "我们还在各中转站查找，三天内再告诉您。")
        page.locator("#action-extend button.primary").click()
        expect(page.locator("#done")).to_contain_text(done)
        expect(page.locator(".timeline li").first).to_contain_text("三天内再告诉您")
        with page.context.expect_page() as opened:
            page.locator("a[href*='/track/']").first.click()
        expect(opened.value.locator("body")).to_contain_text("三天内再告诉您")


def test_a_list_shows_what_is_chosen_and_refreshes_by_itself(site: Site, visit: Visit) -> None:
    calm = a_case(site, text="预约上午取件，等到晚上也没有人来")
    grave = a_case(site, text="包裹里的电池冒烟起火，快递员手被烧伤，已报警", channel="phone")
    with visit("zh") as page:
        page.goto("/cases")
        rows = page.locator("table.cases tbody tr")
        expect(rows.filter(has_text=calm)).to_have_count(1)
        expect(rows.first).to_contain_text(grave)
        expect(rows.first.locator(".level")).to_have_class(re.compile("level-[34]"))
        page.locator("select[name=category]").select_option("pickup")
        page.wait_for_url("**/cases?category=pickup")
        expect(rows.filter(has_text=calm)).to_have_count(1)
        expect(rows.filter(has_text=grave)).to_have_count(0)
        later = a_case(site, text="预约取件又没有人来")
        expect(rows.filter(has_text=later)).to_have_count(1)
        page.locator("select[name=status]").select_option("closed")
        expect(page.locator(".nothing")).to_contain_text("没有符合条件的案件")


def test_text_that_wants_to_be_code_stays_text(site: Site, visit: Visit) -> None:
    case_id = a_case(site, text=HOSTILE, remedy_sought=HOSTILE)
    with visit("en", clerk="clerk-101", may_refuse=True) as page:
        page.goto("/cases?order=newest")
        expect(page.locator("table.cases")).to_contain_text("<img src=x")
        page.goto(f"/cases/{case_id}")
        expect(page.locator(".told blockquote")).to_have_text(HOSTILE)
        page.locator("#action-note summary").click()
        page.fill("#note-note", HOSTILE)
        site.act(case_id, "note", note=HOSTILE)
        page.get_by_role("button", name="Add note").click()
        expect(page.locator("#failed")).to_be_visible()
        expect(page.locator("#note-note")).to_have_value(HOSTILE)
        assert page.locator("main img, main script, .timeline img").count() == 0
        assert "owned" not in page.title()


def test_not_even_a_script_of_our_own_turns_text_into_markup(site: Site, browser: Browser) -> None:
    with a_visit(browser, site.console) as (page, _):
        page.goto("/cases")
        with page.expect_console_message(lambda said: "TrustedHTML" in said.text):
            page.evaluate("() => { try { document.body.innerHTML = '<i id=made>' } catch {} }")
        assert page.locator("#made").count() == 0


def test_whoever_acts_on_an_old_page_is_shown_what_changed(site: Site, visit: Visit) -> None:
    case_id = a_case(site)
    with visit("en", clerk="clerk-101", may_refuse=True) as page:
        page.goto(f"/cases/{case_id}")
        site.act(case_id, "note", note="A colleague was quicker.")
        expect(page.locator("#changed")).to_be_visible()
        page.locator("#action-resolve summary").click()
        page.fill("#note-resolve", "My long answer.")
        page.get_by_role("button", name="Send answer").click()
        expect(page.locator("#failed")).to_contain_text("The case changed after you opened it")
        expect(page.locator(".timeline .is-new")).to_contain_text("A colleague was quicker.")
        page.get_by_role("button", name="Send answer").click()
        expect(page.locator("#status")).to_have_text("Answered")
        expect(page.locator(".timeline")).to_contain_text("My long answer.")


def test_a_clerk_needs_no_mouse(site: Site, visit: Visit) -> None:
    case_id = a_case(site, text="态度恶劣的快递员")
    with visit("zh", clerk="clerk-101") as page:
        page.goto(f"/cases?order=newest&q={case_id[:9]}")
        is_listening(page)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/cases/{case_id}")
        expect(page.locator("#status")).to_be_visible()
        is_listening(page)
        page.keyboard.press("n")
        page.keyboard.type("已致电站点 n j k")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#done")).to_have_text("备注已添加。")
        expect(page.locator(".timeline")).to_contain_text("已致电站点 n j k")
        is_listening(page)
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.locator("#keys-on").uncheck()
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_be_hidden()
        page.keyboard.press("?")  # opens at once, or not at all
        expect(page.locator("#keys")).to_be_hidden()
        page.keyboard.press("p")
        expect(page).to_have_url(re.compile(f"/cases/{case_id}$"))


def test_a_clerk_goes_from_case_to_case_and_loses_no_word(site: Site, visit: Visit) -> None:
    first = a_case(site, text="外箱压扁，里面的茶壶碎了")
    second = a_case(site, text="花瓶裂了，包装全破了")
    with visit("zh", clerk="clerk-101") as page:
        page.goto("/cases?order=newest&category=damage")
        rows = page.locator(".of-case a")
        expect(rows.filter(has_text="花瓶裂了")).to_be_visible()
        is_listening(page)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/cases/{second}")
        page.locator("#action-note summary").click()
        page.locator("#note-note").press_sequentially("站点说明天")
        page.locator("#next").click()
        page.wait_for_url(f"**/cases/{first}")
        expect(page.locator("#note-note")).to_have_value("")
        is_listening(page)
        page.keyboard.press("k")
        page.wait_for_url(f"**/cases/{second}")
        expect(page.locator("#note-note")).to_have_value("站点说明天")
        page.locator("#action-note button.primary").click()
        expect(page.locator("#done")).to_be_focused()
        expect(page.locator("#note-note")).to_have_value("")
        is_listening(page)
        page.keyboard.press("l")
        page.wait_for_url("**/cases?order=newest&category=damage")


def test_a_list_that_is_not_refreshed_any_more_says_so(site: Site, visit: Visit) -> None:
    with visit("zh") as page:
        page.goto("/cases")
        is_listening(page)
        expect(page.locator("#stale")).to_be_hidden()
        page.route(
            "**/cases",
            lambda route: route.fulfill(body="<p>signed out</p>", content_type="text/html"),
        )
        expect(page.locator("#stale")).to_contain_text("页面停在最后一次更新")
        page.unroute("**/cases")
        expect(page.locator("#stale")).to_be_hidden()


def test_what_the_system_is_unsure_of_is_checked_and_corrected_by_keyboard(
    site: Site, visit: Visit
) -> None:
    vague = a_case(site, text="你们看着办", waybill="")
    with visit("zh", clerk="clerk-101") as page:
        page.goto("/cases")
        page.get_by_label("待核对", exact=True).check()
        page.wait_for_url("**/cases?check=1")
        row = page.locator("table.cases tbody tr").filter(has_text=vague)
        expect(row).to_contain_text("待核对")
        page.goto(f"/cases/{vague}")
        expect(page.locator("#unsure")).to_contain_text("请人工核对")
        page.keyboard.press("4")
        page.locator("#category-correct").select_option("loss")
        page.locator("#level-correct").select_option("3")
        page.fill("#note-correct", "客户说丢了八千元的相机")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#done")).to_have_text("判断已按您的意见记录。")
        expect(page.locator("#unsure")).to_have_count(0)
        expect(page.locator(".case-heading .level")).to_have_class(re.compile("level-3"))
        newest = page.locator(".timeline li").first
        for words in ("人工更正判断", "→ 丢失短少", "级别：1 → 3", "高级专员组", "八千元"):
            expect(newest).to_contain_text(words)
        page.goto("/cases?check=1")
        expect(page.locator("table.cases tbody tr").filter(has_text=vague)).to_have_count(0)


def test_the_pipeline_is_seen_at_work(site: Site, visit: Visit) -> None:
    with visit("en") as page:
        page.goto("/pipeline")
        nodes = page.locator(".node")
        expect(nodes).to_have_count(len(ALL))
        for name in FEW:
            expect(page.locator(f".node.is-ok[data-worker={name}]")).to_have_count(1)
        looks = page.locator(".legend li").evaluate_all(LOOKS)
        assert len({tuple(look) for look in looks}) == len(ALL)
        rate = page.locator("tr[data-worker=cases] td[data-what=rate]")
        # One contact alone may fall between two looks of the page.
        eventually(lambda: a_case(site) and rate.inner_text() not in ("0", "–", "—"), 40)
        expect(page.locator("[data-plot=rate] path")).to_have_count(len(FEW))
        plot = page.locator("[data-plot=rate] svg")
        box = plot.bounding_box()
        assert box is not None
        plot.hover(position={"x": box["width"] - 12, "y": 60})
        expect(page.locator("[data-plot=rate] .tip")).to_contain_text("Cases")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_fits_a_telephone(site: Site, visit: Visit, language: str) -> None:
    case_id = a_case(site, text="长" * 300 + "x" * 300, waybill="", remedy_sought="y" * 200)
    with visit(language, clerk="clerk-" + "9" * 54, size=NARROW) as page:
        for path in (
            "/cases",
            f"/cases/{case_id}",
            "/tasks",
            "/incidents",
            "/pipeline",
            "/sign-in",
        ):
            page.goto(path)
            is_listening(page)
            if path == "/pipeline":
                expect(page.locator("[data-plot=rate] path")).to_have_count(len(FEW))
            assert page.evaluate(WIDER) == [], path


def test_the_language_is_the_browsers_until_one_is_chosen(site: Site, visit: Visit) -> None:
    with visit("zh") as page:
        page.goto("/cases?status=all")
        expect(page.locator("h1")).to_have_text("案件")
        page.get_by_role("button", name="English").click()
        expect(page.locator("h1")).to_have_text("Cases")
        assert page.url.endswith("/cases?status=all")
        page.goto("/pipeline")
        expect(page.locator("h1")).to_have_text("Pipeline")
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_mail_is_shown_as_it_looks(visit: Visit) -> None:
    with visit("en") as page:
        page.goto("/notices")
        frame = page.frame_locator('iframe[src="/notices/result/en/mail"]')
        page.locator("#kind-result").scroll_into_view_if_needed()
        expect(frame.locator("body")).to_contain_text("We have finished looking into")
        link = frame.get_by_role("link").first
        background = link.evaluate("one => getComputedStyle(one).backgroundColor")
        assert background == "rgb(29, 122, 79)"
