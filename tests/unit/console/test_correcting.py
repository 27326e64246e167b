"""A clerk corrects or confirms what the system made of a case, on its page."""

import re

from schemas.vocabulary import Category
from services.console.command_form import Typed, body_of
from tests.support.console_desk import Console

VAGUE = "你们看着办"
"""Nothing that the rules know: the system is unsure of it."""


def test_the_form_offers_what_stands_and_the_correction_is_told_in_the_timeline(
    console: Console,
) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="快件三天还没有到")
    form = console.page(f"/cases/{case_id}").partition('id="action-correct"')[2]
    assert re.search(r'<option value="delay" selected>', form.partition("</form>")[0])
    assert re.search(r'<option value="unknown" selected>', form.partition("</form>")[0])
    done = console.act(
        case_id, "correct", category="loss", cause="contractor", level="3", note="找不到"
    )
    assert done.headers["location"] == f"/cases/{case_id}?done=correct"
    page = console.page(f"/cases/{case_id}")
    timeline = page.partition('class="timeline"')[2]
    for words in ("Category: Delay → Loss", "Level: 1 → 3", "找不到", "corrected by a person"):
        assert words in timeline
    assert "a person, " in page
    assert "Senior desk" in page
    assert "人工更正判断" in console.page(f"/cases/{case_id}", "zh")


def test_an_unsure_case_is_in_the_list_to_check_until_somebody_confirmed_it(
    console: Console,
) -> None:
    console.sign_in("clerk-101")
    sure, unsure = console.case(id="a1", text="快件三天还没有到"), console.case(id="a2", text=VAGUE)
    listed = console.page("/cases?check=1")
    assert unsure in listed
    assert sure not in listed
    assert "待核对" in console.page("/cases", "zh").partition("<tbody")[2]
    assert 'id="confirm"' in console.page(f"/cases/{unsure}")
    assert 'id="confirm"' not in console.page(f"/cases/{sure}")
    console.act(unsure, "correct", confirm="1")
    page = console.page(f"/cases/{unsure}")
    assert 'id="confirm"' not in page
    assert "Judgement confirmed by a person" in page
    assert unsure not in console.page("/cases?check=1")


def test_without_a_reason_nothing_is_corrected_and_what_was_chosen_is_still_there(
    console: Console,
) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="快件三天还没有到")
    answer = console.act(case_id, "correct", category="fee", level="2", note=" ")
    assert answer.status_code == 422
    assert '<option value="fee" selected>' in answer.text
    state = console.api.pipeline.queries.case("default", case_id)
    assert state is not None
    assert (state.category, state.seq) == (Category.DELAY, 1)


def test_who_may_not_lower_a_level_is_told_so(console: Console) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", text="拆箱时手划伤出血了")
    answer = console.act(case_id, "correct", level="1", note="没事")
    assert answer.status_code == 409
    assert "somebody else to decide" in answer.text


def test_what_is_left_empty_is_not_said() -> None:
    typed = Typed(kind="correct", key="k", expected_seq=1, cause="staff", note="x")
    assert body_of(typed)["correction"] == {"cause": "staff"}
