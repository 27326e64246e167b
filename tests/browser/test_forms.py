"""What is typed into the forms of the console, in a real browser: it is not lost, and it is sent as
it was meant."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.cases import a_case
from tests.support.browser import NARROW, is_listening
from tests.support.console_site import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
Visit = Callable[..., AbstractContextManager[Page]]


def test_a_task_is_answered_from_the_keyboard(site: Site, visit: Visit) -> None:
    case_id = a_case(site, text="快件停在转运中心不动了")
    with visit("en", clerk="clerk-901") as page:
        page.goto(f"/cases/{case_id}")
        page.locator("#action-give_task summary").click()
        page.locator("#unit-give_task").select_option(index=1)
        page.fill("#note-give_task", "Where is the parcel?")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#done")).to_have_text("The task is given.")
        is_listening(page)
        page.locator("#task-1 summary").click()
        page.fill("#note-task-1", "In Ningbo, on its way.")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#done")).to_have_text("The answer to the task is entered.")
        expect(page.locator("#task-1")).to_contain_text("In Ningbo, on its way.")


def test_a_refused_form_says_where_and_its_page_is_there_in_the_other_language(
    site: Site, visit: Visit
) -> None:
    case_id = a_case(site)
    with visit("en", clerk="clerk-901", may_refuse=True) as page:
        page.goto(f"/cases/{case_id}")
        page.locator("#action-transfer summary").click()
        page.fill("#unit-transfer", "Peking hub")
        page.fill("#note-transfer", "It is theirs.")
        page.locator("#action-transfer button.primary").click()
        expect(page.locator("#failed")).to_contain_text("“Unit” cannot be taken as it stands")
        expect(page.locator("#unit-transfer")).to_be_focused()
        page.get_by_role("button", name="中文").click()
        page.wait_for_url(f"**/cases/{case_id}")
        expect(page.locator("#action-transfer")).to_have_attribute("open", "")
        expect(page.locator("#note-transfer")).to_have_value("It is theirs.")


def test_on_a_telephone_the_reason_of_a_refusal_is_in_sight(site: Site, visit: Visit) -> None:
    case_id = a_case(site, text="长" * 300)
    with visit("zh", clerk="clerk-901", size=NARROW, may_refuse=True) as page:
        page.goto(f"/cases/{case_id}")
        page.locator("#action-merge summary").click()
        page.fill("#other-merge", "C-NONE")
        page.locator("#action-merge button.primary").click()
        expect(page.locator("#action-merge .why-not")).to_contain_text("没有这个案件")
        expect(page.locator("#action-merge .why-not")).to_be_in_viewport(ratio=1)
        expect(page.locator("#other-merge")).to_be_in_viewport(ratio=1)
        expect(page.locator("#other-merge")).to_have_value("C-NONE")


def test_who_takes_a_desk_over_is_not_shown_the_words_of_who_left_it(
    site: Site, visit: Visit
) -> None:
    case_id = a_case(site)

    def kept_by(page: Page, clerk: str) -> str:
        page.goto(f"/sign-in?onwards=/cases/{case_id}")
        page.fill("#clerk", clerk)
        page.locator("main button.primary").click()
        page.wait_for_url(f"**/cases/{case_id}")
        is_listening(page)
        return page.locator("#note-note").input_value()

    with visit("en") as page:
        assert kept_by(page, "clerk-101") == ""
        page.locator("#action-note summary").click()
        page.fill("#note-note", "I called the station.")
        assert kept_by(page, "clerk-102") == ""
        assert kept_by(page, "clerk-101") == "I called the station."


def test_a_choice_is_made_before_a_form_is_sent(site: Site, visit: Visit) -> None:
    case_id = a_case(site)
    with visit("zh", clerk="clerk-901") as page:
        page.goto(f"/cases/{case_id}")
        page.locator("#action-reject summary").click()
        page.fill("#note-reject", "没有依据")
        page.locator("#action-reject button.primary").click()
        assert page.locator("#reason-reject").evaluate("one => one.validity.valueMissing")
        page.locator("#reason-reject").select_option("withdrawn")
        page.locator("#action-reject button.primary").click()
        expect(page.locator("#status")).to_have_text("不予支持")


def test_words_about_an_incident_are_there_after_another_page(site: Site, visit: Visit) -> None:
    with visit("en", clerk="clerk-901", may_refuse=True) as page:
        page.goto("/incidents")
        page.locator("#action-open summary").click()
        page.fill("#hub", "绍兴分拨")
        page.locator("#category").select_option("delay")
        page.fill("#note-open", "The belt stands still.")
        page.goto("/cases")
        page.goto("/incidents")
        expect(page.locator("#note-open")).to_have_value("The belt stands still.")
        page.fill("#hub", "绍兴分拨")
        page.locator("#category").select_option("delay")
        page.locator("#action-open button.primary").click()
        expect(page.locator("#done")).to_be_visible()
        expect(page.locator("#note-open")).to_have_value("")
        page.get_by_role("link", name=re.compile("绍兴分拨")).click()
        page.locator("#action-update summary").click()
        page.fill("#note-update", "Ask 13800001111 for more.")
        page.locator("#action-update button.primary").click()
        expect(page.locator("#failed")).to_contain_text("Please take out the number")
        expect(page.locator("#note-update")).to_have_value("Ask 13800001111 for more.")


def test_a_session_that_is_over_is_not_called_a_lost_connection(site: Site, visit: Visit) -> None:
    case_id = a_case(site)
    with visit("en", clerk="clerk-901", may_refuse=True) as page:
        page.goto(f"/cases/{case_id}")
        page.route("**/seq", lambda route: route.fulfill(status=401, body="Sign in first."))
        expect(page.locator("#signed-out")).to_contain_text("Your session is over")
        expect(page.locator("#stale")).to_be_hidden()
        page.unroute("**/seq")
        expect(page.locator("#signed-out")).to_be_hidden()
