"""A search beside other filters: both count, and one that finds nothing says how to find more."""

import re

import pytest

from tests.support.console_desk import Console

WAYBILL = "SF1300000000001"


def listed(page: str) -> set[str]:
    """Return the cases of the list."""
    return set(re.findall(r'<a href="/cases/(C\w+)"><span class="excerpt"', page))


def test_a_waybill_of_several_cases_is_narrowed_as_the_page_says(console: Console) -> None:
    console.sign_in("clerk-101")
    first = console.case(id="a1", waybill=WAYBILL, text="箱子碎了", customer="c")
    console.act(first, "resolve", note="paid")
    console.api.clock.advance(200 * 86_400)
    second = console.case(id="a2", waybill=WAYBILL, text="箱子碎了", customer="c")
    assert listed(console.page(f"/cases?q={WAYBILL}")) == {first, second}
    assert listed(console.page(f"/cases?q={WAYBILL}&status=resolved")) == {first}
    page = console.page(f"/cases?q={WAYBILL}&team=no-such-team&level=1&order=newest")
    found = re.search(r'id="without-filters" href="([^"]*)"', page)
    assert found is not None
    assert listed(console.page(found[1].replace("&amp;", "&"))) == {first, second}


def test_a_search_that_is_not_narrowed_offers_nothing_more(console: Console) -> None:
    console.case(id="a1")
    assert 'id="without-filters"' not in console.page("/cases?q=ZZZ")
    assert 'id="without-filters"' not in console.page("/cases?level=4")
    assert 'id="without-filters"' in console.page("/cases?q=ZZZ&level=4", "zh")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "there may be more than these 3"), ("zh", "仅列最近有联系的 3 件")],
)
def test_of_a_complainant_with_very_many_cases_it_is_said_that_there_may_be_more(
    console: Console, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    for number in range(3):
        waybill = f"SF13000000{number:05}"
        console.case(id=f"a{number}", waybill=waybill, customer="shop", text=f"第{number}件碎了")
    address = console.client.get("/cases", params={"q": "shop"}).headers["location"]
    assert words not in console.page(address, language)
    monkeypatch.setattr("services.console.case_list.MOST_CASES", 3)
    assert words in console.page(address, language)


@pytest.mark.parametrize(("language", "words"), [("en", "at least 2 cases"), ("zh", "至少 2 件")])
def test_of_a_list_that_is_not_counted_to_its_end_it_is_said_how_many_there_are_at_least(
    console: Console, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    for number in range(2):
        console.case(id=f"a{number}", waybill=f"SF13000000{number:05}", customer=f"c{number}")
    assert words not in console.page("/cases", language)
    monkeypatch.setattr("services.adapters.memory_queries.COUNT_LIMIT", 2)
    assert words in console.page("/cases", language)
